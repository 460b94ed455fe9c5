module github.com/pulumi/pulumi-kubernetes/tests/v4

go 1.22
