"""``pacific:vcenter:ContainerImageRegistry``.

Generated from the models by ``python -m pacific_components.package.schema``; do not edit.
"""

from typing import Any, Unpack, overload

import pulumi

from pacific_components.vcenter import outputs
from pacific_components.vcenter.arguments import ContainerImageRegistryArgs
from pacific_components.vcenter.properties import VCenterResource


class ContainerImageRegistry(VCenterResource):
    """A registry of container images with its login, known to one Supervisor."""

    registry: pulumi.Output[str] = pulumi.property("registry")
    """Identifier of the registry."""
    supervisor: pulumi.Output[str] = pulumi.property("supervisor")
    """Supervisor that it belongs to, by name or by identifier."""
    name: pulumi.Output[str] = pulumi.property("name")
    """Name, unique on the Supervisor; absent: the resource's own name."""
    image_registry: pulumi.Output[outputs.ImageRegistry] = pulumi.property("imageRegistry")
    """Address and login."""
    default_registry: pulumi.Output[bool] = pulumi.property("defaultRegistry")
    """Whether the Supervisor's own components and services draw from it."""

    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        args: ContainerImageRegistryArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **args: Unpack[ContainerImageRegistryArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        /,
        args: Any = None,
        opts: pulumi.ResourceOptions | None = None,
        **keywords: Any,
    ) -> None:
        super().__init__("pacific:vcenter:ContainerImageRegistry", resource_name, args, keywords, opts)
