"""What planner and checks ask documents for, whatever their kind: pods, claims, machines, manifests, objects.

``Document`` has a method or property for each; a kind that has nothing of the sort does not say anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from pacific_infra.documents.container import Container
from pacific_infra.documents.kubernetes_objects import ReadObject
from pacific_infra.documents.quantity import mib
from pacific_infra.documents.service import Service, ServicePort
from pacific_infra.documents.source import Path

NAME: Path = ("metadata", "name")
VCENTER = "vCenter"
"""Server and API group of vCenter's objects."""
PULUMI = "pulumi"
"""In place of an API group: a name of Pulumi's own."""


@dataclass(frozen=True, slots=True)
class Pods:
    """Pods that are alike."""

    count: int
    """The most that run at one time."""
    containers: Sequence[Container]
    init_containers: Sequence[Container] = ()
    some_must_stay: bool = False
    """Whether a disruption budget says how many must stay."""


@dataclass(frozen=True, slots=True)
class VolumeClaim:
    """A persistent volume, or one for each replica of a StatefulSet."""

    volume: str
    """Its name in the document."""
    size: str
    """Bytes as a Kubernetes quantity."""
    storage_policy: str
    path: Path
    """The field that says the size."""
    count: int = 1
    """How many there are."""
    of_replicas: bool = False
    """Whether each replica of a StatefulSet has one."""

    @property
    def total_mib(self) -> int:
        """MiB of all of them."""
        return self.count * mib(self.size)


class MachineDisk(NamedTuple):
    """A disk that comes and goes with its machine."""

    storage_policy: str
    size_mib: int


@dataclass(frozen=True, slots=True)
class Backend:
    """A service of another document that a document sends requests to."""

    path: Path
    """The route that says so; its fields are ``to`` and ``port``."""
    target: str
    """Id of the document."""
    port: int | str | None
    """The service's port, by number or name; None: the first one."""

    def service_port(self, target: "HasService") -> ServicePort | None:
        """The port of the target's service; None where it has no such port, or no service."""
        ports = () if target.service is None else target.service.ports
        return next((port for port in ports if self.port in (None, port.port, port.name)), None)


class HasService(Protocol):
    """A document, as far as its service goes."""

    @property
    def service(self) -> Service | None:
        """The stable address in front of it."""


@dataclass(frozen=True, slots=True)
class MachineClass:
    """A VM class that a document names for its machines."""

    path: Path
    """The field that names it."""
    name: str
    count: int
    """Machines of this class that run at one time, at most."""
    disks: tuple[MachineDisk, ...] = ()
    """Disks of each machine that are no claims."""


class ManifestSource(NamedTuple):
    """Kubernetes manifests that a document holds, or names a file of."""

    field: str
    """The field of ``spec``."""
    applied: Sequence[ReadObject]
    """The objects that the document becomes."""
    others: int = 0
    """Objects of the text that it does not become."""
    hooks: Sequence[ReadObject] = ()
    """Hooks and tests of a chart, which only Helm itself runs."""


class MadeSecret(NamedTuple):
    """A Secret that a document's controller makes of what a store outside has."""

    name: str
    keys: frozenset[str] | None
    """Its keys; None: nobody knows them before it is there."""
    version: str
    """Another one where the document asks for something else."""


class DeclaredObject(NamedTuple):
    """One object that a document becomes."""

    server: str
    """Whose API it is in: vCenter, the id of a workload cluster's document, SupervisorCluster/NAME for what is in no
    namespace of a Supervisor; empty for what is in a vSphere Namespace, whose name is unique in the vCenter."""
    group: str
    """API group; empty for the core one."""
    kind: str
    namespace: str
    """Empty for an object without a namespace."""
    name: str
    path: Path = NAME
    """The field of the document that the name comes from."""
    maker: str = ""
    """Who makes it, where it is not declared itself but follows from what is."""
    content: str | None = None
    """What is behind it; two objects of one identity and one content are the same and no contradiction."""
    manifest: ReadObject | None = None
    """The manifest that it comes from, if any."""

    @property
    def identity(self) -> tuple[str, ...]:
        """What no two objects have in common."""
        return self[:5]

    @property
    def in_workload_cluster(self) -> bool:
        """Whether its server is a workload cluster, which unlike other servers is in a namespace itself."""
        return self.server.count("/") == 2

    @property
    def text(self) -> str:
        """Kind, namespace and name."""
        name = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {name}" + (f" in {self.server}" if self.in_workload_cluster else "")
