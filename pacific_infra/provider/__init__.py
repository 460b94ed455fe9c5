"""``pulumi-resource-pacific``: the custom resources for vCenter."""
