"""SupervisorCluster: vSphere's Kubernetes control plane on a compute cluster or on zones.

Follows EnableOnComputeClusterSpec and EnableOnZonesSpec of vCenter's namespace-management API.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from pacific_infra.documents.addresses import Host, Port
from pacific_infra.documents.capabilities import VCENTER, DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.load_balancer import LoadBalancer, load_balancer_of
from pacific_infra.documents.marks import DOCUMENT_ONLY, FIXED, AtVCenter
from pacific_infra.documents.model import (
    AdoptableSpec,
    CheckedModel,
    DeletionPolicy,
    Listed,
    Metadata,
    Reference,
    named,
)
from pacific_infra.documents.names import ComputeClusterName, ContentLibraryName, Domain, StoragePolicyName, ZoneName
from pacific_infra.documents.problems import Problem, raise_problems, repeated
from pacific_infra.documents.source import Path
from pacific_infra.documents.stack_secret import StackSecret
from pacific_infra.documents.supervisor_network import ManagementNetwork, WorkloadNetwork
from pacific_infra.documents.virtual_machine_class import (
    VirtualMachineReservation,
    reservation_problems,
    reservation_references,
)


def _zones(zones: tuple[str, ...]) -> tuple[str, ...]:
    if len(zones) not in (1, 3) or len(set(zones)) != len(zones):
        raise_problems([Problem("a Supervisor has one or three zones", (), list(zones), "1 or 3 different zones")])
    return zones


class ImageRegistry(CheckedModel):
    """A registry of container images."""

    hostname: Host
    """Name or address."""
    port: Port | None = None
    """TCP port; default: 443."""
    username: str | None = None
    """User of the registry (vCenter 8.0 U3); default: no login."""
    password: StackSecret | None = None
    """The user's password (vCenter 8.0 U3)."""
    certificate_authority: Annotated[str | None, AtVCenter("certificateChain")] = None
    """Certificates that vouch for the registry, PEM (vCenter 8.0 U3)."""

    def problems(self) -> Iterator[Problem]:
        if (self.username is None) != (self.password is None):
            missing, other = ("username", "password") if self.username is None else ("password", "username")
            yield Problem(f"a login at a registry has no {missing}", fix=f"add {missing}, or remove {other}")


class SupervisorLibrary(CheckedModel):
    """A content library of the Supervisor."""

    name: Annotated[ContentLibraryName, AtVCenter("contentLibrary")]
    """The content library, by name or identifier."""
    supervisor_services: Listed[str] = ()
    """Supervisor Services that use it, by identifier, such as kubernetes.vmware.com: it is labelled with them
    (vCenter 9.0)."""
    resource_naming_strategy: Literal["FROM_ITEM_ID", "PREFER_ITEM_SOURCE_ID"] | None = None
    """How the names of its images in Kubernetes are made (vCenter 9.0)."""

    def problems(self) -> Iterator[Problem]:
        yield from repeated("supervisorServices", self.supervisor_services)


class ZoneBinding(CheckedModel):
    """A vSphere Zone for workloads, and the VMs for which it keeps capacity."""

    zone: ZoneName
    """The zone, by name."""
    type: Literal["MANAGEMENT", "WORKLOAD"] | None = None
    """WORKLOAD: for workloads only. MANAGEMENT: the control plane spans it too, for ever; two of them beside `cluster`.
    Default: WORKLOAD, and MANAGEMENT for those of `zones`."""
    virtual_machine_reservations: Annotated[Listed[VirtualMachineReservation], AtVCenter("vmReservations")] = ()
    """VMs for which it keeps capacity, by class; each class once."""

    def problems(self) -> Iterator[Problem]:
        yield from reservation_problems(self.virtual_machine_reservations)


