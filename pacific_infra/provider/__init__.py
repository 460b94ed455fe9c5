"""``pulumi-resource-pacific``: the custom resources of vCenter that no other Pulumi provider has."""
