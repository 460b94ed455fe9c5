"""Namespace: a vSphere Namespace with its limits, permissions, storage and VM classes.

Follows Instances.CreateSpecV2 of vCenter's namespaces API.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.capabilities import NAME, VCENTER, DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.marks import DOCUMENT_ONLY, FIXED, NOT_AT_VCENTER, PLAIN, AtVCenter, InPrograms
from pacific_infra.documents.model import (
    AdoptableSpec,
    CheckedModel,
    DeletionPolicy,
    Listed,
    Metadata,
    Model,
    Reference,
    Spec,
)
from pacific_infra.documents.names import (
    ContentLibraryName,
    InventoryName,
    Label,
    MachineClassName,
    StoragePolicyName,
)
from pacific_infra.documents.namespace_access import Access, Creator
from pacific_infra.documents.namespace_network import (
    Amounts,
    NamespaceLoadBalancer,
    NamespaceZones,
    NsxNamespace,
    NsxVpcNamespace,
    above_limit,
)
from pacific_infra.documents.numbers import Count
from pacific_infra.documents.problems import Problem, repeated
from pacific_infra.documents.quantity import MINIMUM_CPU_LIMIT_MHZ, Frequency, Memory, mhz, mib
from pacific_infra.documents.source import Path
from pacific_infra.documents.storage_class import storage_class
from pacific_infra.documents.virtual_machine_class import reservation_references

RESERVED_PREFIX = "vmware-system"
_OF_KUBERNETES = ("default", "kube-node-lease", "kube-public", "kube-system")
_PROVIDER = "networkSpec.networkProvider"


class Limits(Amounts):
    """The most that all of the namespace's workloads may use together; absent is no limit."""

    storage: Memory | None = None
    """Storage over all storage policies, bytes as a Kubernetes quantity; vCenter counts whole MiB, rounded up."""

    @property
    def storage_mib(self) -> int | None:
        """Storage limit in MiB."""
        return None if self.storage is None else mib(self.storage)

    def problems(self) -> Iterator[Problem]:
        if self.cpu_mhz is not None and self.cpu_mhz < MINIMUM_CPU_LIMIT_MHZ:
            yield Problem("the CPU limit of a namespace is too low", ("cpu",), self.cpu, "10MHz or more")


class ObjectCounts(Model):
    """The most objects of each sort that the namespace may hold; absent is no limit."""

    pods: Annotated[Count | None, AtVCenter("podCount")] = None
    """Pods."""
    services: Annotated[Count | None, AtVCenter("serviceCount")] = None
    """Services."""
    deployments: Annotated[Count | None, AtVCenter("deploymentCount")] = None
    """Deployments."""
    daemon_sets: Annotated[Count | None, AtVCenter("daemonSetCount")] = None
    """DaemonSets."""
    replica_sets: Annotated[Count | None, AtVCenter("replicaSetCount")] = None
    """ReplicaSets."""
    replication_controllers: Annotated[Count | None, AtVCenter("replicationControllerCount")] = None
    """ReplicationControllers."""
    stateful_sets: Annotated[Count | None, AtVCenter("statefulSetCount")] = None
    """StatefulSets."""
    config_maps: Annotated[Count | None, AtVCenter("configMapCount")] = None
    """ConfigMaps."""
    secrets: Annotated[Count | None, AtVCenter("secretCount")] = None
    """Secrets."""
    persistent_volume_claims: Annotated[Count | None, AtVCenter("persistentVolumeClaimCount")] = None
    """PersistentVolumeClaims."""
    jobs: Annotated[Count | None, AtVCenter("jobCount")] = None
    """Jobs."""


