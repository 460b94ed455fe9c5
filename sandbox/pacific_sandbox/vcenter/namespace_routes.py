"""``/api/vcenter/namespaces/instances`` (v1 by cluster, v2 by Supervisor) and ``/api/vcenter/namespaces-user``."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.namespace_shapes import CREATE, CREATE_V2, SET, UPDATE
from pacific_sandbox.vcenter.namespace_specification import (
    RESERVED_ACCESS,
    check_specification,
    replaced,
    updated,
    zone_names,
)
from pacific_sandbox.vcenter.namespaces import Namespaces
from pacific_sandbox.vcenter.replies import done, reply, values
from pacific_sandbox.vcenter.sessions import Sessions
from pacific_sandbox.vcenter.shape import V9_0, V9_1, read_body, version_of
from pacific_sandbox.vcenter.supervisors import Record, Supervisors
from pacific_sandbox.vcenter.vapi_error import not_allowed, not_found, status_messages, unauthenticated

_ROOT = "/api/vcenter/namespaces/instances"


class NamespaceRoutes:
    """Create, read, update, delete."""

    def __init__(self, sessions: Sessions, supervisors: Supervisors, namespaces: Namespaces) -> None:
        self._sessions = sessions
        self._supervisors = supervisors
        self._namespaces = namespaces

    def routes(self) -> list[Route]:
        path = f"{_ROOT}/{{namespace}}"
        return [
            Route(_ROOT, self._list, methods=["GET"]),
            Route(_ROOT, self._create, methods=["POST"]),
            Route(f"{_ROOT}/v2", self._list_v2, methods=["GET"]),
            Route(f"{_ROOT}/v2", self._create_v2, methods=["POST"]),
            Route(f"{_ROOT}/v2/{{namespace}}", self._get_v2, methods=["GET"]),
            Route(path, self._get, methods=["GET"]),
            Route(path, self._update, methods=["PATCH"]),
            Route(path, self._set, methods=["PUT"]),
            Route(path, self._delete, methods=["DELETE"]),
            Route(f"{path}/zones/{{zone}}", self._remove_zone, methods=["DELETE"]),
            Route("/api/vcenter/namespaces-user/namespaces", self._user_namespaces, methods=["GET"]),
        ]

    async def _create(self, request: Request) -> Response:
        body = await read_body(request, CREATE)
        supervisor = self._supervisors.of_cluster(body["cluster"])
        if supervisor is None:
            raise not_found(f"Cluster {body['cluster']} runs no Supervisor.")
        await self._namespaces.create(supervisor, body)
        return done()

    async def _create_v2(self, request: Request) -> Response:
        body = await read_body(request, CREATE_V2)
        await self._namespaces.create(self._supervisors.changeable(body["supervisor"]), body)
        return done()

    async def _list(self, request: Request) -> Response:
        return reply([{**await self._summary(record), **self._key(record)} for record in self._all()])

    async def _list_v2(self, request: Request) -> Response:
        return reply([{**await self._summary(record), "supervisor": record["supervisor"]} for record in self._all()])

    async def _get(self, request: Request) -> Response:
        record = self._namespaces.find(request.path_params["namespace"])
        return reply({**await self._info(record), **self._key(record)})

    async def _get_v2(self, request: Request) -> Response:
        record = self._namespaces.find(request.path_params["namespace"])
        supervisor = self._supervisors.find(record["supervisor"])
        info = {**await self._info(record), "supervisor": record["supervisor"]}
        version = version_of(request)
        if version >= V9_0:
            zones = zone_names(record["specification"], supervisor["zone"])
            info["zones"] = [{"zone": zone, "type": "WORKLOAD", "marked_for_removal": False} for zone in zones]
            info["network_spec"] = _network_information(supervisor, record["specification"])
        if version < V9_1:
            info.pop("edges")
            info.pop("infrastructure_policies")
        return reply(info)

    async def _update(self, request: Request) -> Response:
        record = self._namespaces.changeable(request.path_params["namespace"])
        body = await read_body(request, UPDATE)
        check_specification(body, await self._namespaces.known(self._supervisors.find(record["supervisor"])))
        self._namespaces.changed(record["namespace"], updated(record["specification"], body))
        return done()

    async def _set(self, request: Request) -> Response:
        record = self._namespaces.changeable(request.path_params["namespace"])
        body = await read_body(request, SET)
        check_specification(body, await self._namespaces.known(self._supervisors.find(record["supervisor"])))
        self._namespaces.changed(record["namespace"], replaced(record["specification"], body))
        return done()

    async def _delete(self, request: Request) -> Response:
        self._namespaces.remove(request.path_params["namespace"])
        return done()

    async def _remove_zone(self, request: Request) -> Response:
        record = self._namespaces.changeable(request.path_params["namespace"])
        zone, specification = request.path_params["zone"], record["specification"]
        zones = zone_names(specification, self._supervisors.find(record["supervisor"])["zone"])
        if zone not in zones:
            raise not_found(f"Namespace {record['namespace']} is not in zone {zone}.")
        if len(zones) == 1:
            raise not_allowed(f"Zone {zone} is the only one of namespace {record['namespace']}.")
        kept = [bound for bound in specification["zones"] if bound["name"] != zone]
        self._namespaces.changed(record["namespace"], {**specification, "zones": kept})
        return done()

    async def _user_namespaces(self, request: Request) -> Response:
        session = self._sessions.find(request)
        if session is None:
            raise unauthenticated()
        users, groups = {session.user.principal}, set(session.user.group_principals)
        everything = session.is_administrator
        if everything and (request.query_params.keys() & {"username", "groups"}):
            users, groups, everything = values(request, "username") or set(), values(request, "groups") or set(), False
        summaries = []
        for record in self._all():
            supervisor = self._supervisors.find(record["supervisor"])
            if everything or _may_enter(record["specification"]["access_list"], users, groups):
                summaries.append({"namespace": record["namespace"], "master_host": supervisor["endpoint"] or ""})
        return reply(summaries)

    def _all(self) -> Sequence[Record]:
        return list(self._namespaces.all().values())

    def _key(self, record: Record) -> dict[str, str]:
        return {"cluster": self._supervisors.find(record["supervisor"])["cluster"]}

    async def _stats(self, record: Record) -> dict[str, int]:
        use = await self._supervisors.use(record["supervisor"], record["namespace"])
        return {"cpu_used": use.cpu_used, "memory_used": use.memory_used, "storage_used": use.storage_used}

    async def _summary(self, record: Record) -> dict[str, Any]:
        return {
            "namespace": record["namespace"],
            "description": record["specification"]["description"],
            "config_status": record["config_status"],
            "stats": await self._stats(record),
            "self_service_namespace": False,
        }

    async def _info(self, record: Record) -> dict[str, Any]:
        specification = record["specification"]
        service = specification["vm_service_spec"]
        return {
            "config_status": record["config_status"],
            "messages": status_messages(record["messages"]),
            "stats": await self._stats(record),
            "description": specification["description"],
            "resource_spec": specification["resource_spec"],
            "access_list": [*specification["access_list"], *RESERVED_ACCESS],
            "storage_specs": specification["storage_specs"],
            "networks": specification["networks"],
            "vm_service_spec": {
                "content_libraries": service.get("content_libraries", []),
                "vm_classes": service.get("vm_classes", []),
            },
            "content_libraries": specification["content_libraries"],
            "creator": specification["creator"],
            "self_service_namespace": False,
            "edges": specification["edges"],
            "infrastructure_policies": specification["infrastructure_policies"],
        }


def _network_information(supervisor: Record, specification: Mapping[str, Any]) -> dict[str, Any]:
    """``NetworkConfigInfo``"""
    provider = supervisor["settings"]["network_provider"]
    if provider != "VSPHERE_NETWORK":
        return {"network_provider": provider}
    workload_network = (specification["network_spec"] or {}).get("vsphere_network", {}).get("default_workload_network")
    networks = specification["networks"] or [workload_network or "primary"]
    return {
        "network_provider": provider,
        "vsphere_network": {
            "default_workload_network": workload_network or networks[0],
            "networks": [{"network": network, "config_status": "ACTIVE"} for network in networks],
        },
    }


def _may_enter(access: Sequence[Mapping[str, Any]], users: set[str], groups: set[str]) -> bool:
    subjects = {("USER", user.lower()) for user in users} | {("GROUP", group.lower()) for group in groups}
    return any((entry["subject_type"], f"{entry['subject']}@{entry['domain']}".lower()) in subjects for entry in access)
