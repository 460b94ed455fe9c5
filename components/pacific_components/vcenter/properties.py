"""Names of properties: snake_case in Python, camelCase in Pulumi."""

import re
from collections.abc import Mapping
from typing import Any, Self, cast

import pulumi


def wire_name(name: str) -> str:
    """``storage_specs`` -> ``storageSpecs``; vSphere's own ``_typeName`` stays."""
    return re.sub(r"(?<!^)_([a-z0-9])", lambda match: match.group(1).upper(), name)


class VCenterResource(pulumi.CustomResource):
    """Base of the custom resources: every declared property is an Output, and names are translated at every depth."""

    def __init__(
        self,
        token: str,
        resource_name: str,
        args: Mapping[str, Any] | None,
        keywords: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        """Its properties are given as one object or by ``keywords``. Raises TypeError where they are given twice."""
        if args is not None and keywords:
            raise TypeError(f"{type(self).__name__} {resource_name}: give one object, or keywords")
        properties = {**dict.fromkeys(type(self).__annotations__), **(args or keywords)}
        super().__init__(token, resource_name, properties, opts)

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> Self:
        """What is there already, read by its identifier for ``pulumi import`` and never changed or deleted."""
        read = cast("Any", cls)
        looked_up: Self = read(resource_name, {}, pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id)))
        return looked_up

    def translate_input_property(self, prop: str) -> str:
        """The property's name in Pulumi, ``storage_specs`` -> ``storageSpecs``."""
        return wire_name(prop)

    def translate_output_property(self, prop: str) -> str:
        """The attribute that holds the property ``prop``, ``storageSpecs`` -> ``storage_specs``."""
        return next((name for name in type(self).__annotations__ if wire_name(name) == prop), prop)
