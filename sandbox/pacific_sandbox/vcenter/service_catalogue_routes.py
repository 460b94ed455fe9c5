"""``/api/vcenter/namespace-management/supervisor-services``: the catalogue of services. No content is run."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.replies import action, done, no_operation, reply
from pacific_sandbox.vcenter.shape import read_body
from pacific_sandbox.vcenter.store import Store
from pacific_sandbox.vcenter.supervisors import Record
from pacific_sandbox.vcenter.vapi_error import (
    VapiError,
    already_exists,
    invalid_argument,
    localizable,
    not_allowed,
    not_found,
    unsupported,
)

_ROOT = "/api/vcenter/namespace-management/supervisor-services"
_CUSTOM_VERSION = {"version!": str, "display_name!": str, "description": str, "content!": str, "trusted_provider": bool}
_VSPHERE_VERSION = {"content!": str, "trusted_provider": bool, "accept_EULA": bool}
_VERSION_SHAPE: dict[str, Any] = {
    "custom_spec": _CUSTOM_VERSION,
    "vsphere_spec": _VSPHERE_VERSION,
    "carvel_spec": {"content!": str},
}
_SERVICE_SHAPE: dict[str, Any] = {
    "custom_spec": {
        "supervisor_service!": str,
        "display_name!": str,
        "description": str,
        "version_spec!": _CUSTOM_VERSION,
    },
    "vsphere_spec": {"version_spec!": _VSPHERE_VERSION},
    "carvel_spec": {"version_spec!": {"content!": str}},
}


@dataclass(frozen=True)
class _Content:
    """What a service's YAML says of itself."""

    service: str
    version: str
    display_name: str
    description: str
    content_type: str
    content: str


