"""The machines of a workload cluster: its control plane and its node pools, in the words of Cluster API v1beta2.

Shapes and defaults are those of ``ControlPlaneTopology`` and ``MachineDeploymentTopology`` of
sigs.k8s.io/cluster-api/api/core/v1beta2; volumes, labels and taints of nodes are variables of VMware's ClusterClasses.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import CheckedModel, Listed, Model
from pacific_infra.documents.names import Annotations, Label, Labels, MachineClassName, MountPath, StoragePolicyName
from pacific_infra.documents.numbers import (
    EXACT_NUMBERS,
    QUOTE_IF_TEXT,
    Count,
    CountOrPercent,
    PositiveCount,
    inexact_numbers,
)
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.quantity import Memory
from pacific_infra.documents.source import Path
from pacific_infra.documents.unknown import Unknown

OS_IMAGE = "run.tanzu.vmware.com/resolve-os-image"
"""Annotation of a topology's machines by which the VMware Kubernetes Service chooses the image of their OS."""
CLUSTERS = ("kubernetes:cluster.x-k8s.io/v1beta1:Cluster", "kubernetes:cluster.x-k8s.io/v1beta2:Cluster")
"""Type tokens of a Cluster, by the versions of Cluster API in which it may be written."""
NODE_GROUP = "cluster.x-k8s.io/cluster-api-autoscaler-node-group"
"""Beginning of the annotations of a pool that bound the cluster autoscaler."""
OF_FIELDS = {"vmClass": "class", "storageClass": "storagePolicy"}
"""Variables of a topology that fields of the document say."""
_OS_PART = r"^[^\s,=]{1,63}$"
_RANGE = r"^\[[0-9]+-[0-9]+\]$"
_LONGEST_VARIABLE = 256


class OperatingSystemImage(Model):
    """Which OS the machines run, of those that the release has an image with."""

    name: Annotated[str, Field(pattern=_OS_PART), PLAIN]
    """Name of the OS, such as ubuntu or photon."""
    version: Annotated[str | None, Field(pattern=_OS_PART), PLAIN] = None
    """Version of the OS, such as "24.04"; default: the one that the release has."""


class NodeVolume(Model):
    """A disk of each machine besides the one of its image. It goes with the machine; to change it replaces machines."""

    name: Annotated[Label, PLAIN]
    """Name, unique among the machine's volumes."""
    mount_path: MountPath
    """Where it is mounted, such as /var/lib/containerd or /var/lib/kubelet."""
    size: Memory
    """Its size, bytes as a Kubernetes quantity."""
    storage_policy: StoragePolicyName | None = None
    """Storage policy of the namespace; default: that of the machines."""


class Taint(Model):
    """Keeps pods that do not tolerate it away from the nodes."""

    key: str = Field(min_length=1, max_length=317)
    """Key, ``[prefix/]name``."""
    value: str | None = Field(default=None, max_length=63)
    """Value."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
    """What happens to pods that do not tolerate it."""


class UnhealthyNodeCondition(Model):
    """A condition of a node that makes its machine unhealthy when it lasts."""

    type: str = Field(min_length=1)
    """The node's condition, such as Ready."""
    status: Literal["True", "False", "Unknown"]
    """The status that is unhealthy."""
    timeout_seconds: Count
    """Seconds that it lasts until the machine is unhealthy."""


class HealthCheck(CheckedModel):
    """When a machine is unhealthy and is replaced (MachineHealthCheck). What is said here is instead of what the
    ClusterClass says."""

    enabled: bool | None = None
    """False: no health check; default: where it is said here or in the ClusterClass."""
    node_startup_timeout_seconds: Count | None = None
    """Seconds after which a machine without a node is unhealthy; 0: never; default: 600."""
    unhealthy_node_conditions: Annotated[Listed[UnhealthyNodeCondition], PLAIN] = ()
    """Conditions of nodes, each of which makes the machine unhealthy."""
    unhealthy_less_than_or_equal_to: CountOrPercent | None = None
    """Machines are replaced only while so many or fewer are unhealthy, a number or a percentage."""
    unhealthy_in_range: str | None = Field(default=None, pattern=_RANGE)
    """Machines are replaced only while so many are unhealthy, such as "[3-5]"; it goes before the field above."""

    def problems(self) -> Iterator[Problem]:
        seconds = self.node_startup_timeout_seconds
        if seconds is not None and 0 < seconds < 30:
            path: Path = ("nodeStartupTimeoutSeconds",)
            yield Problem("no machine starts in so short a time", path, seconds, "0, or 30 or more")


