"""Checks before a service is installed and before a Supervisor is upgraded: what the services' packages say of versions
of Kubernetes, against that of the Supervisor."""

import base64
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import yaml
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.kubernetes_versions import is_met
from pacific_sandbox.vcenter.replies import action, no_operation, reply
from pacific_sandbox.vcenter.shape import read_body
from pacific_sandbox.vcenter.store import Store
from pacific_sandbox.vcenter.supervisors import Record, Supervisors
from pacific_sandbox.vcenter.upgrade_routes import VERSIONS
from pacific_sandbox.vcenter.vapi_error import invalid_argument, localizable, not_found, status_messages

_ROOT = "/api/vcenter/namespace-management"
_SERVICE = f"{_ROOT}/supervisors/{{supervisor}}/supervisor-services/{{service}}"
_UPGRADE = f"{_ROOT}/software/supervisors/{{supervisor}}/prechecks"
_SPECIFICATION = {"target_version!": str}


class PrecheckRoutes:
    """Begin a check, and read the result of the last one. Results are kept until the next start of the simulator."""

    def __init__(self, store: Store, supervisors: Supervisors, state_change: float) -> None:
        self._store = store
        self._supervisors = supervisors
        self._state_change = state_change
        self._begun: dict[tuple[str, ...], float] = {}

    def routes(self) -> list[Route]:
        return [
            Route(_SERVICE, self._run_service, methods=["POST"]),
            Route(f"{_SERVICE}/versions/{{version}}/precheck", self._get_service, methods=["GET"]),
            Route(_UPGRADE, self._run_upgrade, methods=["POST"]),
            Route(_UPGRADE, self._get_upgrade, methods=["GET"]),
        ]

    def _package(self, service: str, version: str) -> Record:
        record = self._store.services.get(service, {}).get("versions", {}).get(version)
        if record is None:
            raise not_found(f"Version {version} of Supervisor Service {service} not found.")
        return dict(record)

    def _is_over(self, key: tuple[str, ...]) -> bool:
        return time.time() - self._begun[key] >= self._state_change

    async def _run_service(self, request: Request) -> Response:
        if action(request) != "precheck":
            raise no_operation(request)
        body = await read_body(request, _SPECIFICATION)
        supervisor, service = request.path_params["supervisor"], request.path_params["service"]
        self._supervisors.changeable(supervisor)
        self._package(service, body["target_version"])
        self._begun[supervisor, service, body["target_version"]] = time.time()
        return reply(f"precheck-{supervisor}:com.vmware.cis.task")

    async def _get_service(self, request: Request) -> Response:
        supervisor, service, version = (request.path_params[name] for name in ("supervisor", "service", "version"))
        record = self._supervisors.find(supervisor)
        package = self._package(service, version)
        key = (supervisor, service, version)
        if key not in self._begun or not self._is_over(key):
            raise not_found(f"No valid precheck of {service} {version} on Supervisor {supervisor}.")
        installed = record["services"].get(service)
        problem = _problem(package, _version_of(record))
        return reply(
            {
                "target_version": version,
                "original_version": None if installed is None else installed["version"],
                "status": "COMPATIBLE" if problem is None else "INCOMPATIBLE",
                "status_messages": None if problem is None else status_messages([problem]),
                "precheck_finish_time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            }
        )

    async def _run_upgrade(self, request: Request) -> Response:
        if action(request) != "run":
            raise no_operation(request)
        body = await read_body(request, _SPECIFICATION)
        supervisor = request.path_params["supervisor"]
        record = self._supervisors.find(supervisor)
        self._supervisors.changeable(supervisor)
        later = VERSIONS[VERSIONS.index(_version_of(record)) + 1 :]
        if body["target_version"] not in later:
            raise invalid_argument(f"Version {body['target_version']} is not available; available: {', '.join(later)}.")
        self._begun[supervisor, body["target_version"]] = time.time()
        return reply(None)

    async def _get_upgrade(self, request: Request) -> Response:
        supervisor = request.path_params["supervisor"]
        record = self._supervisors.find(supervisor)
        keys = [key for key in self._begun if len(key) == 2 and key[0] == supervisor]
        if not keys:
            raise not_found(f"No prechecks have run on Supervisor {supervisor}.")
        return reply({"precheck_results": [self._result(record, key) for key in keys]})

    def _result(self, record: Record, key: tuple[str, ...]) -> Record:
        version = key[1]
        if not self._is_over(key):
            return {"target_version": version, "status": "RUNNING", "conditions": []}
        problems = []
        for service, installed in record["services"].items():
            known = self._store.services.get(service, {}).get("versions", {}).get(installed["version"])
            problem = None if known is None else _problem(known, version)
            if problem is not None:
                problems.append(f"{service} {installed['version']}: {problem}")
        condition = {
            "type": "SupervisorServicesCompatible",
            "description": localizable("The Supervisor's services run on the version."),
            "status": "FALSE" if problems else "TRUE",
            "reason": "ServicesIncompatible" if problems else "ServicesCompatible",
            "severity": "ERROR" if problems else "INFO",
            "messages": status_messages(problems),
        }
        return {
            "target_version": version,
            "status": "ERROR" if problems else "SUCCEEDED",
            "conditions": [condition],
        }


def _version_of(record: Record) -> str:
    return str(record.get("upgrade", {}).get("version") or VERSIONS[0])


def _problem(version: Mapping[str, Any], kubernetes: str) -> str | None:
    """Why a version of a service does not run on a Supervisor of the version ``kubernetes``; None: it does."""
    constraints = _constraints(str(version["content"]))
    if is_met(constraints, kubernetes):
        return None
    return f"It needs Kubernetes {constraints}, the Supervisor has {kubernetes}."


def _constraints(content: str) -> str:
    documents = yaml.safe_load_all(base64.b64decode(content))
    package = next((item for item in documents if isinstance(item, dict) and item.get("kind") == "Package"), {})
    selection = (package.get("spec") or {}).get("kubernetesVersionSelection") or {}
    return str(selection.get("constraints") or "")
