"""``/api/vcenter/namespace-management/supervisors``: enable, state, topology, delete."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.inventory import Inventory
from pacific_sandbox.vcenter.replies import action, choice, done, matches, no_operation, reply, values
from pacific_sandbox.vcenter.shape import read_body
from pacific_sandbox.vcenter.store import Store
from pacific_sandbox.vcenter.supervisor_settings import of_supervisor
from pacific_sandbox.vcenter.supervisor_shapes import ENABLE_ON_COMPUTE_CLUSTER, ENABLE_ON_ZONES
from pacific_sandbox.vcenter.supervisors import Supervisors
from pacific_sandbox.vcenter.vapi_error import invalid_argument, localizable, not_found, unsupported

_ROOT = "/api/vcenter/namespace-management"
_CONFIG_STATUSES = ("CONFIGURING", "REMOVING", "RUNNING", "ERROR")
_KUBERNETES_STATUSES = ("READY", "WARNING", "ERROR")


class SupervisorRoutes:
    """The Supervisors' own operations."""

    def __init__(self, store: Store, inventory: Inventory, supervisors: Supervisors) -> None:
        self._store = store
        self._inventory = inventory
        self._supervisors = supervisors

    def routes(self) -> list[Route]:
        path = f"{_ROOT}/supervisors/{{supervisor}}"
        return [
            Route(f"{_ROOT}/supervisors", self._enable_on_zones, methods=["POST"]),
            Route(f"{_ROOT}/supervisors/summaries", self._list, methods=["GET"]),
            Route(path, self._enable_on_cluster, methods=["POST"]),
            Route(path, self._delete, methods=["DELETE"]),
            Route(f"{path}/summary", self._get, methods=["GET"]),
            Route(f"{path}/conditions", self._conditions, methods=["GET"]),
            Route(f"{path}/topology", self._topology, methods=["GET"]),
            Route(f"{_ROOT}/cluster-compatibility", self._compatibility, methods=["GET"]),
            Route(f"{_ROOT}/cluster-compatibility/v2", self._zone_compatibility, methods=["GET"]),
        ]

    async def _enable_on_cluster(self, request: Request) -> Response:
        if action(request) != "enable_on_compute_cluster":
            raise no_operation(request)
        body = await read_body(request, ENABLE_ON_COMPUTE_CLUSTER)
        await self._check(body)
        cluster = request.path_params["supervisor"]
        return reply(await self._supervisors.enable(cluster, body.get("zone"), body["name"], of_supervisor(body)))

    async def _enable_on_zones(self, request: Request) -> Response:
        if action(request) != "enable_on_zones":
            raise no_operation(request)
        body = await read_body(request, ENABLE_ON_ZONES)
        zones = body["zones"]
        if len(zones) not in (1, 3):
            raise invalid_argument("Only one or three zones are supported.")
        if len(zones) == 3:
            raise unsupported("This simulated vCenter runs a Supervisor on one zone only.")
        zone = self._store.zones.get(zones[0])
        if zone is None:
            raise not_found(f"Zone {zones[0]} not found.")
        if len(zone["clusters"]) != 1:
            raise invalid_argument(f"Zone {zones[0]} has {len(zone['clusters'])} clusters; it has to have one.")
        await self._check(body)
        return reply(await self._supervisors.enable(zone["clusters"][0], zones[0], body["name"], of_supervisor(body)))

    async def _check(self, body: Mapping[str, Any]) -> None:
        """References in the specification. Raises VapiError."""
        plane, workloads = body["control_plane"], body["workloads"]
        if plane.get("count", 3) not in (1, 3):
            raise invalid_argument("control_plane.count has to be 1 or 3.")
        policies = {policy.identifier for policy in await self._inventory.policies()}
        storage = workloads.get("storage", {})
        named = (plane.get("storage_policy"), *(storage.get(f"{use}_storage_policy") for use in ("ephemeral", "image")))
        for policy in named:
            if policy is not None and policy not in policies:
                raise not_found(f"Storage policy {policy} not found.")
        networks = {network.identifier for network in await self._inventory.objects("network")}
        backing = plane["network"]["backing"]
        field = "network" if backing["backing"] == "NETWORK" else "network_segment"
        if field not in backing:
            raise invalid_argument(f"control_plane.network.backing.{field} is missing for {backing['backing']}.")
        segments = backing.get("network_segment", {}).get("networks", [])
        kind = workloads["network"]["network_type"]
        member = {"VSPHERE": "vsphere", "NSXT": "nsx", "NSX_VPC": "nsx_vpc"}[kind]
        if member not in workloads["network"]:
            raise invalid_argument(f"workloads.network.{member} is missing for {kind}.")
        group = workloads["network"].get("vsphere", {}).get("dvpg")
        for network in (backing.get("network"), *segments, group):
            if network is not None and network not in networks:
                raise not_found(f"Network {network} not found.")
        libraries = {str(library["id"]) for library in await self._inventory.libraries()}
        for entry in workloads.get("images", {}).get("content_libraries", []):
            if entry["content_library"] not in libraries:
                raise not_found(f"Content library {entry['content_library']} not found.")

    async def _list(self, request: Request) -> Response:
        config_status = choice(request, "config_status", _CONFIG_STATUSES)
        kubernetes_status = choice(request, "kubernetes_status", _KUBERNETES_STATUSES)
        records = [
            record
            for record in self._supervisors.all().values()
            if config_status in (None, record["config_status"])
            and kubernetes_status in (None, record["kubernetes_status"])
        ]
        infos = await asyncio.gather(*(self._info(record) for record in records))
        items = [
            {"supervisor": record["supervisor"], "info": info} for record, info in zip(records, infos, strict=True)
        ]
        return reply({"items": items})

    async def _get(self, request: Request) -> Response:
        return reply(await self._info(self._supervisors.find(request.path_params["supervisor"])))

    async def _info(self, record: dict[str, Any]) -> dict[str, Any]:
        return {
            "name": record["name"],
            "APIEndpoint": record["endpoint"],
            "stats": await self._supervisors.stats(record),
            "config_status": record["config_status"],
            "kubernetes_status": record["kubernetes_status"],
            "messages": [
                {
                    "id": "vcenter.wcp.supervisor.control-plane",
                    "severity": "ERROR",
                    "details": localizable(text),
                }
                for text in record["messages"]
            ],
        }

    async def _conditions(self, request: Request) -> Response:
        record = self._supervisors.find(request.path_params["supervisor"])
        return reply(await self._supervisors.conditions(record))

    async def _topology(self, request: Request) -> Response:
        record = self._supervisors.find(request.path_params["supervisor"])
        clusters = {
            zone: self._store.zones.get(zone, {}).get("clusters", []) for zone in self._supervisors.bindings(record)
        }
        clusters[record["zone"]] = [record["cluster"]]
        return reply([{"zone": zone, "clusters": clusters_of_zone} for zone, clusters_of_zone in clusters.items()])

    async def _delete(self, request: Request) -> Response:
        self._supervisors.remove(request.path_params["supervisor"])
        return done()

    async def _compatible(self, request: Request) -> list[dict[str, Any]]:
        filters = values(request, "compatible")
        summaries = []
        for cluster in await self._inventory.objects("cluster"):
            enabled = self._supervisors.of_cluster(cluster.identifier) is not None
            reasons = [f"Cluster {cluster.name} already runs a Supervisor."] if enabled else []
            if not (cluster.details.get("ha_enabled") and cluster.details.get("drs_enabled")):
                reasons.append(f"Cluster {cluster.name} has not both vSphere HA and DRS enabled.")
            if matches(filters, "false" if reasons else "true"):
                summaries.append(
                    {
                        "cluster": cluster.identifier,
                        "compatible": not reasons,
                        "incompatibility_reasons": [localizable(reason) for reason in reasons],
                    }
                )
        return summaries

    async def _compatibility(self, request: Request) -> Response:
        return reply(await self._compatible(request))

    async def _zone_compatibility(self, request: Request) -> Response:
        clusters = {item["cluster"]: item for item in await self._compatible(request)}
        zones = values(request, "zones")
        summaries = []
        for name, record in self._store.zones.items():
            if matches(zones, name):
                members = [clusters[cluster] for cluster in record["clusters"] if cluster in clusters]
                fit = bool(members) and all(item["compatible"] for item in members)
                summaries.append({"zone": name, "compatible": fit, "cluster_summaries": members})
        fit = bool(summaries) and all(item["compatible"] for item in summaries)
        return reply({"compatible": fit, "zone_summaries": summaries, "incompatibility_reasons": []})