class SupervisorClusterSpec(AdoptableSpec):
    """The wanted Supervisor."""

    external: Annotated[Literal[False], DOCUMENT_ONLY] = False
    """true, or {stack: PROJECT/STACK}: somebody else owns the Supervisor, and it is only looked up; see
    ExternalSupervisorClusterSpec."""
    cluster: Annotated[ComputeClusterName | None, FIXED] = None
    """The compute cluster to enable, by name or identifier; or give `zones`."""
    zones: Annotated[Annotated[Listed[ZoneName], AfterValidator(_zones)] | None, FIXED] = None
    """The 1 or 3 vSphere Zones to enable; or give `cluster`."""
    size: Annotated[Literal["TINY", "SMALL", "MEDIUM", "LARGE"], AtVCenter("controlPlane.size")] = "SMALL"
    """Size of the control plane machines."""
    control_plane_count: Annotated[Literal[1, 3] | None, AtVCenter("controlPlane.count")] = None
    """How many control plane machines: 1 or 3 (vCenter 9.0); default: vCenter's, 3."""
    namespace_api_fairness: Annotated[bool | None, AtVCenter("controlPlane.enableNamespaceApiFairness")] = None
    """Whether one namespace's requests to the API server cannot crowd out another's (vCenter 9.1); default: vCenter's,
    true."""
    login_banner: Annotated[str | None, AtVCenter("controlPlane.loginBanner")] = None
    """Text that is shown at login."""
    api_server_names: Annotated[
        Listed[Host], AtVCenter("workloads.kubeApiServerOptions.security.certificateDnsNames")
    ] = ()
    """Further names of the Kubernetes API server, which its certificate then has."""
    image_registry: Annotated[ImageRegistry | None, AtVCenter("workloads.images.registry")] = None
    """Registry that container images without one come from."""
    image_repository: Annotated[str | None, AtVCenter("workloads.images.repository")] = None
    """Default repository in that registry."""
    storage_policy: Annotated[StoragePolicyName, AtVCenter("controlPlane.storagePolicy")]
    """Storage policy of the control plane machines, by name or identifier."""
    ephemeral_storage_policy: Annotated[
        StoragePolicyName | None, AtVCenter("workloads.storage.ephemeralStoragePolicy", otherwise="storagePolicy")
    ] = None
    """Storage policy of the vSphere Pods' ephemeral disks; default: `storagePolicy`."""
    image_storage_policy: Annotated[
        StoragePolicyName | None, AtVCenter("workloads.storage.imageStoragePolicy", otherwise="storagePolicy")
    ] = None
    """Storage policy of the container images; default: `storagePolicy`."""
    file_volumes_enabled: Annotated[bool | None, AtVCenter("workloads.storage.fileVolumesEnabled")] = None
    """Whether ReadWriteMany volumes can be made (vCenter 9.1); default: vCenter's, false."""
    file_volume_clusters: Annotated[
        Listed[ComputeClusterName], AtVCenter("workloads.storage.cloudNativeFileVolume.vsanClusters")
    ] = ()
    """vSAN clusters with file service that ReadWriteMany volumes lie on, by name or identifier."""
    management_network: Annotated[ManagementNetwork, AtVCenter("controlPlane.network")]
    """Network of the control plane."""
    workload_network: Annotated[WorkloadNetwork, AtVCenter("workloads.network")]
    """Network of the workloads."""
    load_balancer: Annotated[
        LoadBalancer | None,
        AtVCenter("workloads.edge", otherwise="workloadNetwork.type", instead=load_balancer_of),
    ] = None
    """Load balancer of the Supervisor and its Services; a workload network of NSX brings its own."""
    content_libraries: Annotated[
        Listed[
            Annotated[
                SupervisorLibrary, BeforeValidator(named, json_schema_input_type=ContentLibraryName | SupervisorLibrary)
            ]
        ],
        AtVCenter("workloads.images.contentLibraries"),
    ] = ()
    """Content libraries whose images every namespace and Supervisor Service may use, each by name or identifier, or as
    an object with the name (vCenter 8.0 U2)."""
    kubernetes_content_library: Annotated[
        ContentLibraryName | None, AtVCenter("workloads.images.kubernetesContentLibrary")
    ] = None
    """Content library of Kubernetes releases, by name or identifier."""
    zone_bindings: Listed[ZoneBinding] | None = None
    """Zones for workloads beside those of the control plane, and VMs for which any of its zones keeps capacity
    (vCenter 9.0). An empty list removes those that are there; default: they are left as they are."""
    vsphere_pods: Annotated[bool, AtVCenter("vspherePodsEnabled", absent=False)] = False
    """Whether vSphere Pods may run. Once true it cannot become false again."""
    sso_domain: Annotated[Domain, DOCUMENT_ONLY] = "vsphere.local"
    """The vCenter's own SSO domain: only its users and groups can be OWNER of a namespace."""
    deletion_policy: DeletionPolicy = "Retain"
    """What happens when the document is removed: Retain leaves it, Delete disables it with all it runs."""

    def problems(self) -> Iterator[Problem]:
        if (self.cluster is None) == (self.zones is None):
            yield Problem("a Supervisor needs either cluster or zones", fix="give one of the two")
        if self.workload_network.type == "VSPHERE" and self.load_balancer is None:
            problem = "a Supervisor whose workload network is of type VSPHERE needs a loadBalancer"
            yield Problem(problem, fix="add loadBalancer: {provider: VSPHERE_FOUNDATION}")
        for index, binding in enumerate(self.zone_bindings or ()):
            if binding.type == "MANAGEMENT" and self.zones is not None and binding.zone not in self.zones:
                problem = "a zone of the control plane is not among zones"
                fix = "name it in zones too, or set type: WORKLOAD"
                yield Problem(problem, ("zoneBindings", index, "zone"), binding.zone, ", ".join(self.zones), fix)
        yield from repeated("apiServerNames", self.api_server_names)
        yield from repeated("contentLibraries", [library.name for library in self.content_libraries], ("name",))
        yield from repeated("fileVolumeClusters", self.file_volume_clusters)
        yield from repeated("zoneBindings", [binding.zone for binding in self.zone_bindings or ()], ("zone",))


