"""A stand-in for the Pulumi Kubernetes Operator 2.9 and for Flux' GitRepository, so that a stack converges from git.

It has the fields, conditions and columns of theirs that `pacific render pko` uses, and says that it is a stand-in. The
operator itself is not among the Go modules that can be had. Sources: operator/api/pulumi/v1/stack_types.go and
operator/internal/controller/pulumi/stack_controller.go of github.com/pulumi/pulumi-kubernetes-operator.
"""
