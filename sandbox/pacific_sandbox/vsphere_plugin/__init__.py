"""A stand-in for `pulumi-resource-vsphere` on the sandbox's vCenter, where the official plugin is not installed."""