class SupervisorCluster(Document):
    """A Supervisor: vSphere's Kubernetes control plane on a compute cluster or on zones."""

    kind: Literal["SupervisorCluster"]
    """Always SupervisorCluster."""
    metadata: Metadata
    """Name and labels; the name becomes the Supervisor's."""
    spec: SupervisorClusterSpec
    """The wanted Supervisor."""

    def own_references(self) -> Iterator[Reference]:
        yield from super().own_references()
        spec = self.spec
        policies = {
            "storagePolicy": spec.storage_policy,
            "ephemeralStoragePolicy": spec.ephemeral_storage_policy,
            "imageStoragePolicy": spec.image_storage_policy,
        }
        for field, name in policies.items():
            if name is not None:
                yield Reference(f"StoragePolicy/{name}", "reference", ("spec", field), required=False)
        for index, library in enumerate(spec.content_libraries):
            path: Path = ("spec", "contentLibraries", index)
            yield Reference(f"ContentLibrary/{library.name}", "reference", path, required=False)
        if spec.kubernetes_content_library is not None:
            path = ("spec", "kubernetesContentLibrary")
            yield Reference(f"ContentLibrary/{spec.kubernetes_content_library}", "reference", path, required=False)
        for index, zone in enumerate(self.spec.zones or ()):
            yield Reference(f"Zone/{zone}", "reference", ("spec", "zones", index), required=False)
        for index, binding in enumerate(self.spec.zone_bindings or ()):
            zone_path = ("spec", "zoneBindings", index, "zone")
            yield Reference(f"Zone/{binding.zone}", "reference", zone_path, required=False)
            yield from reservation_references(binding.virtual_machine_reservations, ("spec", "zoneBindings", index))

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield DeclaredObject(VCENTER, VCENTER, "Supervisor", "", self.name)
        cluster, zones = self.spec.cluster, self.spec.zones or ()
        if cluster is not None:
            yield DeclaredObject(VCENTER, VCENTER, "Supervisor of cluster", "", cluster, ("spec", "cluster"), VCENTER)
        for index, zone in enumerate(zones):
            yield DeclaredObject(VCENTER, VCENTER, "Supervisor of zone", "", zone, ("spec", "zones", index), VCENTER)
