// Pulumi's Kubernetes provider, as its own main package builds it: the schema and
// the mapping come from the pinned module, copied here when it is built.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var mapping []byte

// version is set at link time.
var version = "0.0.0"

func main() { provider.Serve("kubernetes", version, schema, mapping) }
