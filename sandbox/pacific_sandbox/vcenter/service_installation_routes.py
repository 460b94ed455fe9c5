"""``.../supervisors/{supervisor}/supervisor-services``: services on one Supervisor. Nothing of them is run."""

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.replies import done, reply
from pacific_sandbox.vcenter.shape import read_body
from pacific_sandbox.vcenter.store import Store
from pacific_sandbox.vcenter.supervisors import Record, Supervisors
from pacific_sandbox.vcenter.vapi_error import already_exists, not_allowed, not_found

_ROOT = "/api/vcenter/namespace-management"
_PATH = f"{_ROOT}/supervisors/{{supervisor}}/supervisor-services"
_OLD_PATH = f"{_ROOT}/clusters/{{cluster}}/supervisor-services"
_SET: dict[str, Any] = {"version!": str, "yaml_service_config": str}


class ServiceInstallationRoutes:
    """Install, change the version, remove."""

    def __init__(self, store: Store, supervisors: Supervisors, state_change: float) -> None:
        self._store = store
        self._supervisors = supervisors
        self._state_change = state_change

    def routes(self) -> list[Route]:
        routes = []
        for path in (_PATH, _OLD_PATH):
            item_path = f"{path}/{{service}}"
            routes += [
                Route(path, self._list, methods=["GET"]),
                Route(path, self._create, methods=["POST"]),
                Route(item_path, self._get, methods=["GET"]),
                Route(item_path, self._set, methods=["PUT"]),
                Route(item_path, self._delete, methods=["DELETE"]),
            ]
        return routes

    def _supervisor(self, request: Request) -> str:
        if "supervisor" in request.path_params:
            return str(request.path_params["supervisor"])
        record = self._supervisors.of_cluster(request.path_params["cluster"])
        if record is None:
            raise not_found(f"Cluster {request.path_params['cluster']} runs no Supervisor.")
        return str(record["supervisor"])

    def _installed(self, request: Request) -> tuple[Record, dict[str, Record]]:
        """The Supervisor and its services, without those whose removal is over."""
        record = self._supervisors.find(self._supervisor(request))
        services: dict[str, Record] = record["services"]
        for name in [name for name, item in services.items() if item["removing"] and not self._under_way(item)]:
            del services[name]
        return record, services

    def _find(self, request: Request) -> tuple[Record, Record]:
        record, services = self._installed(request)
        name = request.path_params["service"]
        if name not in services:
            raise not_found(f"Supervisor Service {name} is not installed on Supervisor {record['supervisor']}.")
        return record, services[name]

    def _under_way(self, item: Record) -> bool:
        return time.time() - float(item["since"]) < self._state_change

    def _status(self, item: Record) -> str:
        if item["removing"]:
            return "REMOVING"
        return "CONFIGURING" if self._under_way(item) else "CONFIGURED"

    def _check_version(self, service: str, version: str) -> None:
        known = self._store.services.get(service)
        if known is None:
            raise not_found(f"Supervisor Service {service} not found.")
        if version not in known["versions"]:
            raise not_found(f"Version {version} of Supervisor Service {service} not found.")
        if "DEACTIVATED" in (known["state"], known["versions"][version]["state"]):
            raise not_allowed(f"Version {version} of Supervisor Service {service} is DEACTIVATED.")

    def _current(self, item: Record) -> str | None:
        previous: str | None = item["previous"]
        return previous if self._status(item) == "CONFIGURING" else str(item["version"])

    async def _list(self, request: Request) -> Response:
        _, services = self._installed(request)
        summaries = [
            {
                "supervisor_service": name,
                "desired_version": item["version"],
                "current_version": self._current(item),
                "config_status": self._status(item),
            }
            for name, item in services.items()
        ]
        return reply(summaries if "cluster" in request.path_params else {"supervisor_services": summaries})

    async def _get(self, request: Request) -> Response:
        record, item = self._find(request)
        name = request.path_params["service"]
        known = self._store.services.get(name, {})
        return reply(
            {
                "desired_version": item["version"],
                "current_version": self._current(item),
                "service_namespace": f"svc-{name.partition('.')[0]}-{record['cluster']}",
                "config_status": self._status(item),
                "messages": [],
                "display_name": known.get("display_name", name),
                "description": known.get("description"),
            }
        )

    async def _create(self, request: Request) -> Response:
        body = await read_body(request, {**_SET, "supervisor_service!": str})
        name = body["supervisor_service"]
        self._supervisors.changeable(self._supervisor(request))
        _, services = self._installed(request)
        self._check_version(name, body["version"])
        if name in services:
            raise already_exists(f"Supervisor Service {name} is installed already.")
        services[name] = {"version": body["version"], "previous": None, "since": time.time(), "removing": False}
        self._store.save()
        return done()

    async def _set(self, request: Request) -> Response:
        body = await read_body(request, _SET)
        self._supervisors.changeable(self._supervisor(request))
        _, item = self._find(request)
        if item["removing"]:
            raise not_allowed("The Supervisor Service is being removed.")
        self._check_version(request.path_params["service"], body["version"])
        item.update(version=body["version"], previous=self._current(item), since=time.time())
        self._store.save()
        return done()

    async def _delete(self, request: Request) -> Response:
        _, item = self._find(request)
        item.update(since=time.time(), removing=True)
        self._store.save()
        return done()
