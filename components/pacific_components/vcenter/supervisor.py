"""``pacific:vcenter:Supervisor``.

Generated from the models by ``python -m pacific_components.package.schema``; do not edit.
"""

from typing import Any, Unpack, overload

import pulumi

from pacific_components.vcenter import outputs
from pacific_components.vcenter.arguments import SupervisorArgs
from pacific_components.vcenter.properties import VCenterResource


class Supervisor(VCenterResource):
    """A Supervisor: vSphere's Kubernetes control plane on one compute cluster, or on one or three vSphere Zones."""

    supervisor: pulumi.Output[str] = pulumi.property("supervisor")
    """Identifier of the Supervisor."""
    cluster_id: pulumi.Output[str] = pulumi.property("clusterId")
    """Managed object identifier of its (first) compute cluster, domain-cN."""
    endpoint: pulumi.Output[str] = pulumi.property("endpoint")
    """Address of its Kubernetes API: a host, or host:port where one port serves all."""
    config_status: pulumi.Output[str] = pulumi.property("configStatus")
    """State: CONFIGURING, REMOVING, RUNNING or ERROR."""
    kubernetes_status: pulumi.Output[str] = pulumi.property("kubernetesStatus")
    """State of Kubernetes: READY, WARNING or ERROR."""
    name: pulumi.Output[str] = pulumi.property("name")
    """Name, an RFC 1123 label of 63 characters at most; absent: the resource's own name."""
    cluster: pulumi.Output[str | None] = pulumi.property("cluster")
    """Compute cluster, by name or by identifier; one of cluster and zones."""
    zones: pulumi.Output[list[str] | None] = pulumi.property("zones")
    """One or three vSphere Zones, by name; one of cluster and zones. One becomes three while the Supervisor runs (9.0),
    three never become one.
    """
    control_plane: pulumi.Output[outputs.ControlPlane] = pulumi.property("controlPlane")
    """The control plane."""
    workloads: pulumi.Output[outputs.Workloads] = pulumi.property("workloads")
    """What the workloads use."""
    vsphere_pods_enabled: pulumi.Output[bool | None] = pulumi.property("vspherePodsEnabled")
    """Whether vSphere Pods may run; once true it cannot become false again. Needs vCenter 9.0 or newer."""
    zone_bindings: pulumi.Output[list[outputs.ZoneBinding] | None] = pulumi.property("zoneBindings")
    """Zones for workloads beside those of its control plane, and VMs that are reserved in any of its zones. Needs
    vCenter 9.0 or newer.
    """
    adopt: pulumi.Output[bool | None] = pulumi.property("adopt")
    """Whether an object that is in vCenter already and carries no stack's mark is adopted when the resource is created.
    An object that another stack has marked is never adopted.
    """
    deletion_policy: pulumi.Output[str] = pulumi.property("deletionPolicy")
    """What deleting the resource does: Delete removes the Supervisor with all its namespaces, Retain leaves it. One of
    Delete, Retain.
    """

    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        args: SupervisorArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **args: Unpack[SupervisorArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        /,
        args: Any = None,
        opts: pulumi.ResourceOptions | None = None,
        **keywords: Any,
    ) -> None:
        super().__init__("pacific:vcenter:Supervisor", resource_name, args, keywords, opts)