class ContainerDefaults(CheckedModel):
    """What a container gets that does not say what it needs."""

    cpu_request: Annotated[Frequency | None, AtVCenter("cpuRequestDefault")] = None
    """CPU request, in MHz or GHz."""
    cpu_limit: Annotated[Frequency | None, AtVCenter("cpuLimitDefault")] = None
    """CPU limit, in MHz or GHz."""
    memory_request: Annotated[Memory | None, AtVCenter("memoryRequestDefault")] = None
    """Memory request, bytes as a Kubernetes quantity; vCenter counts whole MiB, rounded up."""
    memory_limit: Annotated[Memory | None, AtVCenter("memoryLimitDefault")] = None
    """Memory limit, bytes as a Kubernetes quantity; vCenter counts whole MiB, rounded up."""

    def problems(self) -> Iterator[Problem]:
        problem = "the default request is above the default limit"
        yield from above_limit(("cpuRequest",), self.cpu_request, self.cpu_limit, mhz, problem)
        yield from above_limit(("memoryRequest",), self.memory_request, self.memory_limit, mib, problem)


class NamespaceStoragePolicy(Model):
    """A storage policy that the namespace's volumes and VMs may use."""

    name: Annotated[StoragePolicyName, AtVCenter("policy")]
    """The storage policy, by name or identifier."""
    limit: Memory | None = None
    """The most storage on this policy, bytes as a Kubernetes quantity in whole MiB, rounded up; absent is no limit."""

    @property
    def limit_mib(self) -> int | None:
        """Storage limit on this policy in MiB."""
        return None if self.limit is None else mib(self.limit)


class LibraryAssociation(Model):
    """A content library that belongs to the namespace, with what its users may do with it (vCenter 8.0 U2)."""

    name: Annotated[ContentLibraryName, AtVCenter("contentLibrary")]
    """The content library, by name or identifier."""
    writable: bool | None = None
    """Whether VMs may be published into it; default: vCenter's, no."""
    allow_import: bool | None = None
    """Whether images may be imported into it (vCenter 9.0); default: vCenter's, no."""
    resource_naming_strategy: Literal["FROM_ITEM_ID", "PREFER_ITEM_SOURCE_ID"] | None = None
    """How the names of its images in Kubernetes are made (vCenter 9.0)."""


class NamespaceGovernance(Spec):
    """What a namespace may use."""

    limits: Annotated[
        Limits,
        AtVCenter(
            fields={
                "cpu": AtVCenter("resourceSpec.cpuLimit"),
                "memory": AtVCenter("resourceSpec.memoryLimit"),
                "storage": AtVCenter("resourceSpec.storageRequestLimit"),
            }
        ),
    ] = Limits()
    """The most that its workloads may use together."""
    object_counts: Annotated[ObjectCounts, AtVCenter("resourceSpec")] = ObjectCounts()
    """The most objects that it may hold."""
    defaults: Annotated[ContainerDefaults, AtVCenter("resourceSpec")] = ContainerDefaults()
    """What a container gets that does not say what it needs."""
    storage_policies: Annotated[Listed[NamespaceStoragePolicy], AtVCenter("storageSpecs")] = ()
    """Storage policies that its volumes and VMs may use."""
    virtual_machine_classes: Annotated[Listed[MachineClassName], AtVCenter("vmServiceSpec.vmClasses")] = ()
    """VM classes that its VMs may have: documents of the estate, or classes that vCenter has already."""
    content_libraries: Annotated[Listed[ContentLibraryName], AtVCenter("vmServiceSpec.contentLibraries")] = ()
    """Content libraries whose images its VMs may use, by name or identifier."""
    library_associations: Annotated[Listed[LibraryAssociation], AtVCenter("contentLibraries")] = ()
    """Content libraries that belong to the namespace, with their rights (vCenter 8.0 U2)."""

    def problems(self) -> Iterator[Problem]:
        yield from repeated("storagePolicies", [policy.name for policy in self.storage_policies], ("name",))
        yield from repeated("virtualMachineClasses", self.virtual_machine_classes)
        yield from repeated("contentLibraries", self.content_libraries)
        yield from repeated("libraryAssociations", [library.name for library in self.library_associations], ("name",))
        total = self.limits.storage_mib
        for index, policy in enumerate(self.storage_policies):
            if total is not None and policy.limit_mib is not None and policy.limit_mib > total:
                problem = "the limit of a storage policy is above the namespace's storage limit"
                allowed = f"{self.limits.storage} or less"
                yield Problem(problem, ("storagePolicies", index, "limit"), policy.limit, allowed)

    def inventory_references(self) -> Iterator[Reference]:
        """The VM classes, storage policies and content libraries that it names."""
        for index, policy in enumerate(self.storage_policies):
            path: Path = ("spec", "storagePolicies", index, "name")
            yield Reference(f"StoragePolicy/{policy.name}", "reference", path, required=False)
        for index, library in enumerate(self.content_libraries):
            yield Reference(
                f"ContentLibrary/{library}", "reference", ("spec", "contentLibraries", index), required=False
            )
        for index, association in enumerate(self.library_associations):
            path = ("spec", "libraryAssociations", index, "name")
            yield Reference(f"ContentLibrary/{association.name}", "reference", path, required=False)
        for index, name in enumerate(self.virtual_machine_classes):
            path = ("spec", "virtualMachineClasses", index)
            yield Reference(f"VirtualMachineClass/{name}", "reference", path, required=False)


