"""WorkloadCluster: a Kubernetes cluster of VMs, kept by the VMware Kubernetes Service through Cluster API."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.addresses import Network
from pacific_infra.documents.capabilities import DeclaredObject, MachineClass
from pacific_infra.documents.document import Document
from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import CheckedModel, DeletionPolicy, Listed, NamespacedMetadata, Spec
from pacific_infra.documents.names import ClusterClass, InventoryName, KubernetesRelease, Label
from pacific_infra.documents.numbers import Count
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.source import Path

CLUSTER_SECRETS = ("ca", "etcd", "kubeconfig", "proxy", "sa")
"""Ends of the names of the Secrets that Cluster API makes for a Cluster (util/secret/consts.go)."""


class ClusterControlPlane(CheckedModel):
    """The machines of etcd and the API server."""

    replicas: Annotated[int, PLAIN] = Field(default=1, ge=1, le=5)
    """Number of machines: 1, 3 or 5."""
    class_name: Label | None = Field(default=None, validation_alias="class", serialization_alias="class")
    """VM class, one that the namespace allows; default: the cluster's."""

    def problems(self) -> Iterator[Problem]:
        if self.replicas % 2 == 0:
            yield Problem("etcd needs an odd number of machines", ("replicas",), self.replicas, "1, 3, 5")


class NodePool(CheckedModel):
    """Nodes that are alike."""

    name: Label
    """Name, unique in the cluster."""
    replicas: Annotated[Count, PLAIN] = 1
    """Number of nodes."""
    class_name: Label | None = Field(default=None, validation_alias="class", serialization_alias="class")
    """VM class, one that the namespace allows; default: the cluster's."""


class ClusterNetwork(CheckedModel):
    """Addresses inside the cluster. Cannot change."""

    pods: Network = "192.168.156.0/20"
    """Network of pods."""
    services: Network = "10.96.0.0/12"
    """Network of Services."""


class WorkloadClusterSpec(Spec):
    """The wanted cluster."""

    version: KubernetesRelease
    """Kubernetes release, such as v1.33.3+vmware.1. A greater one upgrades, one minor version at a time; never back."""
    cluster_class: ClusterClass = "builtin-generic-v3.4.0"
    """ClusterClass of the VMware Kubernetes Service."""
    class_name: Label = Field(validation_alias="class", serialization_alias="class")
    """VM class of its machines, one that the namespace allows."""
    storage_policy: InventoryName
    """Storage policy of the namespace, for the disks of its machines."""
    default_storage_policy: InventoryName | None = None
    """Storage policy of the namespace whose StorageClass is the default one inside the cluster, for claims that name
    none; default: storagePolicy."""
    control_plane: ClusterControlPlane = ClusterControlPlane()
    """The machines of etcd and the API server."""
    node_pools: Listed[NodePool] = Field(min_length=1)
    """The nodes."""
    network: ClusterNetwork = ClusterNetwork()
    """Addresses inside the cluster."""
    deletion_policy: DeletionPolicy = "Retain"
    """What happens when the document is removed: Retain leaves the cluster, Delete deletes it with its volumes."""

    def problems(self) -> Iterator[Problem]:
        names = [pool.name for pool in self.node_pools]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield Problem("two node pools have one name", ("nodePools", index, "name"), name)


class WorkloadCluster(Document):
    """A Kubernetes cluster of VMs."""

    kind: Literal["WorkloadCluster"]
    """Always WorkloadCluster."""
    metadata: NamespacedMetadata
    """Name, namespace and labels."""
    spec: WorkloadClusterSpec
    """The wanted cluster."""

    @property
    def holds_data(self) -> bool:
        """True: what is in it goes with it."""
        return True

    def classes(self) -> Iterator[MachineClass]:
        spec, control_plane = self.spec, self.spec.control_plane
        path: Path = ("spec", "class") if control_plane.class_name is None else ("spec", "controlPlane", "class")
        yield MachineClass(path, control_plane.class_name or spec.class_name, control_plane.replicas)
        for index, pool in enumerate(spec.node_pools):
            path = ("spec", "class") if pool.class_name is None else ("spec", "nodePools", index, "class")
            yield MachineClass(path, pool.class_name or spec.class_name, pool.replicas)

    def storage_policies(self) -> Iterator[tuple[Path, str]]:
        yield ("spec", "storagePolicy"), self.spec.storage_policy
        if self.spec.default_storage_policy is not None:
            yield ("spec", "defaultStoragePolicy"), self.spec.default_storage_policy

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield self.declared_object("cluster.x-k8s.io", "Cluster")
        for end in CLUSTER_SECRETS:
            yield self.declared_object("", "Secret", f"-{end}", maker="Cluster API")
        for group, kind in (("vmoperator.vmware.com", "VirtualMachineService"), ("", "Service")):
            yield self.declared_object(group, kind, "-control-plane-service", maker="Cluster API")
