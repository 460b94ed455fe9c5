"""``/api/vcenter/namespace-management/clusters``: Supervisors by their compute cluster, the API before 8.0."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.cluster_shapes import ENABLE, SET, UPDATE
from pacific_sandbox.vcenter.inventory import Inventory
from pacific_sandbox.vcenter.replies import action, done, no_operation, reply
from pacific_sandbox.vcenter.shape import read_body
from pacific_sandbox.vcenter.supervisor_settings import (
    changed_by_cluster,
    image_registry,
    management_network,
    of_cluster,
    workload_networks,
)
from pacific_sandbox.vcenter.supervisors import Record, Supervisors
from pacific_sandbox.vcenter.vapi_error import invalid_argument, not_found, status_messages, unsupported

_ROOT = "/api/vcenter/namespace-management/clusters"
_SWITCHES = ("vsphere_pods_enabled", "supervisor_services_enabled")


class ClusterRoutes:
    """Enable, read, update, disable by cluster."""

    def __init__(self, ca_file: Path, inventory: Inventory, supervisors: Supervisors) -> None:
        self._ca_file = ca_file
        self._inventory = inventory
        self._supervisors = supervisors

    def routes(self) -> list[Route]:
        path = f"{_ROOT}/{{cluster}}"
        return [
            Route(_ROOT, self._list, methods=["GET"]),
            Route(path, self._get, methods=["GET"]),
            Route(path, self._act, methods=["POST"]),
            Route(path, self._update, methods=["PATCH", "PUT"]),
            Route(f"{path}/workload-resource-options", self._resource_options, methods=["GET"]),
        ]

    def _find(self, request: Request) -> Record:
        return self._supervisors.find_on_cluster(request.path_params["cluster"])

    async def _act(self, request: Request) -> Response:
        if action(request) == "enable":
            body = await read_body(request, ENABLE)
            needed = {"VSPHERE_NETWORK": "workload_networks_spec", "NSXT_CONTAINER_PLUGIN": "ncp_cluster_network_spec"}
            field = needed.get(body["network_provider"])
            if field is not None and field not in body:
                raise invalid_argument(f"{field} is missing for {body['network_provider']}.")
            await self._check(body)
            cluster = request.path_params["cluster"]
            names = {item.identifier: item.name for item in await self._inventory.objects("cluster")}
            await self._supervisors.enable(cluster, None, names.get(cluster, cluster), of_cluster(body))
        elif action(request) == "disable":
            self._supervisors.remove(self._find(request)["supervisor"])
        else:
            raise no_operation(request)
        return done()

    async def _update(self, request: Request) -> Response:
        whole = request.method == "PUT"
        supervisor = self._find(request)["supervisor"]
        body = await read_body(request, SET if whole else UPDATE)
        if {"tls_endpoint_certificate", "tls_endpoint_private_key"} & set(body):
            raise unsupported("The certificate of a simulated Supervisor cannot be replaced.")
        await self._check(body)
        record = self._supervisors.changeable(supervisor)
        if (
            body.get("network_provider", record["settings"]["network_provider"])
            != record["settings"]["network_provider"]
        ):
            raise invalid_argument("network_provider cannot be changed.")
        changes = {name: body[name] for name in _SWITCHES if name in body and body[name] != record[name]}
        if "vsphere_pods_enabled" in changes:
            self._supervisors.enable_pods(record, changes["vsphere_pods_enabled"])
        if "supervisor_services_enabled" in changes:
            self._supervisors.enable_services(record, changes["supervisor_services_enabled"])
        self._supervisors.changed(record, settings=changed_by_cluster(record["settings"], body, whole=whole))
        return done()

    async def _check(self, body: Mapping[str, Any]) -> None:
        policies = {policy.identifier for policy in await self._inventory.policies()}
        image_storage = body.get("image_storage", {}).get("storage_policy")
        for policy in (body.get("master_storage_policy"), body.get("ephemeral_storage_policy"), image_storage):
            if policy is not None and policy not in policies:
                raise not_found(f"Storage policy {policy} not found.")

    async def _list(self, request: Request) -> Response:
        records = list(self._supervisors.all().values())
        stats = await asyncio.gather(*(self._supervisors.stats(record) for record in records))
        return reply(
            [
                {
                    "cluster": record["cluster"],
                    "cluster_name": record["cluster_name"],
                    "stats": use,
                    "config_status": record["config_status"],
                    "kubernetes_status": record["kubernetes_status"],
                }
                for record, use in zip(records, stats, strict=True)
            ]
        )

    async def _get(self, request: Request) -> Response:
        record = self._find(request)
        settings = record["settings"]
        endpoint = record["endpoint"] or ""
        image_storage = settings["image_storage_policy"]
        return reply(
            {
                "size_hint": settings["size"],
                "stat_summary": await self._supervisors.stats(record),
                "config_status": record["config_status"],
                "conditions": await self._supervisors.conditions(record),
                "messages": status_messages(record["messages"]),
                "kubernetes_status": record["kubernetes_status"],
                "kubernetes_status_messages": [],
                "api_server_management_endpoint": endpoint,
                "api_server_cluster_endpoint": endpoint,
                "api_servers": [endpoint] if endpoint else [],
                "tls_management_endpoint_certificate": self._ca_file.read_text(),
                "tls_endpoint_certificate": self._ca_file.read_text(),
                "network_provider": settings["network_provider"],
                "service_cidr": settings["service_cidr"],
                "master_management_network": management_network(settings),
                "workload_networks": workload_networks(settings),
                "master_DNS": settings["dns_servers"],
                "master_DNS_search_domains": settings["dns_search_domains"],
                "master_NTP_servers": settings["ntp_servers"],
                "master_storage_policy": settings["storage_policy"],
                "ephemeral_storage_policy": settings["ephemeral_storage_policy"],
                "image_storage": {"storage_policy": image_storage} if image_storage else None,
                "login_banner": settings["login_banner"],
                "Master_DNS_names": settings["certificate_dns_names"],
                "default_image_registry": image_registry(settings),
                "default_image_repository": settings["repository"],
                "default_kubernetes_service_content_library": settings["kubernetes_content_library"],
                "content_libraries": settings["content_libraries"],
                "cluster_proxy_config": settings["proxy"],
                "cns_file_config": {"vsan_clusters": settings.get("vsan_clusters", [])},
                "count": settings["count"],
                "vsphere_pods_enabled": record["vsphere_pods_enabled"],
                "supervisor_services_enabled": record["supervisor_services_enabled"],
            }
        )

    async def _resource_options(self, request: Request) -> Response:
        self._find(request)
        name = "com.vmware.vcenter.namespaces.resource_quota_options_v1"
        return reply({"create_resource_quota_type": name, "update_resource_quota_type": f"{name}_update"})
