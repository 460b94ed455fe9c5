"""The zones that a running Supervisor is bound to, in addition to those of its control plane (9.0)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_infra.provider.models.model import V9_0
from pacific_infra.provider.models.supervisor import ZoneBinding
from pacific_infra.provider.resources.resource import Request
from pacific_infra.provider.resources.retrying import retry
from pacific_infra.provider.waiting import Progress
from pacific_infra.provider.wire import observed_values, request_body
from pacific_infra.vcenter.errors import message_texts
from pacific_infra.vcenter.supervisors import read_topology
from pacific_infra.vcenter.zones import bind_zones, list_zone_bindings, unbind_zone, update_zone_binding

_LONGEST_PAUSE = 10.0
_RESERVED = "vmReservations"


@dataclass(frozen=True)
class SupervisorZones:
    """Reads and changes the zone bindings of one Supervisor."""

    request: Request
    supervisor: str

    async def plane_zones(self) -> list[tuple[str, list[str]]]:
        """The zones of its control plane, each with its clusters, without zones that are for workloads only."""
        client = self.request.session.client
        zones = await read_topology(client, self.supervisor)
        if len(zones) < 2 or await self._too_old():
            return zones
        others = {
            binding["zone"] for binding in await list_zone_bindings(client, self.supervisor) if _is_workload(binding)
        }
        return [(zone, clusters) for zone, clusters in zones if zone not in others]

    async def clusters(
        self, first_cluster: str | None, zones: Sequence[tuple[str, list[str]]] | None = None
    ) -> list[str]:
        """The clusters of its control plane, the one named ``first_cluster`` first.

        ``zones``: the result of ``plane_zones``, if it was read already.
        """
        names = [cluster for _, clusters in zones or await self.plane_zones() for cluster in clusters]
        if len(names) > 1 and first_cluster is not None:
            first = await self.request.session.inventory.identifier("cluster", first_cluster)
            names.sort(key=lambda cluster: cluster != first)
        return names

    async def observed_bindings(self, declared: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
        """The actual bindings, in the order of ``declared`` (None for an import).

        A zone of the control plane is included where it is declared, or where VMs are reserved in it.
        """
        if await self._too_old():
            return []
        declared_by_zone = {binding["zone"]: binding for binding in declared or ()}
        entries: dict[str, dict[str, Any]] = {}
        for binding in await list_zone_bindings(self.request.session.client, self.supervisor):
            zone = str(binding["zone"])
            if binding.get("marked_for_removal"):
                continue
            raw = {"zone": zone, "vm_reservations": (binding.get("resource_allocation") or {}).get("vm_reservations")}
            entry = await observed_values(raw, ZoneBinding, declared_by_zone.get(zone), self.request.session.inventory)
            if "type" in (declared_by_zone.get(zone) or {}):
                entry["type"] = str(binding.get("type"))
            if _is_workload(binding) or zone in declared_by_zone or (declared is None and _RESERVED in entry):
                entries[zone] = entry
        return [
            entries[zone]
            for zone in sorted(
                entries,
                key=lambda zone: (
                    list(declared_by_zone).index(zone) if zone in declared_by_zone else len(declared_by_zone)
                ),
            )
        ]

    async def update(self, inputs: Mapping[str, Any], name: str) -> bool:
        """Bind, change and unbind zones as ``inputs`` declare, and wait. Returns whether anything was changed.

        Raises NotReached with the namespaces that a zone still has.
        """
        zones = inputs.get("zones") or []
        if "zoneBindings" not in inputs and (len(zones) < 2 or await self._too_old()):
            return False
        changed = await retry(lambda: self._send(zones, inputs.get("zoneBindings")), self.request.session.first_pause)
        if changed:
            kept = {binding["zone"] for binding in inputs["zoneBindings"]} if "zoneBindings" in inputs else None
            await self.request.wait(f"zones of Supervisor {name}", lambda: self._progress(kept), _LONGEST_PAUSE)
        return changed

    async def _send(self, plane_zones: Sequence[str], declared: Sequence[Mapping[str, Any]] | None) -> bool:
        client, inventory = self.request.session.client, self.request.session.inventory
        current = {str(binding["zone"]): binding for binding in await list_zone_bindings(client, self.supervisor)}
        bodies = [
            await request_body(binding, ZoneBinding, inventory, f"zoneBindings[{index}]")
            for index, binding in enumerate(declared or ())
        ]
        named = {body["zone"] for body in bodies}
        bodies += [{"zone": zone} for zone in plane_zones if zone not in named and zone not in current]
        new = [body for body in bodies if body["zone"] not in current]
        if new:
            await bind_zones(client, self.supervisor, [_specification(body, plane_zones) for body in new])
        changed = bool(new)
        for body in bodies:
            if body["zone"] in current and _allocation(body) != _current_allocation(current[body["zone"]]):
                allocation = {"resource_allocation": _allocation(body)}
                await update_zone_binding(client, self.supervisor, body["zone"], allocation)
                changed = True
        for zone, binding in current.items():
            if zone in named or declared is None:
                continue
            if _is_workload(binding):
                if not binding.get("marked_for_removal"):
                    await unbind_zone(client, self.supervisor, zone)
                changed = True
            elif _current_allocation(binding) != _allocation({}):
                await update_zone_binding(client, self.supervisor, zone, {"resource_allocation": _allocation({})})
                changed = True
        return changed

    async def _progress(self, kept: set[str] | None) -> Progress:
        missing, failed, messages = [], False, []
        for binding in await list_zone_bindings(self.request.session.client, self.supervisor):
            zone, status = str(binding["zone"]), str(binding.get("status") or "READY")
            if kept is not None and zone not in kept and _is_workload(binding):
                namespaces = ", ".join(sorted(binding.get("namespaces") or []))
                missing.append(
                    f"zone {zone} is being removed, "
                    + (f"namespaces {namespaces} are still in it" if namespaces else f"state {status}")
                )
            elif status != "READY":
                missing.append(f"zone {zone}, state {status}")
            failed = failed or status == "ERROR"
            messages += message_texts(binding.get("messages"))
        return Progress(done=not missing, waits_for="; ".join(missing), failed=failed, messages=messages)

    async def _too_old(self) -> bool:
        version = await self.request.session.version()
        return version is not None and version < V9_0


def _is_workload(binding: Mapping[str, Any]) -> bool:
    return binding.get("type") == "WORKLOAD"


def _specification(body: Mapping[str, Any], plane_zones: Sequence[str]) -> dict[str, Any]:
    """``Bindings.ZoneSpec`` of a zone; ``plane_zones`` are those of the control plane."""
    kind = body.get("type") or ("MANAGEMENT" if body["zone"] in plane_zones else "WORKLOAD")
    return {"zone": body["zone"], "type": kind, "resource_allocation": _allocation(body)}


def _allocation(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"vm_reservations": list(body.get("vm_reservations") or [])}


def _current_allocation(binding: Mapping[str, Any]) -> dict[str, Any]:
    reserved = (binding.get("resource_allocation") or {}).get("vm_reservations") or []
    return {
        "vm_reservations": [
            {name: reservation[name] for name in ("reserved_vm_class", "count")} for reservation in reserved
        ]
    }
