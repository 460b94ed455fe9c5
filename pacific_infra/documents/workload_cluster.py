"""WorkloadCluster: a Kubernetes cluster of VMs, kept by the VMware Kubernetes Service through Cluster API."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from pacific_infra.documents.addresses import ClusterNetworkRange, bounds_of
from pacific_infra.documents.capabilities import DeclaredObject, MachineClass, MachineDisk
from pacific_infra.documents.document import Document
from pacific_infra.documents.fixed_values import FixedValue
from pacific_infra.documents.machine_pools import (
    CLUSTERS,
    OF_FIELDS,
    ClusterControlPlane,
    Machines,
    NodePool,
    NodeVolume,
    variable_problems,
    volume_problems,
)
from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import AdoptableSpec, CheckedModel, DeletionPolicy, Listed, NamespacedMetadata
from pacific_infra.documents.names import (
    ClusterClass,
    Domain,
    KubernetesRelease,
    Label,
    MachineClassName,
    StoragePolicyName,
)
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.quantity import mib
from pacific_infra.documents.source import Path

CLUSTER_SECRETS = ("ca", "etcd", "kubeconfig", "proxy", "sa")
"""Ends of the names of the Secrets that Cluster API makes for a Cluster (util/secret/consts.go)."""
PUBLIC_CLASSES = "vmware-system-vks-public"
"""Where the VMware Kubernetes Service keeps the ClusterClasses that it has made, builtin-generic-*."""
OPTIONS = "vsphereOptions"
"""Variable of these classes with, among others, the StorageClasses inside the cluster."""
ROOT_DISK_MIB = 20 * 1024
"""Disk of each machine's image, MiB: that of the images of Kubernetes releases. It counts against the namespace."""


class ClusterNetwork(CheckedModel):
    """Addresses inside the cluster. Cannot change."""

    pods: ClusterNetworkRange = "192.168.156.0/20"
    """Network of pods."""
    services: ClusterNetworkRange = "10.96.0.0/12"
    """Network of Services."""
    service_domain: Domain = "cluster.local"
    """DNS domain of Services."""

    def problems(self) -> Iterator[Problem]:
        pods, services = bounds_of(self.pods), bounds_of(self.services)
        if pods.first <= services.last and services.first <= pods.last:
            problem = "pods and services have addresses in common"
            yield Problem(problem, ("services",), self.services, f"a network apart from {self.pods}")


class WorkloadClusterSpec(AdoptableSpec):
    """The wanted cluster."""

    version: KubernetesRelease
    """Kubernetes release: its version v1.33.3+vmware.1-fips-vkr.2, its name v1.33.3---vmware.1-fips-vkr.2, or the
    beginning of either, such as v1.33, of which the Supervisor chooses one whenever it is sent. A greater one upgrades,
    one minor version at a time; never back."""
    cluster_class: Annotated[ClusterClass, PLAIN] = "builtin-generic-v3.4.0"
    """ClusterClass, one of the VMware Kubernetes Service or one's own. It says which variables there are."""
    cluster_class_namespace: Label | None = None
    """Namespace of the ClusterClass; default: vmware-system-vks-public for builtin-generic-*, else the own one."""
    class_name: MachineClassName = Field(validation_alias="class", serialization_alias="class")
    """VM class of its machines, one that the namespace allows (variable ``vmClass``)."""
    storage_policy: StoragePolicyName
    """Storage policy of the namespace, for the disks of its machines (variable ``storageClass``)."""
    default_storage_policy: StoragePolicyName | None = None
    """Storage policy of the namespace whose StorageClass is the default one inside the cluster, for claims that name
    none; default: storagePolicy."""
    volumes: Annotated[Listed[NodeVolume] | None, PLAIN] = None
    """Disks of each machine besides the one of its image (variable ``volumes``)."""
    variables: Annotated[dict[str, Any], PLAIN] = Field(default_factory=dict)
    """Variables of the ClusterClass by name, besides those that fields say. `vsphereOptions` is completed by
    defaultStoragePolicy; null leaves a variable out that a field would say."""
    control_plane: ClusterControlPlane = ClusterControlPlane()
    """The machines of etcd and the API server."""
    node_pools: Listed[NodePool] = Field(min_length=1)
    """The nodes."""
    network: ClusterNetwork = ClusterNetwork()
    """Addresses inside the cluster."""
    deletion_policy: DeletionPolicy = "Retain"
    """What happens when the document is removed: Retain leaves the cluster, Delete deletes it with its volumes."""

    @property
    def machines(self) -> Iterator[tuple[Path, Machines, int]]:
        """Control plane and pools, with the field that says them and the most machines of each."""
        yield ("controlPlane",), self.control_plane, self.control_plane.replicas
        for index, pool in enumerate(self.node_pools):
            yield ("nodePools", index), pool, pool.most_replicas

    def problems(self) -> Iterator[Problem]:
        names = [pool.name for pool in self.node_pools]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield Problem("two node pools have one name", ("nodePools", index, "name"), name)
        yield from variable_problems(self.variables, ("variables",))
        yield from volume_problems(self.volumes or ())
        if self.volumes is not None and "volumes" in self.variables:
            yield Problem("volumes are said twice", ("variables", "volumes"), fix="remove one of the two")