class ServiceCatalogueRoutes:
    """Services and their versions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        service, version = f"{_ROOT}/{{service}}", f"{_ROOT}/{{service}}/versions/{{version}}"
        return [
            Route(_ROOT, self._list, methods=["GET"]),
            Route(_ROOT, self._create, methods=["POST"]),
            Route(service, self._get, methods=["GET"]),
            Route(service, self._update, methods=["PATCH"]),
            Route(service, self._delete, methods=["DELETE"]),
            Route(f"{service}/versions", self._list_versions, methods=["GET"]),
            Route(f"{service}/versions", self._create_version, methods=["POST"]),
            Route(version, self._get_version, methods=["GET"]),
            Route(version, self._update_version, methods=["PATCH"]),
            Route(version, self._delete_version, methods=["DELETE"]),
        ]

    def _find(self, request: Request) -> Record:
        name = request.path_params["service"]
        if name not in self._store.services:
            raise not_found(f"Supervisor Service {name} not found.")
        return self._store.services[name]

    def _find_version(self, request: Request) -> Record:
        name, versions = request.path_params["version"], self._find(request)["versions"]
        if name not in versions:
            raise not_found(f"Version {name} of Supervisor Service {request.path_params['service']} not found.")
        record: Record = versions[name]
        return record

    async def _list(self, request: Request) -> Response:
        items = self._store.services.items()
        return reply([{"supervisor_service": name, **_pick(record, "display_name", "state")} for name, record in items])

    async def _get(self, request: Request) -> Response:
        record = _pick(self._find(request), "display_name", "state", "description")
        return reply({**record, "has_default_versions_registered": False, "must_be_installed": False})

    async def _create(self, request: Request) -> Response:
        if action(request) == "checkContent":
            return await self._check_content(request)
        if action(request):
            raise no_operation(request)
        body = await read_body(request, _SERVICE_SHAPE)
        content = _read_specification(body)
        if content.service in self._store.services:
            raise already_exists(f"Supervisor Service {content.service} already exists.")
        custom = body.get("custom_spec", {})
        self._store.services[content.service] = {
            "display_name": custom.get("display_name", content.display_name),
            "description": custom.get("description", content.description),
            "state": "ACTIVATED",
            "versions": {content.version: _version(content)},
        }
        self._store.save()
        return done()

    async def _check_content(self, request: Request) -> Response:
        body = await read_body(request, {"spec!": {"content!": str}})
        try:
            content = _read_carvel(body["spec"]["content"])
        except VapiError as error:
            return reply({"status": "INVALID", "error_messages": [localizable(error.message)]})
        result = {
            "supervisor_service": content.service,
            "version": content.version,
            "display_name": content.display_name,
            "description": content.description,
        }
        return reply({"status": "VALID", "content_type": content.content_type, "carvel_apps_check_result": result})

    async def _update(self, request: Request) -> Response:
        record = self._find(request)
        if action(request):
            _switch(request, record)
        else:
            record.update(await read_body(request, {"display_name": str, "description": str}))
        self._store.save()
        return done()

    async def _delete(self, request: Request) -> Response:
        record, name = self._find(request), request.path_params["service"]
        if record["state"] != "DEACTIVATED":
            raise not_allowed(f"Supervisor Service {name} is {record['state']}; it has to be DEACTIVATED.")
        if record["versions"]:
            raise not_allowed(f"Supervisor Service {name} still has versions: {', '.join(record['versions'])}.")
        del self._store.services[name]
        self._store.save()
        return done()

    async def _list_versions(self, request: Request) -> Response:
        items = self._find(request)["versions"].items()
        return reply([{"version": name, **_pick(item, "display_name", "state", "description")} for name, item in items])

    async def _get_version(self, request: Request) -> Response:
        return reply({**self._find_version(request), "trust_verified": False})

    async def _create_version(self, request: Request) -> Response:
        record = self._find(request)
        body = await read_body(request, _VERSION_SHAPE)
        name = request.path_params["service"]
        wrapped = {field: {"version_spec": value} for field, value in body.items()}
        if "custom_spec" in wrapped:
            wrapped["custom_spec"]["supervisor_service"] = name
        content = _read_specification(wrapped)
        if content.service != name:
            raise invalid_argument(f"The content is that of Supervisor Service {content.service}, not {name}.")
        if content.version in record["versions"]:
            raise already_exists(f"Version {content.version} of Supervisor Service {name} already exists.")
        record["versions"][content.version] = _version(content)
        self._store.save()
        return done()

    async def _update_version(self, request: Request) -> Response:
        _switch(request, self._find_version(request))
        self._store.save()
        return done()

    async def _delete_version(self, request: Request) -> Response:
        record, version = self._find_version(request), request.path_params["version"]
        if record["state"] != "DEACTIVATED":
            raise not_allowed(f"Version {version} is {record['state']}; it has to be DEACTIVATED.")
        service = request.path_params["service"]
        for supervisor in self._store.supervisors.values():
            if supervisor["services"].get(service, {}).get("version") == version:
                raise not_allowed(f"Version {version} is installed on Supervisor {supervisor['name']}.")
        del self._find(request)["versions"][version]
        self._store.save()
        return done()


def _switch(request: Request, record: Record) -> None:
    states = {"activate": "ACTIVATED", "deactivate": "DEACTIVATED"}
    if action(request) not in states:
        raise no_operation(request)
    record["state"] = states[action(request)]


def _read_specification(body: Mapping[str, Any]) -> _Content:
    if len(body) != 1:
        raise invalid_argument("Exactly one of custom_spec, vsphere_spec and carvel_spec has to be given.")
    if "vsphere_spec" in body:
        raise unsupported("This simulated vCenter takes Supervisor Services as carvel_spec or custom_spec only.")
    if "carvel_spec" in body:
        return _read_carvel(body["carvel_spec"]["version_spec"]["content"])
    custom = body["custom_spec"]
    version = custom["version_spec"]
    _decode(version["content"])
    return _Content(
        custom["supervisor_service"],
        version["version"],
        version["display_name"],
        version.get("description", ""),
        "CUSTOM_YAML",
        version["content"],
    )


def _read_carvel(content: str) -> _Content:
    try:
        documents = [item for item in yaml.safe_load_all(_decode(content)) if isinstance(item, dict)]
    except yaml.YAMLError:
        raise invalid_argument("The content is not YAML.") from None
    kinds = {str(document.get("kind")): document for document in documents}
    try:
        metadata, package = kinds["PackageMetadata"], kinds["Package"]
        return _Content(
            str(package["spec"]["refName"]),
            str(package["spec"]["version"]),
            str(metadata["spec"].get("displayName", package["spec"]["refName"])),
            str(metadata["spec"].get("shortDescription", "")),
            "CARVEL_APPS_YAML",
            content,
        )
    except (KeyError, TypeError, AttributeError):
        raise invalid_argument("The content needs a Carvel Package and a PackageMetadata.") from None


def _decode(content: str) -> str:
    try:
        return base64.b64decode(content, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise invalid_argument("The content is not base64-encoded text.") from None


def _version(content: _Content) -> Record:
    return {
        "display_name": content.display_name,
        "description": content.description,
        "content_type": content.content_type,
        "content": content.content,
        "state": "ACTIVATED",
    }


def _pick(record: Mapping[str, Any], *names: str) -> Record:
    return {name: record[name] for name in names}