class NamespaceSpec(NamespaceGovernance, AdoptableSpec):
    """The wanted namespace."""

    external: Annotated[Literal[False], DOCUMENT_ONLY] = False
    """true, or {stack: PROJECT/STACK}: somebody else owns the namespace, and it is only looked up; see
    ExternalNamespaceSpec."""
    supervisor: Annotated[
        Label, FIXED, InPrograms("The Supervisor that it lies on, by name or identifier. Cannot change.")
    ]
    """The Supervisor that it lies on: a reference to the document SupervisorCluster/<supervisor>. Cannot change."""
    description: str | None = Field(default=None, max_length=1024)
    """What the namespace is for, and whose it is."""
    access: Annotated[Listed[Access], AtVCenter("accessList")] = ()
    """Who may do what in it."""
    networks: Annotated[Listed[InventoryName], FIXED] = ()
    """Workload networks of the Supervisor that it uses (VSPHERE only); default: the primary one. Cannot change before
    vCenter 9.1."""
    default_network: Annotated[
        InventoryName | None,
        FIXED,
        AtVCenter("networkSpec.vsphereNetwork.defaultWorkloadNetwork", word=(_PROVIDER, "VSPHERE_NETWORK")),
    ] = None
    """The workload network of pods and VMs that name none (VSPHERE only, vCenter 9.1); default: the primary one. Cannot
    change."""
    nsx: Annotated[
        NsxNamespace | None,
        FIXED,
        AtVCenter("namespaceNetwork.network", word=("namespaceNetwork.networkProvider", "NSXT_CONTAINER_PLUGIN")),
    ] = None
    """Networks of its own in place of the Supervisor's (NSXT only). Cannot change."""
    nsx_vpc: Annotated[NsxVpcNamespace | None, AtVCenter("networkSpec.vpcNetwork", word=(_PROVIDER, "NSX_VPC"))] = None
    """Its part in NSX VPCs (NSX_VPC only, vCenter 9.0)."""
    load_balancer: Annotated[NamespaceLoadBalancer | None, AtVCenter("edges", only_item=True)] = None
    """A load balancer of its own (vCenter 9.1); default: the Supervisor's."""
    zones: NamespaceZones | None = None
    """The vSphere Zones that its workloads may use (vCenter 9.0), each by name, or as an object with its limits and
    reservations; default: all of the Supervisor's."""
    infrastructure_policies: Listed[Label] = ()
    """Infrastructure policies that its VMs must or may follow (vCenter 9.1), by name."""
    network_policy: Annotated[Literal["deny-by-default", "allow-all"], PLAIN, NOT_AT_VCENTER] = "deny-by-default"
    """deny-by-default lets in only what each workload's service names; allow-all sets no NetworkPolicy."""
    pod_security: Annotated[Literal["restricted", "baseline", "privileged", "unmanaged"], PLAIN, NOT_AT_VCENTER] = (
        "restricted"
    )
    """The Pod Security Standard that its pods must keep; unmanaged leaves the namespace's labels as they are."""
    creator: Annotated[Creator | None, FIXED] = None
    """Who is taken for its creator; default: the user who deploys. Cannot change."""
    deletion_policy: DeletionPolicy = "Retain"
    """What happens when the document is removed: Retain leaves it, Delete deletes it with all that it holds."""

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        yield from repeated("infrastructurePolicies", self.infrastructure_policies)
        # vCenter takes the names of users, groups and domains in either case.
        yield from repeated("access", [access.whose.lower() for access in self.access])
        yield from self._networking_problems()

    def _networking_problems(self) -> Iterator[Problem]:
        """A Supervisor has one kind of networking."""
        yield from repeated("networks", self.networks)
        fields = (
            ("VSPHERE", "networks", self.networks),
            ("VSPHERE", "defaultNetwork", self.default_network),
            ("NSXT", "nsx", self.nsx),
            ("NSX_VPC", "nsxVpc", self.nsx_vpc),
        )
        networks = [(kind, field) for kind, field, value in fields if value]
        for kind, field in networks[1:]:
            first_kind, first = networks[0]
            if kind != first_kind:
                problem = f"{first} is for workload networks of type {first_kind}, and {field} for {kind}"
                yield Problem(problem, (field,), fix=f"remove {field}, or {first}")


