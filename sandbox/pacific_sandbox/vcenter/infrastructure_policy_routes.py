"""``/api/vcenter/namespace-management/infrastructure-policies`` (9.1). Nothing is placed by them."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.replies import done, reply
from pacific_sandbox.vcenter.shape import Choice, read_body
from pacific_sandbox.vcenter.store import Store
from pacific_sandbox.vcenter.vapi_error import already_exists, not_found

_PATH = "/api/vcenter/namespace-management/infrastructure-policies"
_CREATE: dict[str, Any] = {
    "policy!": str,
    "description": str,
    "compute_policy_id": str,
    "enforcement_mode!": Choice("MANDATORY", "OPTIONAL"),
    "match": dict,
}


class InfrastructurePolicyRoutes:
    """Create, list, delete."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        return [
            Route(_PATH, self._list, methods=["GET"]),
            Route(_PATH, self._create, methods=["POST"]),
            Route(f"{_PATH}/{{policy}}", self._delete, methods=["DELETE"]),
        ]

    async def _list(self, request: Request) -> Response:
        policies = self._store.infrastructure_policies
        names = ("policy", "config_status", "description", "compute_policy_id", "enforcement_mode")
        return reply({"items": [{name: record.get(name) for name in names} for record in policies.values()]})

    async def _create(self, request: Request) -> Response:
        body = await read_body(request, _CREATE)
        if body["policy"] in self._store.infrastructure_policies:
            raise already_exists(f"Infrastructure policy {body['policy']} already exists.")
        self._store.infrastructure_policies[body["policy"]] = {**body, "config_status": "READY"}
        self._store.save()
        return done()

    async def _delete(self, request: Request) -> Response:
        if self._store.infrastructure_policies.pop(request.path_params["policy"], None) is None:
            raise not_found(f"Infrastructure policy {request.path_params['policy']} not found.")
        self._store.save()
        return done()
