"""Backups and support bundles of Supervisors. No archive is written: a backup is an entry in the list. A support bundle
is a real tar archive, with what the simulator knows of the Supervisor.
"""

import io
import json
import secrets
import tarfile
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.replies import reply
from pacific_sandbox.vcenter.shape import read_body
from pacific_sandbox.vcenter.supervisors import Record, Supervisors
from pacific_sandbox.vcenter.tasks import Task, Tasks
from pacific_sandbox.vcenter.upgrade_routes import VERSIONS
from pacific_sandbox.vcenter.vapi_error import already_exists, not_found

_MANAGEMENT = "/api/vcenter/namespace-management"
_SUPERVISORS = f"{_MANAGEMENT}/supervisors"
_SPECIFICATION = {"comment": str, "ignore_health_check_failure": bool}
_SERVICE = "com.vmware.vcenter.namespace_management.supervisors.recovery.backup.jobs"
_VALID = timedelta(minutes=5)
BUNDLES = "/wcp/support-bundles"


class RecoveryRoutes:
    """Begin a backup and follow its task, list the archives, download a support bundle. Kept until the next start."""

    def __init__(self, supervisors: Supervisors, tasks: Tasks, state_change: float) -> None:
        self._supervisors = supervisors
        self._tasks = tasks
        self._state_change = state_change
        self._archives: list[Record] = []
        self._backups: list[tuple[float, Record]] = []
        self._tokens: dict[str, tuple[str, datetime]] = {}

    def routes(self) -> list[Route]:
        return [
            Route(f"{_SUPERVISORS}/recovery/backup/archives", self._list, methods=["GET"]),
            Route(f"{_SUPERVISORS}/{{supervisor}}/recovery/backup/jobs", self._begin, methods=["POST"]),
            Route(f"{_SUPERVISORS}/{{supervisor}}/support-bundles", self._bundle, methods=["POST"]),
            Route(f"{_MANAGEMENT}/clusters/{{cluster}}/support-bundle", self._bundle_of_cluster, methods=["POST"]),
            Route(f"{BUNDLES}/{{supervisor}}", self._download, methods=["POST"]),
        ]

    def _settle(self) -> None:
        """List the archives of the backups that are over."""
        for since, archive in self._backups:
            if time.time() - since >= self._state_change and archive not in self._archives:
                self._archives.append(archive)

    async def _begin(self, request: Request) -> Response:
        body = await read_body(request, _SPECIFICATION)
        supervisor = request.path_params["supervisor"]
        record = self._supervisors.find(supervisor)
        self._supervisors.changeable(supervisor)
        self._settle()
        if any(archive["supervisor"] == supervisor and archive not in self._archives for _, archive in self._backups):
            raise already_exists(f"A backup of Supervisor {supervisor} is under way.")
        now = datetime.now(UTC)
        identifier = f"{supervisor}-{now:%Y%m%d%H%M%S%f}"
        archive: Record = {
            "archive": identifier,
            "supervisor": supervisor,
            "location": f"/var/lib/vmware/wcp/backup/{identifier}.tar.gz",
            "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "supervisor_version": str(record.get("upgrade", {}).get("version") or VERSIONS[0]),
            "namespaces": [],
            "comment": body.get("comment", ""),
            "usable": True,
            "unusable_reasons": [],
        }
        self._backups.append((time.time(), archive))
        task = Task("Back up a Supervisor.", _SERVICE, "create", lambda: self._is_listed(archive))
        return reply(self._tasks.add(f"backup-{identifier}", task))

    def _is_listed(self, archive: Record) -> bool:
        self._settle()
        return archive in self._archives

    async def _list(self, request: Request) -> Response:
        del request
        self._settle()
        return reply(self._archives)

    async def _bundle(self, request: Request) -> Response:
        supervisor = request.path_params["supervisor"]
        self._supervisors.find(supervisor)
        return reply(self._place(request, supervisor, "support_bundle_token"))

    async def _bundle_of_cluster(self, request: Request) -> Response:
        record = self._supervisors.of_cluster(request.path_params["cluster"])
        if record is None:
            raise not_found(f"Cluster {request.path_params['cluster']} runs no Supervisor.")
        return reply(self._place(request, str(record["supervisor"]), "wcp_support_bundle_token"))

    def _place(self, request: Request, supervisor: str, field: str) -> dict[str, Any]:
        token, expiry = self._tokens.get(supervisor, ("", datetime.now(UTC)))
        if expiry <= datetime.now(UTC):
            token, expiry = secrets.token_hex(16), datetime.now(UTC) + _VALID
            self._tokens[supervisor] = (token, expiry)
        text = expiry.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        url = f"{request.url.scheme}://{request.url.netloc}{BUNDLES}/{supervisor}"
        return {"url": url, field: {"token": token, "expiry": text}}

    async def _download(self, request: Request) -> Response:
        supervisor = request.path_params["supervisor"]
        token, expiry = self._tokens.pop(supervisor, ("", datetime.now(UTC)))
        body = await request.json()
        if not token or expiry <= datetime.now(UTC) or body.get("wcp-support-bundle-token") != token:
            return Response(status_code=401)
        content = json.dumps({"supervisor": supervisor, "name": self._supervisors.find(supervisor)["name"]}).encode()
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            entry = tarfile.TarInfo("supervisor.json")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        return Response(archive.getvalue(), status_code=201, media_type="application/tar")