class WorkloadCluster(Document):
    """A Kubernetes cluster of VMs."""

    kind: Literal["WorkloadCluster"]
    """Always WorkloadCluster."""
    metadata: NamespacedMetadata
    """Name, namespace and labels."""
    spec: WorkloadClusterSpec
    """The wanted cluster."""

    @property
    def kubernetes_release(self) -> str:
        """Its release."""
        return self.spec.version

    @property
    def node_pools(self) -> Sequence[NodePool]:
        """Its nodes."""
        return self.spec.node_pools

    @property
    def holds_data(self) -> bool:
        """True: what is in it goes with it."""
        return True

    def classes(self) -> Iterator[MachineClass]:
        spec = self.spec
        for place, machines, count in spec.machines:
            path: Path = ("spec", "class") if machines.class_name is None else ("spec", *place, "class")
            disks = tuple(MachineDisk(policy, size) for _, policy, size in self._disks(place, machines))
            yield MachineClass(path, machines.class_name or spec.class_name, count, disks)

    def storage_policies(self) -> Iterator[tuple[Path, str]]:
        if self.spec.default_storage_policy is not None:
            yield ("spec", "defaultStoragePolicy"), self.spec.default_storage_policy
        disks = [disk for place, machines, _ in self.spec.machines for disk in self._disks(place, machines)]
        yield from {path: policy for path, policy, _ in disks}.items()

    def _disks(self, place: Path, machines: Machines) -> Iterator[tuple[Path, str, int]]:
        """Disks of one machine: the field that says the storage policy, the policy, and MiB."""
        spec = self.spec
        default = spec.storage_policy if machines.storage_policy is None else machines.storage_policy
        policy: Path = ("spec", *(() if machines.storage_policy is None else place), "storagePolicy")
        yield policy, default, ROOT_DISK_MIB
        volumes, volume_place = (spec.volumes, ()) if machines.volumes is None else (machines.volumes, place)
        for index, volume in enumerate(volumes or ()):
            path: Path = ("spec", *volume_place, "volumes", index, "storagePolicy")
            yield path if volume.storage_policy else policy, volume.storage_policy or default, mib(volume.size)

    def fixed_values(self) -> Iterator[FixedValue]:
        network = self.spec.network
        for cluster in CLUSTERS:
            for field, value in (("pods", network.pods), ("services", network.services)):
                path: Path = ("spec", "clusterNetwork", field, "cidrBlocks")
                yield FixedValue(("spec", "network", field), cluster, path, [value])
            domain: Path = ("spec", "clusterNetwork", "serviceDomain")
            yield FixedValue(("spec", "network", "serviceDomain"), cluster, domain, network.service_domain)

    def path_in_object(self, path: Path) -> Path:
        """The field that says a field of the Cluster."""
        steps = tuple(step for step in path if step != "topology")
        for field, word in _FIELDS.items():
            if steps[: len(field)] == field:
                rest = steps[len(field) : len(field) + 1]
                if word == ("variables",) and rest and rest[0] in OF_FIELDS:
                    return ("spec", OF_FIELDS[str(rest[0])])
                return ("spec", *word, *(rest if word in (("nodePools",), ("variables",)) else ()))
        return ()

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield self.declared_object("cluster.x-k8s.io", "Cluster")
        for end in CLUSTER_SECRETS:
            yield self.declared_object("", "Secret", f"-{end}", maker="Cluster API")
        for group, kind in (("vmoperator.vmware.com", "VirtualMachineService"), ("", "Service")):
            yield self.declared_object(group, kind, "-control-plane-service", maker="Cluster API")


_FIELDS: Mapping[Path, Path] = {
    ("spec", "version"): ("version",),
    ("spec", "class"): ("clusterClass",),
    ("spec", "classRef"): ("clusterClass",),
    ("spec", "controlPlane"): ("controlPlane",),
    ("spec", "workers", "machineDeployments"): ("nodePools",),
    ("spec", "variables"): ("variables",),
    ("spec", "clusterNetwork"): ("network",),
}
"""Fields of the Cluster without ``topology``, and what says them."""
