// Pulumi's Kubernetes provider, as its own main package builds it: the schema and
// the mapping come from the pinned module, copied here when it is built.
package main

import (
	_ "embed"
	"os"
	"time"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var mapping []byte

// version is set at link time.
var version = "0.0.0"

func main() {
	go endWithEngine()
	provider.Serve("kubernetes", version, schema, mapping)
}

// endWithEngine ends this process when the engine that started it is gone: one that is killed cannot end its plugins,
// and what the provider's library does when it misses the engine (a health check) ends nothing.
func endWithEngine() {
	for engine := os.Getppid(); os.Getppid() == engine; {
		time.Sleep(time.Second)
	}
	os.Exit(1)
}
