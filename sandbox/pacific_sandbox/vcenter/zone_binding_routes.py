"""``.../supervisors/{supervisor}/zones``: which zones a running Supervisor is bound to (9.0)."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.replies import done, reply
from pacific_sandbox.vcenter.shape import Choice, read_body
from pacific_sandbox.vcenter.store import Store
from pacific_sandbox.vcenter.supervisors import Record, Supervisors
from pacific_sandbox.vcenter.vapi_error import invalid_argument, not_allowed, not_found

_ROOT = "/api/vcenter/namespace-management/supervisors/{supervisor}/zones"
_ALLOCATION = {"vm_reservations": [{"reserved_vm_class!": str, "count!": int}]}
_CREATE = {"specs!": [{"zone!": str, "type": Choice("MANAGEMENT", "WORKLOAD"), "resource_allocation": _ALLOCATION}]}
_UPDATE = {"resource_allocation": _ALLOCATION}


class ZoneBindingRoutes:
    """Bind zones, reserve VMs in them, and mark them for removal: they go when they have no namespace any more."""

    def __init__(self, store: Store, supervisors: Supervisors) -> None:
        self._store = store
        self._supervisors = supervisors

    def routes(self) -> list[Route]:
        path = f"{_ROOT}/{{zone}}/bindings"
        return [
            Route(f"{_ROOT}/bindings", self._list, methods=["GET"]),
            Route(f"{_ROOT}/bindings", self._create, methods=["POST"]),
            Route(path, self._change, methods=["PATCH", "PUT"]),
            Route(path, self._delete, methods=["DELETE"]),
        ]

    async def _list(self, request: Request) -> Response:
        record = self._supervisors.find(request.path_params["supervisor"])
        infos = [self._info(record, zone, binding) for zone, binding in self._supervisors.bindings(record).items()]
        return reply({"zones": infos})

    def _info(self, record: Record, zone: str, binding: Mapping[str, Any]) -> dict[str, Any]:
        configuring = record["config_status"] == "CONFIGURING"
        removed = binding["marked_for_removal"]
        return {
            "zone": zone,
            "type": binding["type"],
            "namespaces": self._supervisors.namespaces_in(record, zone),
            "marked_for_removal": removed,
            "status": "REMOVING" if removed else "CONFIGURING" if configuring else "READY",
            "messages": [],
            "resource_allocation": binding["resource_allocation"],
        }

    async def _create(self, request: Request) -> Response:
        supervisor = request.path_params["supervisor"]
        self._supervisors.changeable(supervisor)
        body = await read_body(request, _CREATE)
        record = self._supervisors.changeable(supervisor)
        bindings = self._supervisors.bindings(record)
        for item in body["specs"]:
            if item["zone"] not in self._store.zones:
                raise not_found(f"Zone {item['zone']} not found.")
            other = self._supervisors.of_zone(item["zone"])
            if other is not None and other is not record:
                raise not_allowed(f"Zone {item['zone']} is associated with Supervisor {other['supervisor']}.")
            self._check(item)
            bindings[item["zone"]] = {
                "type": bindings.get(item["zone"], item).get("type", "WORKLOAD"),
                "marked_for_removal": False,
                "resource_allocation": item.get("resource_allocation", {}),
            }
        management_zones = sum(binding["type"] == "MANAGEMENT" for binding in bindings.values())
        if management_zones not in (1, 3):
            raise invalid_argument(f"A control plane spans one or three zones, not {management_zones}.")
        self._supervisors.changed(record, zone_bindings=bindings)
        return done()

    async def _change(self, request: Request) -> Response:
        record, zone, binding = self._bound(request)
        body = await read_body(request, _UPDATE)
        self._check(body)
        if binding["marked_for_removal"]:
            raise not_allowed(f"Zone {zone} is being removed.")
        if request.method == "PUT" or "resource_allocation" in body:
            changed = {**binding, "resource_allocation": body.get("resource_allocation", {})}
            self._supervisors.changed(record, zone_bindings={**self._supervisors.bindings(record), zone: changed})
        return done()

    async def _delete(self, request: Request) -> Response:
        record, zone, binding = self._bound(request)
        if binding["type"] == "MANAGEMENT":
            raise not_allowed(f"Zone {zone} has the control plane of Supervisor {record['supervisor']}.")
        marked = {**binding, "marked_for_removal": True}
        self._supervisors.changed(record, zone_bindings={**self._supervisors.bindings(record), zone: marked})
        return done()

    def _bound(self, request: Request) -> tuple[Record, str, dict[str, Any]]:
        record, zone = self._supervisors.changeable(request.path_params["supervisor"]), request.path_params["zone"]
        binding = self._supervisors.bindings(record).get(zone)
        if binding is None:
            raise not_found(f"Zone {zone} is not associated with Supervisor {record['supervisor']}.")
        return record, zone, binding

    def _check(self, item: Mapping[str, Any]) -> None:
        for reserved in item.get("resource_allocation", {}).get("vm_reservations", []):
            if reserved["reserved_vm_class"] not in self._store.classes:
                raise not_found(f"Virtual machine class {reserved['reserved_vm_class']} not found.")
