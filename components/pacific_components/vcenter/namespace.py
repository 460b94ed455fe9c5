"""``pacific:vcenter:Namespace``.

Generated from the models by ``python -m pacific_components.package.schema``; do not edit.
"""

from typing import Any, Unpack, overload

import pulumi

from pacific_components.vcenter import outputs
from pacific_components.vcenter.arguments import NamespaceArgs
from pacific_components.vcenter.properties import VCenterResource


class Namespace(VCenterResource):
    """A vSphere Namespace: limits, object counts, storage, VM classes, content libraries, roles, networks and zones."""

    namespace: pulumi.Output[str] = pulumi.property("namespace")
    """Name of the namespace in vCenter and in Kubernetes."""
    config_status: pulumi.Output[str] = pulumi.property("configStatus")
    """State: CONFIGURING, REMOVING, RUNNING or ERROR."""
    stats: pulumi.Output[outputs.NamespaceStats] = pulumi.property("stats")
    """What it uses now."""
    inherited_access: pulumi.Output[list[outputs.AccessEntry]] = pulumi.property("inheritedAccess")
    """Access entries that vCenter has added by itself."""
    name: pulumi.Output[str] = pulumi.property("name")
    """Name, an RFC 1123 label of 63 characters at most, unique in the vCenter; absent: the resource's own name."""
    supervisor: pulumi.Output[str] = pulumi.property("supervisor")
    """Supervisor that it is on, by name or by identifier."""
    description: pulumi.Output[str | None] = pulumi.property("description")
    """Free text, shown in vCenter."""
    resource_spec: pulumi.Output[outputs.ResourceSpec | None] = pulumi.property("resourceSpec")
    """Limits, defaults and object counts."""
    access_list: pulumi.Output[list[outputs.AccessEntry] | None] = pulumi.property("accessList")
    """Who may do what; entries that vCenter adds by itself are left alone."""
    storage_specs: pulumi.Output[list[outputs.StorageSpec] | None] = pulumi.property("storageSpecs")
    """Storage policies with their limits."""
    vm_service_spec: pulumi.Output[outputs.VmServiceSpec | None] = pulumi.property("vmServiceSpec")
    """VM classes and image libraries."""
    content_libraries: pulumi.Output[list[outputs.NamespaceContentLibrary] | None] = pulumi.property("contentLibraries")
    """Content libraries with their rights. Needs vCenter 8.0 U2 or newer."""
    networks: pulumi.Output[list[str] | None] = pulumi.property("networks")
    """Workload networks by identifier, for Supervisors on vSphere networking only; fixed at creation before vCenter
    9.1.
    """
    namespace_network: pulumi.Output[outputs.NamespaceNetwork | None] = pulumi.property("namespaceNetwork")
    """Networks of its own in place of the Supervisor's, for Supervisors on NSX only."""
    network_spec: pulumi.Output[outputs.NetworkSpec | None] = pulumi.property("networkSpec")
    """Networking of the namespace: VPC or vSphere networks. Needs vCenter 9.0 or newer."""
    edges: pulumi.Output[list[outputs.NamespaceEdge] | None] = pulumi.property("edges")
    """Load balancer of its own, one at most. Needs vCenter 9.1 or newer."""
    zones: pulumi.Output[list[outputs.NamespaceZone] | None] = pulumi.property("zones")
    """vSphere Zones of the namespace with their limits and reservations. Needs vCenter 9.0 or newer."""
    infrastructure_policies: pulumi.Output[list[str] | None] = pulumi.property("infrastructurePolicies")
    """Infrastructure policies, by name. Needs vCenter 9.1 or newer."""
    creator: pulumi.Output[outputs.Creator | None] = pulumi.property("creator")
    """Who is taken for its creator; absent: the user of the provider."""
    adopt: pulumi.Output[bool | None] = pulumi.property("adopt")
    """Whether an object that is in vCenter already and carries no stack's mark is adopted when the resource is created.
    An object that another stack has marked is never adopted.
    """
    deletion_policy: pulumi.Output[str] = pulumi.property("deletionPolicy")
    """What deleting the resource does: Delete removes the namespace with all that is in it, Retain leaves it. One of
    Delete, Retain.
    """

    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        args: NamespaceArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **args: Unpack[NamespaceArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        /,
        args: Any = None,
        opts: pulumi.ResourceOptions | None = None,
        **keywords: Any,
    ) -> None:
        super().__init__("pacific:vcenter:Namespace", resource_name, args, keywords, opts)
