"""``.../supervisors/{supervisor}/container-image-registries``: registries that a Supervisor may draw images from."""

import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.replies import done, reply
from pacific_sandbox.vcenter.shape import read_body
from pacific_sandbox.vcenter.store import Store, without_secrets
from pacific_sandbox.vcenter.supervisors import Record, Supervisors
from pacific_sandbox.vcenter.vapi_error import already_exists, not_found

_PATH = "/api/vcenter/namespace-management/supervisors/{supervisor}/container-image-registries"
_OPTIONAL = {"port": int, "username": str, "password": str, "certificate_chain": str}
_CREATE = {"name!": str, "image_registry!": {"hostname!": str, **_OPTIONAL}, "default_registry": bool}
_UPDATE: dict[str, Any] = {"name": str, "hostname": str, **_OPTIONAL, "default_registry": bool}


class ImageRegistryRoutes:
    """Create, read, update, delete. Passwords are taken and forgotten: no image is drawn."""

    def __init__(self, store: Store, supervisors: Supervisors) -> None:
        self._store = store
        self._supervisors = supervisors

    def routes(self) -> list[Route]:
        path = f"{_PATH}/{{registry}}"
        return [
            Route(_PATH, self._list, methods=["GET"]),
            Route(_PATH, self._create, methods=["POST"]),
            Route(path, self._get, methods=["GET"]),
            Route(path, self._update, methods=["PATCH"]),
            Route(path, self._delete, methods=["DELETE"]),
        ]

    def _registries(self, request: Request) -> dict[str, Record]:
        supervisor = self._supervisors.find(request.path_params["supervisor"])
        registries: dict[str, Record] = supervisor.setdefault("registries", {})
        return registries

    def _find(self, request: Request) -> Record:
        name = request.path_params["registry"]
        registries = self._registries(request)
        if name not in registries:
            raise not_found(f"Container image registry {name} not found.")
        return registries[name]

    async def _list(self, request: Request) -> Response:
        return reply(list(self._registries(request).values()))

    async def _get(self, request: Request) -> Response:
        return reply(self._find(request))

    async def _create(self, request: Request) -> Response:
        body = without_secrets(await read_body(request, _CREATE))
        registries = self._registries(request)
        if any(record["name"] == body["name"] for record in registries.values()):
            raise already_exists(f"Container image registry {body['name']} already exists.")
        identifier = str(uuid.uuid4())
        registries[identifier] = {"id": identifier, "default_registry": False, **body}
        self._only_one_default(registries, identifier)
        self._store.save()
        return reply(registries[identifier], 201)

    async def _update(self, request: Request) -> Response:
        body = without_secrets(await read_body(request, _UPDATE))
        record = self._find(request)
        record["image_registry"].update({name: body.pop(name) for name in ("hostname", *_OPTIONAL) if name in body})
        record.update(body)
        self._only_one_default(self._registries(request), record["id"])
        self._store.save()
        return done()

    async def _delete(self, request: Request) -> Response:
        del self._registries(request)[self._find(request)["id"]]
        self._store.save()
        return done()

    @staticmethod
    def _only_one_default(registries: dict[str, Record], newest: str) -> None:
        if registries[newest]["default_registry"]:
            for identifier, record in registries.items():
                record["default_registry"] = identifier == newest
