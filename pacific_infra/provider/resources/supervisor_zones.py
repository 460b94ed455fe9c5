"""The zones that a running Supervisor is bound to, beside those that its control plane is in (9.0)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_infra.provider.models.shape import V9_0
from pacific_infra.provider.models.supervisor import ZoneBinding
from pacific_infra.provider.resources.repeating import repeated
from pacific_infra.provider.resources.resource import Request
from pacific_infra.provider.waiting import Progress
from pacific_infra.provider.wire import observed, request_body
from pacific_infra.vcenter.errors import message_texts
from pacific_infra.vcenter.supervisors import read_topology
from pacific_infra.vcenter.zone_bindings import bind_zones, list_zone_bindings, unbind_zone, update_zone_binding

_LONGEST_PAUSE = 10.0
_RESERVED = "vmReservations"


@dataclass(frozen=True)
class ZonesOfSupervisor:
    """Reads and changes the zone bindings of one Supervisor."""

    request: Request
    supervisor: str

    async def own(self) -> list[tuple[str, list[str]]]:
        """The zones of its control plane, each with its clusters; those for workloads only are left out."""
        client = self.request.session.client
        zones = await read_topology(client, self.supervisor)
        if len(zones) < 2 or await self._too_old():
            return zones
        others = {each["zone"] for each in await list_zone_bindings(client, self.supervisor) if _is_workload(each)}
        return [(zone, clusters) for zone, clusters in zones if zone not in others]

    async def clusters(self, ours: str | None, own: Sequence[tuple[str, list[str]]] | None = None) -> list[str]:
        """The clusters of its control plane, the one that the program names ``ours`` first.

        ``own``: what ``own`` gives, where that was asked for already.
        """
        found = [cluster for _, clusters in own or await self.own() for cluster in clusters]
        if len(found) > 1 and ours is not None:
            first = await self.request.session.inventory.identifier("cluster", ours)
            found.sort(key=lambda each: each != first)
        return found

    async def observed(self, declared: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
        """The bindings that are there in the order of ``declared``, None for an import.

        A zone of the control plane is one of them where it is declared, or where VMs are reserved in it.
        """
        if await self._too_old():
            return []
        mine = {each["zone"]: each for each in declared or ()}
        found: dict[str, dict[str, Any]] = {}
        for each in await list_zone_bindings(self.request.session.client, self.supervisor):
            zone = str(each["zone"])
            if each.get("marked_for_removal"):
                continue
            raw = {"zone": zone, "vm_reservations": (each.get("resource_allocation") or {}).get("vm_reservations")}
            entry = await observed(raw, ZoneBinding, mine.get(zone), self.request.session.inventory)
            if "type" in (mine.get(zone) or {}):
                entry["type"] = str(each.get("type"))
            if _is_workload(each) or zone in mine or (declared is None and _RESERVED in entry):
                found[zone] = entry
        return [
            found[zone]
            for zone in sorted(found, key=lambda zone: list(mine).index(zone) if zone in mine else len(mine))
        ]

    async def update(self, inputs: Mapping[str, Any], name: str) -> bool:
        """Bind, change and unbind until the bindings are those of ``inputs``, and wait for it. Whether there was any.

        Raises NotReached with the namespaces that a zone still has.
        """
        zones = inputs.get("zones") or []
        if "zoneBindings" not in inputs and (len(zones) < 2 or await self._too_old()):
            return False
        changed = await repeated(
            lambda: self._send(zones, inputs.get("zoneBindings")), self.request.session.first_pause
        )
        if changed:
            kept = {each["zone"] for each in inputs["zoneBindings"]} if "zoneBindings" in inputs else None
            await self.request.wait(f"zones of Supervisor {name}", lambda: self._progress(kept), _LONGEST_PAUSE)
        return changed

    async def _send(self, own: Sequence[str], declared: Sequence[Mapping[str, Any]] | None) -> bool:
        client, inventory = self.request.session.client, self.request.session.inventory
        there = {str(each["zone"]): each for each in await list_zone_bindings(client, self.supervisor)}
        bodies = [
            await request_body(each, ZoneBinding, inventory, f"zoneBindings[{index}]")
            for index, each in enumerate(declared or ())
        ]
        named = {body["zone"] for body in bodies}
        bodies += [{"zone": zone} for zone in own if zone not in named and zone not in there]
        new = [body for body in bodies if body["zone"] not in there]
        if new:
            await bind_zones(client, self.supervisor, [_specification(body, own) for body in new])
        changed = bool(new)
        for body in bodies:
            if body["zone"] in there and _allocation(body) != _allocation_there(there[body["zone"]]):
                allocation = {"resource_allocation": _allocation(body)}
                await update_zone_binding(client, self.supervisor, body["zone"], allocation)
                changed = True
        for zone, each in there.items():
            if zone in named or declared is None:
                continue
            if _is_workload(each):
                if not each.get("marked_for_removal"):
                    await unbind_zone(client, self.supervisor, zone)
                changed = True
            elif _allocation_there(each) != _allocation({}):
                await update_zone_binding(client, self.supervisor, zone, {"resource_allocation": _allocation({})})
                changed = True
        return changed

    async def _progress(self, kept: set[str] | None) -> Progress:
        missing, failed, messages = [], False, []
        for each in await list_zone_bindings(self.request.session.client, self.supervisor):
            zone, status = str(each["zone"]), str(each.get("status") or "READY")
            if kept is not None and zone not in kept and _is_workload(each):
                namespaces = ", ".join(sorted(each.get("namespaces") or []))
                missing.append(
                    f"zone {zone} is being removed, "
                    + (f"namespaces {namespaces} are still in it" if namespaces else f"state {status}")
                )
            elif status != "READY":
                missing.append(f"zone {zone}, state {status}")
            failed = failed or status == "ERROR"
            messages += message_texts(each.get("messages"))
        return Progress(done=not missing, waits_for="; ".join(missing), failed=failed, messages=messages)

    async def _too_old(self) -> bool:
        version = await self.request.session.version()
        return version is not None and version < V9_0


def _is_workload(binding: Mapping[str, Any]) -> bool:
    return binding.get("type") == "WORKLOAD"


def _specification(body: Mapping[str, Any], own: Sequence[str]) -> dict[str, Any]:
    """``Bindings.ZoneSpec`` of a zone that is bound; the ``own`` are of the control plane."""
    kind = body.get("type") or ("MANAGEMENT" if body["zone"] in own else "WORKLOAD")
    return {"zone": body["zone"], "type": kind, "resource_allocation": _allocation(body)}


def _allocation(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"vm_reservations": list(body.get("vm_reservations") or [])}


def _allocation_there(binding: Mapping[str, Any]) -> dict[str, Any]:
    reserved = (binding.get("resource_allocation") or {}).get("vm_reservations") or []
    return {"vm_reservations": [{name: each[name] for name in ("reserved_vm_class", "count")} for each in reserved]}
