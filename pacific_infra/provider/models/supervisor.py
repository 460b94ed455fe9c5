"""``pacific:vcenter:Supervisor``: a Supervisor on one compute cluster, or on one or three vSphere Zones.

Follows ``namespace_management.Supervisors.EnableOnComputeClusterSpec`` and ``EnableOnZonesSpec`` of the vSphere
Automation API 8.0 U3 to 9.1.
"""

from typing import Annotated, Literal, Self

from pydantic import model_validator

from pacific_infra.provider.models.model import (
    ADOPT,
    NAME_PATTERN,
    V8_0_2,
    V8_0_3,
    V9_0,
    V9_1,
    Meta,
    Model,
    RuleBroken,
    described,
)
from pacific_infra.provider.models.namespace import VirtualMachineReservation
from pacific_infra.provider.models.supervisor_edge import Edge
from pacific_infra.provider.models.supervisor_network import ManagementNetwork, WorkloadNetwork


class ControlPlane(Model):
    """The control plane of the Supervisor."""

    network: ManagementNetwork = described("Its management network.")
    login_banner: str | None = described("Text that is shown at login.", default=None)
    size: Literal["TINY", "SMALL", "MEDIUM", "LARGE"] | None = described(
        "Size of each control plane VM; absent: SMALL.", default=None
    )
    storage_policy: Annotated[str | None, Meta(reference="storage policy")] = described(
        "Storage policy of the control plane VMs, by name or by profile identifier.", default=None
    )
    count: Annotated[Literal[1, 3] | None, Meta(since=V9_0)] = described(
        "Number of control plane VMs, 1 or 3; absent: 3.", default=None
    )
    enable_namespace_api_fairness: Annotated[bool | None, Meta(since=V9_1)] = described(
        "Whether one namespace's requests cannot crowd out another's; absent: true.", default=None
    )


class KubeApiServerSecurity(Model):
    """TLS of the Kubernetes API server."""

    certificate_dns_names: Annotated[list[str], Meta(key=("",))] = described("Additional DNS names in its certificate.")


class KubeApiServerOptions(Model):
    """The Kubernetes API server."""

    security: KubeApiServerSecurity | None = described("Its TLS.", default=None)


class ImageRegistry(Model):
    """A registry that container images are drawn from."""

    hostname: str = described("Host name of the registry.", min_length=1)
    port: int | None = described("Port, a number; absent: 443.", default=None, ge=1, le=65535)
    username: Annotated[str | None, Meta(since=V8_0_3)] = described("User of the registry.", default=None)
    password: Annotated[str | None, Meta(secret=True, write_only=True, since=V8_0_3)] = described(
        "Password of the registry.", default=None
    )
    certificate_chain: Annotated[str | None, Meta(since=V8_0_3)] = described(
        "PEM bundle that signs its certificate.", default=None
    )


class SupervisorContentLibrary(Model):
    """A content library whose images Supervisor Services may use."""

    content_library: Annotated[str, Meta(reference="content library")] = described(
        "Content library, by name or by identifier.", min_length=1
    )
    supervisor_services: Annotated[list[str] | None, Meta(key=("",), since=V9_0)] = described(
        "Supervisor Services that use it; absent: all.", default=None
    )
    resource_naming_strategy: Annotated[Literal["FROM_ITEM_ID", "PREFER_ITEM_SOURCE_ID"] | None, Meta(since=V9_0)] = (
        described("How the names of its images in Kubernetes are made.", default=None)
    )


class Images(Model):
    """Where images come from."""

    registry: ImageRegistry | None = described("Registry of container images.", default=None)
    repository: str | None = described("Default repository in the registry.", default=None)
    kubernetes_content_library: Annotated[str | None, Meta(reference="content library")] = described(
        "Content library of Kubernetes releases, by name or by identifier.", default=None
    )
    content_libraries: Annotated[
        list[SupervisorContentLibrary] | None, Meta(key=("content_library",), since=V8_0_2)
    ] = described("Content libraries for Supervisor Services.", default=None)


class CloudNativeFileVolume(Model):
    """ReadWriteMany volumes."""

    vsan_clusters: Annotated[list[str], Meta(key=("",), reference="cluster")] = described(
        "vSAN clusters with file service, by name or by identifier."
    )


