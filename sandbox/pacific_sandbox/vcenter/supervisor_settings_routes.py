"""A Supervisor's settings in slices, as since 9.1: GET and PATCH of each under ``.../supervisors/{supervisor}/``."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.inventory import Inventory
from pacific_sandbox.vcenter.replies import done, reply
from pacific_sandbox.vcenter.shape import Choice, Shape, read_body
from pacific_sandbox.vcenter.supervisor_settings import Settings, image_registry
from pacific_sandbox.vcenter.supervisor_shapes import CONTENT_LIBRARIES
from pacific_sandbox.vcenter.supervisors import Record, Supervisors
from pacific_sandbox.vcenter.vapi_error import invalid_argument, not_found, unsupported

_ROOT = "/api/vcenter/namespace-management/supervisors/{supervisor}"
_SIZES = ("TINY", "SMALL", "MEDIUM", "LARGE")


@dataclass(frozen=True)
class _Slice:
    """One part of the settings: its path, its ``UpdateSpec``, its ``Info``, and what an update changes."""

    path: str
    shape: Shape
    info: Callable[[Settings], dict[str, Any]]
    update: Callable[[Settings, Mapping[str, Any]], dict[str, Any]]


def _names(fields: Mapping[str, str], specification: Mapping[str, Any]) -> dict[str, Any]:
    return {name: specification[field] for field, name in fields.items() if field in specification}


def _listed(present: list[str], specification: Mapping[str, Any], add: str, remove: str) -> list[str]:
    kept = [item for item in present if item not in specification.get(remove, [])]
    return kept + [item for item in specification.get(add, []) if item not in kept]


def _update_control_plane(_settings: Settings, specification: Mapping[str, Any]) -> dict[str, Any]:
    changes = _names({"login_banner": "login_banner", "count": "count"}, specification)
    if "identifier" in specification.get("size", {}):
        changes["size"] = specification["size"]["identifier"]
    if changes.get("size", "SMALL") not in _SIZES:
        raise invalid_argument(f"Control plane size {changes['size']} not found; there are {', '.join(_SIZES)}.")
    if changes.get("count", 3) not in (1, 3):
        raise invalid_argument("count has to be 1 or 3.")
    return changes


def _update_networks(settings: Settings, specification: Mapping[str, Any]) -> dict[str, Any]:
    changes = _names({"floating_IP_address": "floating_IP_address"}, specification)
    segments = specification.get("network_segments_update_spec", {})
    dns, ntp = segments.get("dns", {}), segments.get("ntp", {})
    changes["port_groups"] = _listed(settings["port_groups"], segments, "port_groups_to_add", "port_groups_to_remove")
    changes["dns_servers"] = _listed(settings["dns_servers"], dns, "servers_to_add", "servers_to_remove")
    domains = settings["dns_search_domains"]
    changes["dns_search_domains"] = _listed(domains, dns, "search_domains_to_add", "search_domains_to_remove")
    changes["ntp_servers"] = _listed(settings["ntp_servers"], ntp, "servers_to_add", "servers_to_remove")
    return changes


def _networks_info(settings: Settings) -> dict[str, Any]:
    return {
        "backing": "NETWORK_SEGMENTS",
        "network_segments_info": {
            "port_groups": settings["port_groups"],
            "dns": {"servers": settings["dns_servers"], "search_domains": settings["dns_search_domains"]},
            "ntp": {"servers": settings["ntp_servers"]},
        },
        "floating_IP_address": settings["floating_IP_address"],
    }


def _update_api_server(settings: Settings, specification: Mapping[str, Any]) -> dict[str, Any]:
    names = ("certificate_dns_names_to_add_list", "certificate_dns_names_to_remove_list")
    changes = _names({"namespace_api_fairness_enabled": "namespace_api_fairness"}, specification)
    return {**changes, "certificate_dns_names": _listed(settings["certificate_dns_names"], specification, *names)}


_TO_ADD_AND_REMOVE = {"servers_to_add": [str], "servers_to_remove": [str]}
_IMAGE_FIELDS = {name: name for name in ("registry", "repository", "content_libraries")}
_POLICY_FIELDS = {name: name for name in ("ephemeral_storage_policy", "image_storage_policy")}
_SLICES = (
    _Slice(
        "control-plane/settings",
        {"size": {"identifier": str}, "login_banner": str, "count": int},
        lambda settings: {
            "size": {"identifier": settings["size"]},
            "login_banner": settings["login_banner"],
            "count": settings["count"],
        },
        _update_control_plane,
    ),
    _Slice(
        "control-plane/storage/policies",
        {"default_policy": str},
        lambda settings: {"default_policy": settings["storage_policy"]},
        lambda _, specification: _names({"default_policy": "storage_policy"}, specification),
    ),
    _Slice(
        "control-plane/networks/settings",
        {
            "backing": Choice("NETWORK_SEGMENTS"),
            "network_segments_update_spec": {
                "port_groups_to_add": [str],
                "port_groups_to_remove": [str],
                "dns": {**_TO_ADD_AND_REMOVE, "search_domains_to_add": [str], "search_domains_to_remove": [str]},
                "ntp": _TO_ADD_AND_REMOVE,
            },
            "floating_IP_address": str,
        },
        _networks_info,
        _update_networks,
    ),
    _Slice(
        "workloads/kube-api-server-settings",
        {
            "certificate_dns_names_to_add_list": [str],
            "certificate_dns_names_to_remove_list": [str],
            "namespace_api_fairness_enabled": bool,
        },
        lambda settings: {
            "certificate_dns_names": settings["certificate_dns_names"],
            "namespace_api_fairness_enabled": settings["namespace_api_fairness"],
        },
        _update_api_server,
    ),
    _Slice(
        "workloads/storage/policies",
        {name: str for name in _POLICY_FIELDS},
        lambda settings: {name: settings[name] for name in _POLICY_FIELDS},
        lambda _, specification: _names(_POLICY_FIELDS, specification),
    ),
    _Slice(
        "workloads/storage/cloud-native/file-volumes",
        {"file_volumes_enabled": bool},
        lambda settings: {"file_volumes_enabled": settings["file_volumes"]},
        lambda _, specification: _names({"file_volumes_enabled": "file_volumes"}, specification),
    ),
    _Slice(
        "workloads/networks/settings",
        {"client_IP_preservation_enabled": bool},
        lambda settings: {"client_IP_preservation_enabled": settings["client_IP_preservation"]},
        lambda _, specification: _names({"client_IP_preservation_enabled": "client_IP_preservation"}, specification),
    ),
    _Slice(
        "workloads/images/settings",
        {
            "registry": {"hostname!": str, "port": int},
            "repository": str,
            "content_libraries": CONTENT_LIBRARIES,
        },
        lambda settings: {
            "registry": image_registry(settings),
            "repository": settings["repository"],
            "content_libraries": settings["content_libraries"],
        },
        lambda _, specification: _names(_IMAGE_FIELDS, specification),
    ),
)


class SupervisorSettingsRoutes:
    """The slices, and the two switches that only go one way."""

    def __init__(self, ca_file: Path, inventory: Inventory, supervisors: Supervisors) -> None:
        self._ca_file = ca_file
        self._inventory = inventory
        self._supervisors = supervisors

    def routes(self) -> list[Route]:
        routes = []
        for part in _SLICES:
            routes.append(Route(f"{_ROOT}/{part.path}", self._getter(part), methods=["GET"]))
            routes.append(Route(f"{_ROOT}/{part.path}", self._patcher(part), methods=["PATCH"]))
        return [
            *routes,
            Route(f"{_ROOT}/vsphere-pod-settings", self._pods, methods=["GET", "PATCH"]),
            Route(f"{_ROOT}/supervisor-service-settings", self._services, methods=["GET", "PATCH"]),
            Route(f"{_ROOT}/certificates", self._certificates, methods=["GET"]),
            Route(f"{_ROOT}/certificates", self._replace_certificate, methods=["PATCH"]),
        ]

    def _getter(self, part: _Slice) -> Callable[[Request], Awaitable[Response]]:
        async def get(request: Request) -> Response:
            return reply(part.info(self._supervisors.find(request.path_params["supervisor"])["settings"]))

        return get

    def _patcher(self, part: _Slice) -> Callable[[Request], Awaitable[Response]]:
        async def patch(request: Request) -> Response:
            supervisor = request.path_params["supervisor"]
            self._supervisors.changeable(supervisor)
            specification = await read_body(request, part.shape)
            await self._check(specification)
            record = self._supervisors.changeable(supervisor)
            changes = part.update(record["settings"], specification)
            self._supervisors.changed(record, settings={**record["settings"], **changes})
            return done()

        return patch

    async def _check(self, specification: Mapping[str, Any]) -> None:
        policies = {policy.identifier for policy in await self._inventory.policies()}
        for name in ("default_policy", *_POLICY_FIELDS):
            if specification.get(name) is not None and specification[name] not in policies:
                raise not_found(f"Storage policy {specification[name]} not found.")

    async def _pods(self, request: Request) -> Response:
        supervisors, name = self._supervisors, "vsphere_pods_enabled"
        return await self._switch(request, name, supervisors.enable_pods)

    async def _services(self, request: Request) -> Response:
        supervisors, name = self._supervisors, "supervisor_services_enabled"
        return await self._switch(request, name, supervisors.enable_services)

    async def _switch(self, request: Request, name: str, change: Callable[[Record, bool], None]) -> Response:
        record = self._supervisors.find(request.path_params["supervisor"])
        if request.method == "GET":
            return reply({name: record[name]})
        body = await read_body(request, {name: bool})
        record = self._supervisors.changeable(request.path_params["supervisor"])
        if name in body and body[name] != record[name]:
            change(record, body[name])
        return done()

    async def _certificates(self, request: Request) -> Response:
        self._supervisors.find(request.path_params["supervisor"])
        return reply({"certificates": [{"tls_endpoint_certificate": self._ca_file.read_text(), "endpoint": "VIP"}]})

    async def _replace_certificate(self, request: Request) -> Response:
        self._supervisors.find(request.path_params["supervisor"])
        raise unsupported("The certificate of a simulated Supervisor cannot be replaced.")
