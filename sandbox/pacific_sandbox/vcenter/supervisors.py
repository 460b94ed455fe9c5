"""Supervisors: recorded by identifier, run by their control planes."""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pacific_sandbox.control_plane_protocol import (
    NamespaceUse,
    SupervisorControlPlane,
    SupervisorControlPlanes,
    SupervisorDescription,
)
from pacific_sandbox.vcenter.configuration import VCenterConfiguration
from pacific_sandbox.vcenter.inventory import Inventory, InventoryObject
from pacific_sandbox.vcenter.loops import Outcome, ReconcilingLoops
from pacific_sandbox.vcenter.namespace_specification import zone_names
from pacific_sandbox.vcenter.store import Store, without_secrets
from pacific_sandbox.vcenter.supervisor_settings import Settings
from pacific_sandbox.vcenter.vapi_error import (
    already_exists,
    invalid_argument,
    localizable,
    not_allowed,
    not_found,
    unsupported,
)

Record = dict[str, Any]
_T = TypeVar("_T")
_NAMESPACE = uuid.UUID("6d4f1c1e-6c0f-4b0e-9d1c-51f6a1c2b7aa")
_USE_WITHIN = 5.0
_log = logging.getLogger(__name__)


@dataclass
class _Running:
    plane: SupervisorControlPlane
    started: bool = False


