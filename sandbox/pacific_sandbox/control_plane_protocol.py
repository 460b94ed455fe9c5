"""What the simulated vCenter asks of a Supervisor's control plane, and the values that cross between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol


@dataclass(frozen=True)
class SupervisorDescription:
    """A Supervisor that is to run on one compute cluster."""

    supervisor: str
    """Identifier, a UUID."""
    name: str
    cluster: str
    """Managed object identifier of the compute cluster, ``domain-cN``."""
    cluster_name: str
    zone: str
    datacenter: str


@dataclass(frozen=True)
class AccessEntry:
    """Who may do what in a vSphere Namespace."""

    subject_type: Literal["USER", "GROUP"]
    subject: str
    domain: str
    role: Literal["OWNER", "EDIT", "VIEW"]


@dataclass(frozen=True)
class StoragePolicy:
    """A storage policy of vCenter as a Supervisor shows it: a StorageClass with the Kubernetes-compliant name."""

    policy: str
    """Profile identifier, a UUID."""
    name: str
    storage_class: str


@dataclass(frozen=True)
class VirtualMachineClass:
    """A VM class of vCenter. ``memory`` in MiB, reservations in percent."""

    name: str
    cpu_count: int
    memory: int
    cpu_reservation: int | None = None
    memory_reservation: int | None = None
    description: str = ""


@dataclass(frozen=True)
class ContentLibraryItem:
    """A VM image in a content library."""

    identifier: str
    name: str
    guest: str
    """Guest operating system identifier, for example ``debian12_64Guest``."""
    disk: int = 10240
    """Capacity of its disk in MiB."""


@dataclass(frozen=True)
class ContentLibrary:
    """A content library and its VM images."""

    identifier: str
    name: str
    items: Sequence[ContentLibraryItem]
    writable: bool = False
    """Whether virtual machines of the namespace may be published to it."""


@dataclass(frozen=True)
class NamespacePlacement:
    """The place of a vSphere Namespace in vCenter's inventory."""

    resource_pool: str
    """``resgroup-N``"""
    folder: str
    """``group-vN``"""


@dataclass(frozen=True)
class NamespaceDescription:
    """The desired state of a vSphere Namespace inside its Supervisor."""

    name: str
    placement: NamespacePlacement
    resource_spec: Mapping[str, int] = field(default_factory=dict)
    """ResourceQuotaOptionsV1 as vCenter's REST has it: cpu_limit MHz, memory_limit MiB, pod_count, ..."""
    access: Sequence[AccessEntry] = ()
    storage: Sequence[tuple[StoragePolicy, int | None]] = ()
    """Each bound policy with its limit in MiB."""
    virtual_machine_classes: Sequence[VirtualMachineClass] = ()
    content_libraries: Sequence[ContentLibrary] = ()
    description: str = ""


@dataclass(frozen=True)
class NamespaceUse:
    """What runs in a namespace now: MHz, MiB, MiB."""

    cpu_used: int
    memory_used: int
    storage_used: int


class SupervisorControlPlane(Protocol):
    """One Supervisor's Kubernetes. Every method can be repeated."""

    async def start(self) -> str:
        """Start it, or bind to it where it already runs; returns its address ``127.0.0.1:port``."""

    async def stop(self, *, delete: bool) -> None:
        """End its processes; ``delete`` also removes its data."""

    async def apply_namespace(self, namespace: NamespaceDescription) -> None:
        """Make the Kubernetes side of a vSphere Namespace as described: objects added, changed, removed."""

    async def delete_namespace(self, name: str) -> bool:
        """Ask for the namespace's end; True once it is gone with all that was in it."""

    async def namespace_use(self, name: str) -> NamespaceUse:
        """What its pods, VMs and volumes ask for now."""

    async def register_machine(self, resource: Mapping[str, Any]) -> bool:
        """Make a VirtualMachine of a machine that is there; False where it is there already."""

    async def conditions(self) -> Sequence[Mapping[str, Any]]:
        """Its parts as vCenter's ``supervisors/{s}/conditions`` lists them: type, status, reason, severity."""


class SupervisorControlPlanes(Protocol):
    """Makes the control plane of a Supervisor."""

    def create(self, description: SupervisorDescription) -> SupervisorControlPlane:
        """The control plane object for ``description``; nothing is started yet."""
