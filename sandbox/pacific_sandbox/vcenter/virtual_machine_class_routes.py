"""``/api/vcenter/namespace-management/virtual-machine-classes``"""

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.replies import done, reply
from pacific_sandbox.vcenter.shape import read_body
from pacific_sandbox.vcenter.vapi_error import already_exists, invalid_argument, not_allowed
from pacific_sandbox.vcenter.virtual_machine_classes import Record, VirtualMachineClasses

_ROOT = "/api/vcenter/namespace-management/virtual-machine-classes"
_LABEL = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_HARDWARE: dict[str, Any] = {
    "cpu_count": int,
    "memory_MB": int,
    "cpu_reservation": int,
    "memory_reservation": int,
    "description": str,
    "devices": {
        "vgpu_devices": [{"profile_name!": str}],
        "dynamic_direct_path_IO_devices": [{"vendor_id!": int, "device_id!": int, "custom_label": str}],
    },
    "instance_storage": {"policy!": str, "volumes!": [{"size!": int}]},
    "config_spec": dict,
}
_CREATE = {**_HARDWARE, "id!": str, "cpu_count!": int, "memory_MB!": int}
del _CREATE["cpu_count"], _CREATE["memory_MB"]
_LEAST_MEMORY = 4


class VirtualMachineClassRoutes:
    """Create, read, update, delete."""

    def __init__(self, classes: VirtualMachineClasses) -> None:
        self._classes = classes

    def routes(self) -> list[Route]:
        return [
            Route(_ROOT, self._list, methods=["GET"]),
            Route(_ROOT, self._create, methods=["POST"]),
            Route(f"{_ROOT}/{{name}}", self._get, methods=["GET"]),
            Route(f"{_ROOT}/{{name}}", self._update, methods=["PATCH"]),
            Route(f"{_ROOT}/{{name}}", self._delete, methods=["DELETE"]),
        ]

    def _info(self, record: Record) -> Record:
        namespaces = self._classes.namespaces(record["id"])
        return {
            **record,
            "description": record.get("description", ""),
            "namespaces": namespaces,
            "vms": [],
            "messages": [],
        }

    async def _list(self, request: Request) -> Response:
        self._classes.sweep()
        return reply([self._info(record) for record in self._classes.all().values()])

    async def _get(self, request: Request) -> Response:
        self._classes.sweep()
        return reply(self._info(self._classes.find(request.path_params["name"])))

    async def _create(self, request: Request) -> Response:
        body = await read_body(request, _CREATE)
        self._classes.sweep()
        if not _LABEL.fullmatch(body["id"]):
            raise invalid_argument(f"Virtual machine class name {body['id']!r} has to be a DNS-compliant name.")
        _check(body)
        if body["id"] in self._classes.all():
            raise already_exists(f"Virtual machine class {body['id']} already exists.")
        self._classes.put({**body, "config_status": "READY"})
        return done()

    async def _update(self, request: Request) -> Response:
        body = await read_body(request, _HARDWARE)
        record = self._classes.find(request.path_params["name"])
        if record["config_status"] == "REMOVING":
            raise not_allowed(f"Virtual machine class {record['id']} is being removed.")
        changed = {**record, **body}
        _check(changed)
        self._classes.put(changed)
        return done()

    async def _delete(self, request: Request) -> Response:
        self._classes.remove(request.path_params["name"])
        return done()


def _check(record: Mapping[str, Any]) -> None:
    if record["cpu_count"] < 1:
        raise invalid_argument("cpu_count has to be 1 or more.")
    if record["memory_MB"] < _LEAST_MEMORY or record["memory_MB"] % _LEAST_MEMORY:
        raise invalid_argument("memory_MB has to be a positive multiple of 4.")
    for name in ("cpu_reservation", "memory_reservation"):
        if not 0 <= (record.get(name) or 0) <= 100:
            raise invalid_argument(f"{name} has to be between 0 and 100 percent.")
    devices = record.get("devices") or {}
    if any(devices.values()) and record.get("memory_reservation") != 100:
        raise invalid_argument("memory_reservation has to be 100 percent with vGPU or DirectPath I/O devices.")
