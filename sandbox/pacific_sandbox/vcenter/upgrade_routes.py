"""Upgrades of Supervisors: ``.../software/supervisors/upgrades`` (9.1), and ``.../software/clusters`` before. No
program is replaced: the version is only a word here."""

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.replies import action, done, no_operation, reply
from pacific_sandbox.vcenter.shape import read_body
from pacific_sandbox.vcenter.store import Store
from pacific_sandbox.vcenter.supervisors import Record, Supervisors
from pacific_sandbox.vcenter.vapi_error import invalid_argument, not_allowed, not_found

_ROOT = "/api/vcenter/namespace-management/software"
VERSIONS = (
    "v1.31.6+vmware.3-fips-vsc9.0.0.0-24686447",
    "v1.32.9+vmware.1-fips-vsc9.1.0.0-25180201",
    "v1.33.3+vmware.1-fips-vsc9.1.0.100-25370933",
)
"""Those of a Supervisor, the oldest first; each one is enabled with the first."""
_SPECIFICATION = {"desired_version!": str, "ignore_precheck_warnings": bool}


class UpgradeRoutes:
    """Begin an upgrade, and see how far it is."""

    def __init__(self, store: Store, supervisors: Supervisors, state_change: float) -> None:
        self._store = store
        self._supervisors = supervisors
        self._state_change = state_change

    def routes(self) -> list[Route]:
        supervisors, clusters = f"{_ROOT}/supervisors/upgrades", f"{_ROOT}/clusters"
        return [
            Route(supervisors, self._list, methods=["GET"]),
            Route(f"{supervisors}/jobs/{{supervisor}}", self._begin, methods=["POST"]),
            Route(f"{supervisors}/{{supervisor}}", self._get, methods=["GET"]),
            Route(f"{clusters}/{{cluster}}", self._get, methods=["GET"]),
            Route(f"{clusters}/{{cluster}}", self._begin_by_cluster, methods=["POST"]),
        ]

    def _find(self, request: Request) -> Record:
        if "supervisor" in request.path_params:
            record = self._supervisors.find(request.path_params["supervisor"])
        else:
            known = self._supervisors.of_cluster(request.path_params["cluster"])
            if known is None:
                raise not_found(f"Cluster {request.path_params['cluster']} runs no Supervisor.")
            record = known
        upgrade = record.setdefault("upgrade", {"version": VERSIONS[0], "desired": None, "since": 0.0})
        if upgrade["desired"] is not None and time.time() - upgrade["since"] >= self._state_change:
            upgrade.update(version=upgrade["desired"], desired=None)
        return record

    def _summary(self, record: Record) -> dict[str, Any]:
        upgrade = record["upgrade"]
        return {
            "current_version": upgrade["version"],
            "available_versions": list(VERSIONS[VERSIONS.index(upgrade["version"]) + 1 :]),
            "desired_version": upgrade["desired"],
            "state": "READY" if upgrade["desired"] is None else "INPROGRESS",
        }

    async def _list(self, request: Request) -> Response:
        items = []
        for name in self._supervisors.all():
            request.path_params["supervisor"] = name
            items.append({"supervisor": name, **self._summary(self._find(request))})
        return reply({"items": items})

    async def _get(self, request: Request) -> Response:
        summary = self._summary(self._find(request))
        if "cluster" in request.path_params and summary["state"] == "INPROGRESS":
            summary["state"] = "PENDING"
        desired = summary.pop("desired_version")
        if desired is not None:
            message = {"id": "upgrade.progress", "default_message": f"Upgrading to {desired}.", "args": []}
            progress = {"total": 2, "completed": 1, "message": message}
            summary["upgrade_status"] = {"desired_version": desired, "messages": [], "progress": progress}
        return reply({**summary, "messages": []})

    async def _begin(self, request: Request) -> Response:
        body = await read_body(request, _SPECIFICATION)
        record = self._find(request)
        self._supervisors.changeable(record["supervisor"])
        upgrade = record["upgrade"]
        available = self._summary(record)["available_versions"]
        if body["desired_version"] not in available:
            raise invalid_argument(
                f"Version {body['desired_version']} is not available; available: {', '.join(available) or 'none'}."
            )
        if upgrade["desired"] is not None:
            raise not_allowed(f"An upgrade to {upgrade['desired']} is under way.")
        upgrade.update(desired=body["desired_version"], since=time.time())
        self._store.save()
        return reply(f"upgrade-{record['supervisor']}:com.vmware.cis.task")

    async def _begin_by_cluster(self, request: Request) -> Response:
        if action(request) != "upgrade":
            raise no_operation(request)
        await self._begin(request)
        return done()