class WorkloadsStorage(Model):
    """Storage of pods."""

    cloud_native_file_volume: CloudNativeFileVolume | None = described("ReadWriteMany volumes.", default=None)
    file_volumes_enabled: Annotated[bool | None, Meta(later=True, since=V9_1)] = described(
        "Whether ReadWriteMany volumes can be made; switched once the Supervisor runs.", default=None
    )
    ephemeral_storage_policy: Annotated[str | None, Meta(reference="storage policy")] = described(
        "Storage policy of pods' ephemeral disks, by name or by profile identifier.", default=None
    )
    image_storage_policy: Annotated[str | None, Meta(reference="storage policy")] = described(
        "Storage policy of container images, by name or by profile identifier.", default=None
    )


class Workloads(Model):
    """What pods, VMs and Services of the Supervisor use."""

    network: WorkloadNetwork = described("Network of the workloads.")
    edge: Edge = described("Load balancer of the workloads; absent: vCenter's choice.", default={})
    kube_api_server_options: Annotated[KubeApiServerOptions | None, Meta(wire="kube_API_server_options")] = described(
        "The Kubernetes API server.", default=None
    )
    images: Images | None = described("Where images come from.", default=None)
    storage: WorkloadsStorage | None = described("Storage of pods.", default=None)


class ZoneBinding(Model):
    """A vSphere Zone that the Supervisor is bound to while it runs."""

    zone: Annotated[str, Meta(reference="zone")] = described("Name of the zone.", min_length=1)
    type: Literal["MANAGEMENT", "WORKLOAD"] | None = described(
        "MANAGEMENT: the control plane is in it too, for ever; with cluster, since those of zones are named there. "
        "Absent: WORKLOAD, for zones of the control plane MANAGEMENT.",
        default=None,
    )
    vm_reservations: Annotated[list[VirtualMachineReservation] | None, Meta(key=("reserved_vm_class",))] = described(
        "VMs that are reserved in it by class.", default=None
    )


class SupervisorInputs(Model):
    """A Supervisor: vSphere's Kubernetes control plane on one compute cluster, or on one or three vSphere Zones."""

    name: Annotated[str, Meta(replace=True)] = described(
        "Name, an RFC 1123 label of 63 characters at most; absent: the resource's own name.", pattern=NAME_PATTERN
    )
    cluster: Annotated[str | None, Meta(replace=True, reference="cluster", local=True)] = described(
        "Compute cluster, by name or by identifier; one of cluster and zones.", default=None
    )
    zones: Annotated[list[str] | None, Meta(key=("",), replace=True, reference="zone")] = described(
        "One or three vSphere Zones, by name; one of cluster and zones. One becomes three while the Supervisor runs "
        "(9.0), three never become one.",
        default=None,
    )
    control_plane: ControlPlane = described("The control plane.")
    workloads: Workloads = described("What the workloads use.")
    vsphere_pods_enabled: Annotated[bool | None, Meta(local=True, since=V9_0)] = described(
        "Whether vSphere Pods may run; once true it cannot become false again.", default=None
    )
    zone_bindings: Annotated[list[ZoneBinding] | None, Meta(key=("zone",), local=True, since=V9_0)] = described(
        "Zones for workloads beside those of its control plane, and VMs that are reserved in any of its zones.",
        default=None,
    )
    adopt: Annotated[bool | None, Meta(local=True, at_creation=True)] = described(ADOPT, default=None)
    deletion_policy: Annotated[Literal["Delete", "Retain"], Meta(local=True)] = described(
        "What deleting the resource does: Delete removes the Supervisor with all its namespaces, Retain leaves it.",
        default="Retain",
    )

    @model_validator(mode="after")
    def _cluster_or_zones(self) -> Self:
        if (self.cluster is None) == (self.zones is None):
            raise RuleBroken("cluster", "exactly one of cluster and zones must be given")
        if self.zones is not None and len(self.zones) not in (1, 3):
            raise RuleBroken("zones", f"a Supervisor spans one or three zones, not {len(self.zones)}")
        for index, binding in enumerate(self.zone_bindings or ()):
            if self.zones is not None and binding.type == "MANAGEMENT" and binding.zone not in self.zones:
                reason = f"got 'MANAGEMENT', but {binding.zone} is not among zones; name it there"
                raise RuleBroken(f"zoneBindings[{index}].type", reason)
        return self


class SupervisorOutputs(Model):
    """What vCenter adds to a Supervisor."""

    supervisor: str = described("Identifier of the Supervisor.")
    cluster_id: str = described("Managed object identifier of its (first) compute cluster, domain-cN.")
    endpoint: str = described("Address of its Kubernetes API: a host, or host:port where one port serves all.")
    config_status: str = described("State: CONFIGURING, REMOVING, RUNNING or ERROR.")
    kubernetes_status: str = described("State of Kubernetes: READY, WARNING or ERROR.")