class PoolHealthCheck(HealthCheck):
    """When a machine of the pool is unhealthy and is replaced."""

    max_in_flight: CountOrPercent | None = None
    """So many machines are replaced at one time, a number or a percentage; default: all that are unhealthy."""


class Rollout(CheckedModel):
    """When machines are replaced that have not changed."""

    after: Annotated[str | None, PLAIN] = None
    """Time, as 2026-06-30T03:00:00Z: machines made before it are replaced once it has come."""

    def problems(self) -> Iterator[Problem]:
        if self.after is not None and not isinstance(self.after, Unknown) and not _is_time(self.after):
            yield Problem("not a time", ("after",), self.after, "a time with its zone, such as 2026-06-30T03:00:00Z")


class PoolRollout(Rollout):
    """How machines of the pool are replaced by new ones."""

    type: Annotated[Literal["RollingUpdate", "OnDelete"], PLAIN] = "RollingUpdate"
    """RollingUpdate: one after the other. OnDelete: when somebody deletes the old ones."""
    max_surge: Annotated[CountOrPercent | None, PLAIN] = None
    """Machines above the wanted number meanwhile, a number or a percentage; default: 1."""
    max_unavailable: Annotated[CountOrPercent | None, PLAIN] = None
    """Machines below the wanted number meanwhile, a number or a percentage; default: 0."""

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        bounds = {"maxSurge": self.max_surge, "maxUnavailable": self.max_unavailable}
        if self.type == "OnDelete":
            for field, value in bounds.items():
                if value is not None:
                    yield Problem(f"{field} is of RollingUpdate", (field,), value, fix=f"remove {field}")
        elif self.max_surge in (0, "0%") and self.max_unavailable in (None, 0, "0%"):
            yield Problem("no machine could be replaced: maxSurge and maxUnavailable are 0", ("maxSurge",))


class MachineDeletion(Model):
    """How long the deletion of a machine waits."""

    node_drain_timeout_seconds: Count | None = None
    """Seconds for its pods to leave; 0 and default: without end."""
    node_volume_detach_timeout_seconds: Count | None = None
    """Seconds for its volumes to be detached; 0 and default: without end."""
    node_deletion_timeout_seconds: Count | None = None
    """Seconds in which its Node is deleted; 0: without end; default: 10."""


class PoolDeletion(MachineDeletion):
    """Which machines of the pool are deleted first, and how long that waits."""

    order: Annotated[Literal["Random", "Newest", "Oldest"] | None, PLAIN] = None
    """Which go first when the pool gets smaller; default: Random."""


class PoolAutoscaler(CheckedModel):
    """Bounds of the cluster autoscaler. Within them it decides, and nobody else sets the number of nodes."""

    min_replicas: Annotated[Count, PLAIN] = 1
    """The fewest nodes."""
    max_replicas: Annotated[PositiveCount, PLAIN]
    """The most nodes; capacity counts so many."""

    def problems(self) -> Iterator[Problem]:
        if self.max_replicas < self.min_replicas:
            problem = "maxReplicas is below minReplicas"
            yield Problem(problem, ("maxReplicas",), self.max_replicas, f"{self.min_replicas} or more")


class Machines(CheckedModel):
    """What control plane and node pools have in common."""

    class_name: MachineClassName | None = Field(default=None, validation_alias="class", serialization_alias="class")
    """VM class, one that the namespace allows; default: the cluster's."""
    storage_policy: StoragePolicyName | None = None
    """Storage policy of the namespace, for the machines' disks; default: the cluster's."""
    os_image: Annotated[OperatingSystemImage | None, PLAIN] = None
    """The OS of the machines; default: that of the release. Say it of the control plane and of each pool."""
    volumes: Annotated[Listed[NodeVolume] | None, PLAIN] = None
    """Disks of each machine besides the one of its image (variable ``volumes``); default: the cluster's."""
    node_labels: Annotated[Labels, PLAIN] = Field(default_factory=dict)
    """Labels of the nodes (variable ``node``); they outlast the replacement of a node."""
    taints: Annotated[Listed[Taint], PLAIN] = ()
    """Taints of the nodes (variable ``node``)."""
    variables: Annotated[dict[str, Any], PLAIN] = Field(default_factory=dict)
    """Variables of the ClusterClass by name, with other values than the cluster's."""
    labels: Annotated[Labels, PLAIN] = Field(default_factory=dict)
    """Labels of the Machines and of what owns them."""
    annotations: Annotated[Annotations, PLAIN] = Field(default_factory=dict)
    """Annotations of the Machines and of what owns them."""

    def problems(self) -> Iterator[Problem]:
        yield from variable_problems(self.variables, ("variables",))
        if self.volumes is not None and "volumes" in self.variables:
            yield Problem("volumes are said twice", ("variables", "volumes"), fix="remove one of the two")
        yield from volume_problems(self.volumes or ())
        for key in self.annotations:
            if key == OS_IMAGE or key.startswith(NODE_GROUP):
                field = "osImage" if key == OS_IMAGE else "autoscaler"
                path: Path = ("annotations", key)
                yield Problem("this annotation follows from a field", path, key, fix=f"remove it and write {field}")


