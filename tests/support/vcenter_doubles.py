"""Stand-ins for what the simulated vCenter talks to: Supervisors' control planes and vcsim's inventory."""

import asyncio
import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pacific_sandbox.control_plane_protocol import (
    NamespaceDescription,
    NamespacePlacement,
    NamespaceUse,
    SupervisorDescription,
)
from pacific_sandbox.vcenter.inventory import Capacity, InventoryObject, Kind, Limits, Policy
from pacific_sandbox.vcenter_client.machine_backup import RESOURCE, resource_text

GOLD, SILVER = "11111111-0000-0000-0000-000000000001", "11111111-0000-0000-0000-000000000002"
MACHINE: dict[str, Any] = {
    "apiVersion": "vmoperator.vmware.com/v1alpha5",
    "kind": "VirtualMachine",
    "metadata": {"name": "database", "namespace": "shop", "labels": {"app": "database"}, "uid": "1"},
    "spec": {"className": "small", "imageName": "debian-12", "instanceUUID": "2"},
}
"""What VM Operator keeps in the options of the machine vm-1."""
LIBRARY = "22222222-0000-0000-0000-000000000001"


@dataclass
class ControlPlaneDouble:
    """Remembers what it was told. ``failures`` are raised by the next calls of ``start``."""

    description: SupervisorDescription
    failures: list[Exception] = field(default_factory=list)
    started: bool = False
    deleted: bool = False
    namespaces: dict[str, NamespaceDescription] = field(default_factory=dict)
    applied: list[NamespaceDescription] = field(default_factory=list)
    deletions: int = 0
    deletion_passes: int = 1
    """How often a namespace's deletion has to be asked for until it is gone."""
    apply_failures: list[Exception] = field(default_factory=list)
    registered: list[Mapping[str, Any]] = field(default_factory=list)
    unmet: list[dict[str, Any]] = field(default_factory=list)
    release: threading.Event | None = None
    """Where given, starting, deleting and making namespaces wait for it."""

    async def start(self) -> str:
        await self._released()
        if self.failures:
            raise self.failures.pop(0)
        self.started = True
        return "127.0.0.1:6443"

    async def stop(self, *, delete: bool) -> None:
        if delete:
            await self._released()
        self.started = False
        self.deleted = self.deleted or delete

    async def _released(self) -> None:
        if self.release is not None:
            await asyncio.to_thread(self.release.wait, 60)

    async def apply_namespace(self, namespace: NamespaceDescription) -> None:
        await self._released()
        if self.apply_failures:
            raise self.apply_failures.pop(0)
        self.namespaces[namespace.name] = namespace
        self.applied.append(namespace)

    async def delete_namespace(self, name: str) -> bool:
        self.deletions += 1
        if self.deletions < self.deletion_passes:
            return False
        self.namespaces.pop(name, None)
        return True

    async def namespace_use(self, name: str) -> NamespaceUse:
        return NamespaceUse(500, 256, 1024)

    async def register_machine(self, resource: Mapping[str, Any]) -> bool:
        is_new = resource not in self.registered
        self.registered += [resource] if is_new else []
        return is_new

    async def conditions(self) -> Sequence[Mapping[str, Any]]:
        met = {"type": "KubernetesReady", "status": "TRUE", "reason": "Ready", "severity": "INFO"}
        return [met, *self.unmet]


class ControlPlanesDouble:
    """Makes them, or hands out the one that was prepared."""

    def __init__(self) -> None:
        self.planes: dict[str, ControlPlaneDouble] = {}
        self.failures: list[Exception] = []
        self.release: threading.Event | None = None

    def create(self, description: SupervisorDescription) -> ControlPlaneDouble:
        plane = ControlPlaneDouble(description, failures=self.failures, release=self.release)
        self.planes[description.supervisor] = plane
        return plane

    @property
    def only(self) -> ControlPlaneDouble:
        (plane,) = self.planes.values()
        return plane


class InventoryDouble:
    """The sandbox's inventory in memory."""

    def __init__(self) -> None:
        cluster = {"ha_enabled": True, "drs_enabled": True}
        self._objects = [
            InventoryObject("datacenter", "datacenter-1", "dc-01"),
            InventoryObject("cluster", "domain-c1", "cluster-01", datacenter="datacenter-1", details=cluster),
            InventoryObject("cluster", "domain-c2", "cluster-02", datacenter="datacenter-1", details=cluster),
            InventoryObject("datastore", "datastore-1", "vsan-01", details={"type": "VSAN"}),
            InventoryObject("datastore", "datastore-2", "vsan-02", details={"type": "VSAN"}),
            InventoryObject("network", "dvportgroup-1", "management", details={"type": "DISTRIBUTED_PORTGROUP"}),
            InventoryObject("network", "dvportgroup-2", "workload-01", details={"type": "DISTRIBUTED_PORTGROUP"}),
        ]
        backup = {RESOURCE: resource_text(MACHINE)}
        details = {"power_state": "POWERED_ON", "cpu_count": 1, "memory_size_MiB": 1024}
        self._objects += [
            InventoryObject("vm", "vm-1", "database", details=details, information={"extra_config": backup}),
            InventoryObject("vm", "vm-2", "other", details=details, information={"extra_config": {}}),
        ]
        self.placed: dict[tuple[str, str], Limits] = {}
        self.placements: dict[tuple[str, str], NamespacePlacement] = {}
        self.supervisors_removed: list[str] = []
        self._numbers = itertools.count(1)
        linux: Mapping[str, Any] = {"id": LIBRARY, "name": "linux-images", "type": "LOCAL"}
        self._libraries: dict[str, Mapping[str, Any]] = {LIBRARY: linux}

    async def connect(self) -> None:
        """Nothing to wait for."""

    async def close(self) -> None:
        """Nothing to end."""

    async def objects(self, kind: Kind) -> Sequence[InventoryObject]:
        return [item for item in self._objects if item.kind == kind]

    async def policies(self) -> Sequence[Policy]:
        return [Policy(GOLD, "gold"), Policy(SILVER, "Silver Store")]

    async def libraries(self) -> Sequence[Mapping[str, Any]]:
        return list(self._libraries.values())

    async def create_library(self, model: Mapping[str, Any]) -> str:
        identifier = f"library-{next(self._numbers)}"
        self._libraries[identifier] = {"id": identifier, **model}
        return identifier

    async def update_library(self, library: str, model: Mapping[str, Any]) -> None:
        self._libraries[library] = {**self._libraries[library], **model}

    async def delete_library(self, library: str) -> None:
        del self._libraries[library]

    async def library_items(self, library: str) -> Sequence[Mapping[str, Any]]:
        return [{"id": "item-1", "name": "debian-12", "library_id": LIBRARY, "type": "ovf"}]

    async def library_item(self, item: str) -> Mapping[str, Any] | None:
        return next((result for result in await self.library_items(LIBRARY) if result["id"] == item), None)

    async def capacity(self, cluster: str) -> Capacity:
        return Capacity(256_000, 1_048_576, 10_485_760)

    async def place_namespace(self, cluster: str, namespace: str, limits: Limits) -> NamespacePlacement:
        key = (cluster, namespace)
        self.placed[key] = limits
        if key not in self.placements:
            number = next(self._numbers)
            self.placements[key] = NamespacePlacement(f"resgroup-{number}", f"group-v{number}")
        return self.placements[key]

    async def remove_namespace(self, cluster: str, namespace: str) -> None:
        self.placed.pop((cluster, namespace), None)
        self.placements.pop((cluster, namespace), None)

    async def remove_supervisor(self, cluster: str) -> None:
        self.supervisors_removed.append(cluster)
