"""``pacific:vcenter:Zone``.

Generated from the models by ``python -m pacific_components.package.schema``; do not edit.
"""

from typing import Any, Unpack, overload

import pulumi

from pacific_components.vcenter.arguments import ZoneArgs
from pacific_components.vcenter.properties import VCenterResource


class Zone(VCenterResource):
    """A vSphere Zone: clusters that fail together, for Supervisors and namespaces to be spread over."""

    zone: pulumi.Output[str] = pulumi.property("zone")
    """Identifier of the zone, its name."""
    name: pulumi.Output[str] = pulumi.property("name")
    """Name, an RFC 1123 label of 63 characters at most; absent: the resource's own name."""
    description: pulumi.Output[str | None] = pulumi.property("description")
    """Free text, shown in vCenter."""
    clusters: pulumi.Output[list[str] | None] = pulumi.property("clusters")
    """Compute clusters in it, by name or by identifier."""

    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        args: ZoneArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **args: Unpack[ZoneArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        /,
        args: Any = None,
        opts: pulumi.ResourceOptions | None = None,
        **keywords: Any,
    ) -> None:
        super().__init__("pacific:vcenter:Zone", resource_name, args, keywords, opts)