class ClusterControlPlane(Machines):
    """The machines of etcd and the API server."""

    replicas: Annotated[int, PLAIN] = Field(default=1, ge=1, le=5)
    """Number of machines: 1, 3 or 5."""
    health_check: Annotated[HealthCheck | None, PLAIN] = None
    """When a machine is unhealthy and is replaced; default: as the ClusterClass says."""
    rollout: Annotated[Rollout | None, PLAIN] = None
    """When machines are replaced that have not changed."""
    deletion: Annotated[MachineDeletion | None, PLAIN] = None
    """How long the deletion of a machine waits; default: as the ClusterClass says."""

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        if self.replicas % 2 == 0:
            yield Problem("etcd needs an odd number of machines", ("replicas",), self.replicas, "1, 3, 5")


class NodePool(Machines):
    """Nodes that are alike."""

    name: Label
    """Name, unique in the cluster."""
    replicas: Annotated[Count | None, PLAIN] = None
    """Number of nodes; default: 1, or with an autoscaler what that decides."""
    autoscaler: Annotated[PoolAutoscaler | None, PLAIN] = None
    """Bounds of the cluster autoscaler, which then sets the number of nodes; or give `replicas`."""
    machine_class: Annotated[str, Field(min_length=1, max_length=256)] = "node-pool"
    """MachineDeploymentClass of the ClusterClass."""
    failure_domain: str | None = Field(default=None, min_length=1, max_length=256)
    """Zone of the Supervisor that its machines run in; default: any."""
    min_ready_seconds: Count | None = None
    """Seconds that a node is ready until it counts as available; default: 0."""
    health_check: Annotated[PoolHealthCheck | None, PLAIN] = None
    """When a machine is unhealthy and is replaced; default: as the ClusterClass says."""
    rollout: Annotated[PoolRollout | None, PLAIN] = None
    """How machines are replaced by new ones; default: one more than wanted, one after the other."""
    deletion: Annotated[PoolDeletion | None, PLAIN] = None
    """Which machines are deleted first, and how long that waits; default: as the ClusterClass says."""

    @property
    def most_replicas(self) -> int:
        """The most nodes that it may have."""
        if self.autoscaler is not None:
            return self.autoscaler.max_replicas
        return 1 if self.replicas is None else self.replicas

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        if self.autoscaler is not None and self.replicas is not None:
            problem = "replicas and autoscaler exclude each other"
            yield Problem(problem, ("replicas",), self.replicas, fix="remove replicas, or the autoscaler")


def variable_problems(variables: dict[str, Any], path: Path) -> Iterator[Problem]:
    """What is wrong with variables of a topology, whatever the ClusterClass says of them."""
    for name in variables:
        if name in OF_FIELDS:
            yield Problem(f"{name} has a field of its own", (*path, name), name, fix=f"write {OF_FIELDS[name]}")
        elif not 1 <= len(name) <= _LONGEST_VARIABLE:
            yield Problem("not a name of a variable", (*path, name), name, "1 to 256 characters")
    for place, number in inexact_numbers(variables, path):
        yield Problem("the number would be changed on its way", place, number, EXACT_NUMBERS, QUOTE_IF_TEXT)


def volume_problems(volumes: tuple[NodeVolume, ...]) -> Iterator[Problem]:
    """Two volumes of one name, or at one place."""
    for field, values in (
        ("name", [volume.name for volume in volumes]),
        ("mountPath", [volume.mount_path for volume in volumes]),
    ):
        for index, value in enumerate(values):
            if value in values[:index]:
                yield Problem(f"two volumes have one {field}", ("volumes", index, field), value)


def _is_time(text: str) -> bool:
    try:
        return bool(re.match(r"\d{4}-\d{2}-\d{2}T", text)) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