class Supervisors:
    """All Supervisors of this vCenter."""

    def __init__(
        self,
        configuration: VCenterConfiguration,
        store: Store,
        inventory: Inventory,
        control_planes: SupervisorControlPlanes,
    ) -> None:
        self._configuration = configuration
        self._store = store
        self._inventory = inventory
        self._control_planes = control_planes
        self._running: dict[str, _Running] = {}
        self._loops = ReconcilingLoops(
            self._reconcile,
            self._failed,
            resynchronization=configuration.resynchronization,
            first_retry=configuration.first_retry,
        )
        self.namespaces_wake: Callable[[str], object] = lambda name: None
        """Called with a namespace that should be looked at; set by who keeps the namespaces."""

    async def restore(self) -> None:
        """Go on with what is recorded."""
        clusters = {item.name: item.identifier for item in await self._inventory.objects("cluster")}
        for name, record in self._store.supervisors.items():
            # Another build of the simulator may have other identifiers.
            before, record["cluster"] = record["cluster"], clusters.get(record["cluster_name"], record["cluster"])
            for target in (target for tag in self._store.tags.values() for target in tag["objects"]):
                target["id"] = record["cluster"] if target["id"] == before else target["id"]
            if record["config_status"] != "REMOVING":
                record["config_status"] = "CONFIGURING"
                record["kubernetes_status"] = "WARNING"
            self._loops.wake(name)

    async def stop(self) -> None:
        """End the loops and the control planes; their data stay."""
        await self._loops.stop()
        planes = [running.plane.stop(delete=False) for running in self._running.values()]
        for error in await asyncio.gather(*planes, return_exceptions=True):
            if isinstance(error, BaseException):
                _log.warning("a control plane did not stop: %s", error)

    def all(self) -> Mapping[str, Record]:
        return self._store.supervisors

    def find(self, supervisor: str) -> Record:
        """Its record. Raises VapiError NOT_FOUND."""
        record = self._store.supervisors.get(supervisor)
        if record is None:
            raise not_found(f"Supervisor {supervisor} not found.")
        return record

    def of_cluster(self, cluster: str) -> Record | None:
        """The Supervisor on a compute cluster."""
        records = self._store.supervisors.values()
        return next((record for record in records if record["cluster"] == cluster), None)

    def find_on_cluster(self, cluster: str) -> Record:
        """The Supervisor on a compute cluster. Raises VapiError NOT_FOUND."""
        record = self.of_cluster(cluster)
        if record is None:
            raise not_found(f"Cluster {cluster} runs no Supervisor.")
        return record

    def of_zone(self, zone: str) -> Record | None:
        """The Supervisor that a zone is bound to."""
        return next((record for record in self._store.supervisors.values() if zone in self.bindings(record)), None)

    def bindings(self, record: Record) -> dict[str, dict[str, Any]]:
        """Zones of a Supervisor; those that are marked for removal and have no namespace any more are gone."""
        management = {"type": "MANAGEMENT", "marked_for_removal": False, "resource_allocation": {}}
        bindings: dict[str, dict[str, Any]] = {record["zone"]: management, **record.get("zone_bindings", {})}
        return {
            zone: binding
            for zone, binding in bindings.items()
            if not binding["marked_for_removal"] or self.namespaces_in(record, zone)
        }

    def namespaces_in(self, record: Record, zone: str) -> list[str]:
        """Names of the namespaces that are in a zone of a Supervisor; one that names no zones is in its own."""
        return [
            str(namespace["namespace"])
            for namespace in self._namespaces(record["supervisor"])
            if zone in zone_names(namespace["specification"], record["zone"])
        ]

    def changeable(self, supervisor: str) -> Record:
        """Its record, to be changed and then given to ``changed``. Raises VapiError also while it is being removed."""
        record = self.find(supervisor)
        if record["config_status"] == "REMOVING":
            raise not_allowed(f"Supervisor {supervisor} is being removed.")
        return record

    def changed(self, record: Record, **values: Any) -> None:
        """Keep changed settings of a Supervisor: it is CONFIGURING for a moment."""
        record.update(values)
        record["config_status"] = "CONFIGURING"
        record["generation"] += 1
        self._store.save()
        self._loops.wake(record["supervisor"])

    async def enable(self, cluster: str, zone: str | None, name: str, settings: Settings) -> str:
        """Record a new Supervisor; its identifier. Raises VapiError."""
        compute_cluster = await self._cluster(cluster)
        if self.of_cluster(cluster) is not None:
            raise already_exists(f"Cluster {cluster} already runs a Supervisor.")
        if any(record["name"] == name for record in self._store.supervisors.values()):
            raise already_exists(f"A Supervisor named {name} exists already.")
        zone = self._zone(cluster, zone)
        datacenters = {item.identifier: item.name for item in await self._inventory.objects("datacenter")}
        supervisor = str(uuid.uuid5(_NAMESPACE, cluster))
        if self.of_cluster(cluster) is not None:
            raise already_exists(f"Cluster {cluster} already runs a Supervisor.")
        self._store.zones.setdefault(zone, {"description": "", "clusters": []})["clusters"] = [cluster]
        self._store.supervisors[supervisor] = {
            "supervisor": supervisor,
            "name": name,
            "cluster": cluster,
            "cluster_name": compute_cluster.name,
            "datacenter": datacenters.get(str(compute_cluster.datacenter), ""),
            "zone": zone,
            "config_status": "CONFIGURING",
            "kubernetes_status": "WARNING",
            "messages": [],
            "endpoint": None,
            "generation": 1,
            "vsphere_pods_enabled": False,
            "supervisor_services_enabled": True,
            "settings": without_secrets(settings),
            "services": {},
        }
        self._store.save()
        self._loops.wake(supervisor)
        return supervisor

    def remove(self, supervisor: str) -> None:
        """Begin its end, with that of its namespaces. Raises VapiError NOT_FOUND."""
        record = self.find(supervisor)
        record["config_status"] = "REMOVING"
        for namespace in self._namespaces(supervisor):
            namespace["config_status"] = "REMOVING"
        self._store.save()
        self._loops.wake(supervisor)

    def enable_pods(self, record: Record, enabled: bool) -> None:
        """Turn vSphere Pods on. Raises VapiError UNSUPPORTED for turning them off."""
        if record["vsphere_pods_enabled"] and not enabled:
            raise unsupported("Once enabled, support for vSphere Pods cannot be disabled.")
        self.changed(record, vsphere_pods_enabled=enabled)

    def enable_services(self, record: Record, enabled: bool) -> None:
        """Turn Supervisor Services on. Raises VapiError UNSUPPORTED for turning them off."""
        if record["supervisor_services_enabled"] and not enabled:
            raise unsupported("Once enabled, Supervisor Services cannot be disabled.")
        self.changed(record, supervisor_services_enabled=enabled)

    def running(self, supervisor: str) -> SupervisorControlPlane | None:
        """Its control plane, once that has started."""
        running = self._running.get(supervisor)
        return running.plane if running is not None and running.started else None

    async def use(self, supervisor: str, namespace: str) -> NamespaceUse:
        """What a namespace uses now; zeros where that cannot be told."""
        plane = self.running(supervisor)
        if plane is not None:
            try:
                async with asyncio.timeout(_USE_WITHIN):
                    return await plane.namespace_use(namespace)
            except Exception as error:  # noqa: BLE001 - the state is worth an answer without numbers too
                _log.info("no use of namespace %s: %s", namespace, error)
        return NamespaceUse(0, 0, 0)

    async def stats(self, record: Record) -> Record:
        """``Summary.Stats``: MHz, MiB, MiB."""
        names = [namespace["namespace"] for namespace in self._namespaces(record["supervisor"])]
        uses = await asyncio.gather(*(self.use(record["supervisor"], name) for name in names))
        capacity = await self._inventory.capacity(record["cluster"])
        return {
            "cpu_used": sum(use.cpu_used for use in uses),
            "cpu_capacity": capacity.cpu,
            "memory_used": sum(use.memory_used for use in uses),
            "memory_capacity": capacity.memory,
            "storage_used": sum(use.storage_used for use in uses),
            "storage_capacity": capacity.storage,
        }

    async def conditions(self, record: Record) -> Sequence[Record]:
        """``Conditions.Condition`` of its parts."""
        plane = self.running(record["supervisor"])
        if plane is None:
            text = "; ".join(record["messages"]) or "The control plane is being started."
            conditions: Sequence[Mapping[str, Any]] = [
                {"type": "ControlPlaneVMsDeployed", "status": "FALSE", "reason": text, "severity": "INFO"}
            ]
        else:
            conditions = await self._within(plane.conditions())
        return [
            {
                "type": item["type"],
                "description": localizable(str(item.get("description") or item["type"])),
                "status": str(item["status"]).upper(),
                "reason": item.get("reason") or "",
                "severity": item.get("severity") or "INFO",
                "messages": [],
            }
            for item in conditions
        ]

    async def _cluster(self, cluster: str) -> InventoryObject:
        for item in await self._inventory.objects("cluster"):
            if item.identifier == cluster:
                return item
        raise not_found(f"Cluster {cluster} not found.")

    def _zone(self, cluster: str, zone: str | None) -> str:
        present = next((name for name, record in self._store.zones.items() if cluster in record["clusters"]), None)
        if present is not None:
            if zone not in (None, present):
                raise invalid_argument(f"Cluster {cluster} is in zone {present}, not in zone {zone}.")
            if len(self._store.zones[present]["clusters"]) > 1:
                raise invalid_argument(f"Zone {present} has more than one cluster.")
            return present
        if zone in self._store.zones and self._store.zones[str(zone)]["clusters"]:
            raise invalid_argument(f"Zone {zone} has another cluster already.")
        return zone or cluster

    def _namespaces(self, supervisor: str) -> Sequence[Record]:
        return [record for record in self._store.namespaces.values() if record["supervisor"] == supervisor]

    async def _within(self, call: Awaitable[_T]) -> _T:
        within = self._configuration.control_plane_within
        try:
            async with asyncio.timeout(within):
                return await call
        except TimeoutError:
            raise TimeoutError(f"The Supervisor's control plane did not answer within {within:.0f} s.") from None

    def _plane(self, record: Record) -> _Running:
        supervisor = record["supervisor"]
        if supervisor not in self._running:
            names = ("supervisor", "name", "cluster", "cluster_name", "zone", "datacenter")
            description = SupervisorDescription(**{name: record[name] for name in names})
            self._running[supervisor] = _Running(self._control_planes.create(description))
        return self._running[supervisor]

    async def _reconcile(self, supervisor: str) -> Outcome:
        record = self._store.supervisors.get(supervisor)
        if record is None:
            return Outcome.DELETED
        running = self._plane(record)
        if record["config_status"] == "REMOVING":
            await self._remove(record, running)
            return Outcome.DELETED
        generation = record["generation"]
        if not running.started:
            record["endpoint"] = await self._within(running.plane.start())
            running.started = True
            self._store.save()
            for namespace in self._namespaces(supervisor):
                self.namespaces_wake(namespace["namespace"])
        kubernetes_status = _kubernetes_status(await self._within(running.plane.conditions()))
        if record["config_status"] != "RUNNING":
            await asyncio.sleep(self._configuration.state_change)
            if record["config_status"] == "REMOVING" or record["generation"] != generation:
                return Outcome.WAITING
        settled = {"config_status": "RUNNING", "kubernetes_status": kubernetes_status, "messages": []}
        if any(record[name] != value for name, value in settled.items()):
            record.update(settled)
            self._store.save()
        return Outcome.SETTLED if kubernetes_status == "READY" else Outcome.WAITING

    async def _remove(self, record: Record, running: _Running) -> None:
        supervisor, cluster = record["supervisor"], record["cluster"]
        running.started = False
        await asyncio.sleep(self._configuration.state_change)
        # First the controllers: they would make the virtual machines again.
        await self._within(running.plane.stop(delete=True))
        for namespace in self._namespaces(supervisor):
            name = namespace["namespace"]
            await self._inventory.remove_namespace(cluster, name)
            del self._store.namespaces[name]
            self.namespaces_wake(name)
        await self._inventory.remove_supervisor(cluster)
        self._running.pop(supervisor, None)
        del self._store.supervisors[supervisor]
        if record["zone"] == cluster:
            # It was made for this Supervisor.
            self._store.zones.pop(cluster, None)
        self._store.save()

    def _failed(self, supervisor: str, error: Exception) -> None:
        record = self._store.supervisors.get(supervisor)
        if record is None:
            return
        running = self._running.get(supervisor)
        if running is not None:
            # The next pass starts it again, or binds to it where it runs.
            running.started = False
        record["messages"] = [str(error) or type(error).__name__]
        if record["config_status"] != "REMOVING":
            record["config_status"] = "ERROR"
            record["kubernetes_status"] = "ERROR"
        self._store.save()


def _kubernetes_status(conditions: Sequence[Mapping[str, Any]]) -> str:
    """READY, WARNING or ERROR: the worst severity of a condition that does not hold; INFO is as good as READY."""
    unmet = {item.get("severity") for item in conditions if str(item["status"]).upper() != "TRUE"}
    return next((severity for severity in ("ERROR", "WARNING") if severity in unmet), "READY")
