// In place of the SDK's generated yaml/v2/kinds.go, whose switch over 141 kinds makes
// the compiler go through the whole Kubernetes SDK for Go: 57 % of this program's
// build. Every case registers the token that is computed here; only the Go type
// of the result differs, and the provider does not look at it.
package v2

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

type object struct{ pulumi.CustomResourceState }

// RegisterResource registers an object of the given API version and kind.
func RegisterResource(ctx *pulumi.Context, apiVersion, kind, name string, props pulumi.Input,
	opts ...pulumi.ResourceOption) (pulumi.CustomResource, error) {
	if apiVersion == "v1" {
		apiVersion = "core/v1"
	}
	var res object
	err := ctx.RegisterResource(fmt.Sprintf("kubernetes:%s:%s", apiVersion, kind), name, props, &res, opts...)
	if err != nil {
		return nil, err
	}
	return &res, nil
}
