"""``/api/vcenter/namespaces/namespace-templates/supervisors/{supervisor}``: templates for self-service namespaces."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.namespace_shapes import CREATE, UPDATE
from pacific_sandbox.vcenter.namespace_specification import check_name, check_specification
from pacific_sandbox.vcenter.namespaces import Namespaces
from pacific_sandbox.vcenter.replies import done, reply
from pacific_sandbox.vcenter.shape import Choice, read_body
from pacific_sandbox.vcenter.store import Store
from pacific_sandbox.vcenter.supervisors import Record, Supervisors
from pacific_sandbox.vcenter.vapi_error import already_exists, invalid_argument, not_found

_PATH = "/api/vcenter/namespaces/namespace-templates/supervisors/{supervisor}"
_COMMON: dict[str, Any] = {
    "networks": [str],
    "permissions": [{"subject_type!": Choice("USER", "GROUP"), "subject!": str, "domain!": str}],
    "vm_service_spec": CREATE["vm_service_spec"],
    "content_libraries": CREATE["content_libraries"],
}
_CREATE = {
    **_COMMON,
    "template!": str,
    "resource_spec!": CREATE["resource_spec"],
    "storage_specs!": CREATE["storage_specs"],
}
_UPDATE = {**_COMMON, "resource_spec": UPDATE["resource_spec"], "storage_specs": UPDATE["storage_specs"]}
_CLEARED_WHEN_LEFT_OUT = ("resource_spec", "vm_service_spec", "content_libraries", "permissions")


class NamespaceTemplateRoutes:
    """Create, read, update. vCenter has no way to delete one. No namespace is made from them."""

    def __init__(self, store: Store, supervisors: Supervisors, namespaces: Namespaces) -> None:
        self._store = store
        self._supervisors = supervisors
        self._namespaces = namespaces

    def routes(self) -> list[Route]:
        path = f"{_PATH}/templates/{{template}}"
        return [
            Route(_PATH, self._list, methods=["GET"]),
            Route(_PATH, self._create, methods=["POST"]),
            Route(path, self._get, methods=["GET"]),
            Route(path, self._update, methods=["PATCH"]),
        ]

    def _templates(self, request: Request) -> dict[str, Record]:
        supervisor = self._supervisors.find(request.path_params["supervisor"])
        templates: dict[str, Record] = supervisor.setdefault("templates", {})
        return templates

    def _find(self, request: Request) -> Record:
        name, templates = request.path_params["template"], self._templates(request)
        if name not in templates:
            raise not_found(f"Namespace template {name} not found.")
        return templates[name]

    async def _check(self, request: Request, body: Record) -> None:
        supervisor = self._supervisors.changeable(request.path_params["supervisor"])
        check_specification(body, await self._namespaces.known(supervisor))
        if body.get("storage_specs") == []:
            raise invalid_argument("storage_specs has to name one storage policy at least.")

    async def _list(self, request: Request) -> Response:
        supervisor = request.path_params["supervisor"]
        return reply([{"supervisor": supervisor, "template": name} for name in self._templates(request)])

    async def _get(self, request: Request) -> Response:
        return reply({"supervisor": request.path_params["supervisor"], **self._find(request)})

    async def _create(self, request: Request) -> Response:
        body = (await read_body(request, {"spec!": _CREATE}))["spec"]
        check_name(body["template"])
        await self._check(request, body)
        everywhere = [name for record in self._store.supervisors.values() for name in record.get("templates", {})]
        if body["template"] in everywhere:
            raise already_exists(f"Namespace template {body['template']} already exists.")
        self._templates(request)[body["template"]] = body
        self._store.save()
        return done()

    async def _update(self, request: Request) -> Response:
        body = (await read_body(request, {"spec!": _UPDATE}))["spec"]
        record = self._find(request)
        await self._check(request, body)
        for name in _CLEARED_WHEN_LEFT_OUT:
            record.pop(name, None)
        record.update(body)
        self._store.save()
        return done()
