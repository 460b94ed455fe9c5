"""``pacific:vcenter:NamespaceTemplate``.

Generated from the models by ``python -m pacific_components.package.schema``; do not edit.
"""

from typing import Any, Unpack, overload

import pulumi

from pacific_components.vcenter import outputs
from pacific_components.vcenter.arguments import NamespaceTemplateArgs
from pacific_components.vcenter.properties import VCenterResource


class NamespaceTemplate(VCenterResource):
    """A template of self-service namespaces (deprecated by VMware with vCenter 9.1, which still serves it)."""

    template: pulumi.Output[str] = pulumi.property("template")
    """Identifier of the template, its name."""
    name: pulumi.Output[str] = pulumi.property("name")
    """Name, an RFC 1123 label of 63 characters at most; absent: the resource's own name."""
    supervisor: pulumi.Output[str] = pulumi.property("supervisor")
    """Supervisor that the namespaces are made on, by name or by identifier."""
    resource_spec: pulumi.Output[outputs.ResourceSpec] = pulumi.property("resourceSpec")
    """Limits, defaults and object counts of each namespace."""
    storage_specs: pulumi.Output[list[outputs.StorageSpec]] = pulumi.property("storageSpecs")
    """Storage policies with their limits, one at least."""
    networks: pulumi.Output[list[str] | None] = pulumi.property("networks")
    """Workload network by identifier, for Supervisors on vSphere networking only, one at most."""
    permissions: pulumi.Output[list[outputs.TemplateSubject] | None] = pulumi.property("permissions")
    """Who may make namespaces from it; absent: administrators only."""
    vm_service_spec: pulumi.Output[outputs.VmServiceSpec | None] = pulumi.property("vmServiceSpec")
    """VM classes and image libraries."""
    content_libraries: pulumi.Output[list[outputs.NamespaceContentLibrary] | None] = pulumi.property("contentLibraries")
    """Content libraries with their rights. Needs vCenter 8.0 U2 or newer."""

    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        args: NamespaceTemplateArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **args: Unpack[NamespaceTemplateArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        /,
        args: Any = None,
        opts: pulumi.ResourceOptions | None = None,
        **keywords: Any,
    ) -> None:
        super().__init__("pacific:vcenter:NamespaceTemplate", resource_name, args, keywords, opts)