class Namespace(Document):
    """A vSphere Namespace: limits, permissions, storage and VM classes of one team or application."""

    kind: Literal["Namespace"]
    """Always Namespace."""
    metadata: Metadata
    """Name and labels; the name is unique in the whole vCenter."""
    spec: NamespaceSpec
    """The wanted namespace."""

    @property
    def denies_by_default(self) -> bool:
        """Whether only what workloads' services name gets in."""
        return self.spec.network_policy == "deny-by-default"

    @property
    def governing_namespace(self) -> str:
        """Its own name."""
        return self.name

    @property
    def summary(self) -> str:
        """Its Supervisor."""
        return self.spec.supervisor

    @property
    def holds_data(self) -> bool:
        """True: what is in it goes with it."""
        return True

    def own_references(self) -> Iterator[Reference]:
        yield from super().own_references()
        yield from self.spec.inventory_references()
        for index, zone in enumerate(self.spec.zones or ()):
            yield Reference(f"Zone/{zone.name}", "reference", ("spec", "zones", index), required=False)
            yield from reservation_references(zone.virtual_machine_reservations, ("spec", "zones", index))

    def implied_references(self, documents: Mapping[str, Document]) -> Iterator[tuple[str, Reference]]:
        """Users and groups of the vCenter's own domain that `access` names."""
        supervisor = documents.get(f"SupervisorCluster/{self.spec.supervisor}")
        domain = self.sso_domain if supervisor is None else supervisor.sso_domain
        for index, access in enumerate(self.spec.access):
            if access.domain.lower() == domain.lower() and access.identity_provider is None:
                kind, field = ("SsoUser", "user") if access.user is not None else ("SsoGroup", "group")
                path = ("spec", "access", index, field)
                yield self.id, Reference(f"{kind}/{access.subject}", "reference", path, required=False)

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        if self.name in _OF_KUBERNETES:
            problem = "every Supervisor has a namespace of this name, Kubernetes' own"
            yield Problem(problem, ("metadata", "name"), self.name, fix="choose another name")
        if self.name.startswith(RESERVED_PREFIX):
            problem = f"names that begin with {RESERVED_PREFIX!r} belong to the Supervisor"
            yield Problem(problem, ("metadata", "name"), self.name, fix="choose another name")

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield default_account(self.name)
        yield DeclaredObject(VCENTER, VCENTER, "Namespace", "", self.name)
        if self.denies_by_default:
            yield DeclaredObject("", "networking.k8s.io", "NetworkPolicy", self.name, "deny-by-default")
        for index, policy in enumerate(self.spec.storage_policies):
            path = ("spec", "storagePolicies", index, "name")
            server, name = f"SupervisorCluster/{self.spec.supervisor}", storage_class(policy.name)
            yield DeclaredObject(server, "storage.k8s.io", "StorageClass", "", name, path, VCENTER, policy.name)


def default_account(namespace: str) -> DeclaredObject:
    """The ServiceAccount that Kubernetes makes in every namespace."""
    return DeclaredObject("", "", "ServiceAccount", namespace, "default", NAME, "Kubernetes")
