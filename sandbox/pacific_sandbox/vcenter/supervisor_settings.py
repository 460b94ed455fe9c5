"""A Supervisor's settings: one flat record that the old API (clusters) and the new one (slices) share."""

from collections.abc import Mapping
from typing import Any

from pacific_sandbox.vcenter.supervisor_edges import edges_of

Settings = dict[str, Any]

_NETWORK_PROVIDERS = {"VSPHERE": "VSPHERE_NETWORK", "NSXT": "NSXT_CONTAINER_PLUGIN", "NSX_VPC": "NSX_VPC"}


def of_supervisor(specification: Mapping[str, Any]) -> Settings:
    """Settings out of the new API's ``EnableSpec``."""
    plane, workloads = specification["control_plane"], specification["workloads"]
    network = plane["network"]
    backing = network["backing"]
    services = network.get("services", {})
    images, storage = workloads.get("images", {}), workloads.get("storage", {})
    segments = backing.get("network_segment", {}).get("networks", [])
    policy = plane.get("storage_policy")
    return {
        "size": plane.get("size", "SMALL"),
        "login_banner": plane.get("login_banner"),
        "count": plane.get("count", 3),
        "storage_policy": policy,
        "ephemeral_storage_policy": storage.get("ephemeral_storage_policy", policy),
        "image_storage_policy": storage.get("image_storage_policy", policy),
        **file_volumes(storage.get("cloud_native_file_volume", {})),
        "port_groups": [backing["network"]] if "network" in backing else list(segments),
        "dns_servers": services.get("dns", {}).get("servers", []),
        "dns_search_domains": services.get("dns", {}).get("search_domains", []),
        "ntp_servers": services.get("ntp", {}).get("servers", []),
        "floating_IP_address": network.get("floating_IP_address"),
        "proxy": network.get("proxy"),
        "certificate_dns_names": _security(workloads).get("certificate_dns_names", []),
        "namespace_api_fairness": plane.get("enable_namespace_api_fairness", True),
        "client_IP_preservation": None,
        "registry": images.get("registry"),
        "repository": images.get("repository"),
        "content_libraries": images.get("content_libraries", []),
        "kubernetes_content_library": images.get("kubernetes_content_library"),
        "network_provider": _NETWORK_PROVIDERS[workloads["network"]["network_type"]],
        "service_cidr": _service_cidr(workloads["network"]),
        "workload_port_group": workloads["network"].get("vsphere", {}).get("dvpg"),
        "edges": edges_of(workloads["edge"]),
    }


def of_cluster(specification: Mapping[str, Any]) -> Settings:
    """Settings out of the old API's ``Clusters.EnableSpec``."""
    network = specification["master_management_network"]
    image_storage = specification["image_storage"]["storage_policy"]
    return {
        "size": specification["size_hint"],
        "login_banner": specification.get("login_banner"),
        "count": specification.get("count", 3),
        "storage_policy": specification["master_storage_policy"],
        "ephemeral_storage_policy": specification["ephemeral_storage_policy"],
        "image_storage_policy": image_storage,
        **file_volumes(specification.get("cns_file_config", {})),
        "port_groups": [network["network"]],
        "dns_servers": specification.get("master_DNS", []),
        "dns_search_domains": specification.get("master_DNS_search_domains", []),
        "ntp_servers": specification.get("master_NTP_servers", []),
        "floating_IP_address": network.get("floating_IP"),
        "proxy": specification.get("cluster_proxy_config"),
        "certificate_dns_names": specification.get("Master_DNS_names", []),
        "namespace_api_fairness": specification.get("enable_namespace_api_fairness", True),
        "client_IP_preservation": None,
        "registry": specification.get("default_image_registry"),
        "repository": specification.get("default_image_repository"),
        "content_libraries": specification.get("content_libraries", []),
        "kubernetes_content_library": specification.get("default_kubernetes_service_content_library"),
        "network_provider": specification["network_provider"],
        "service_cidr": specification["service_cidr"],
        "workload_port_group": specification.get("workload_networks_spec", {})
        .get("supervisor_primary_workload_network", {})
        .get("vsphere_network", {})
        .get("portgroup"),
    }


_CLUSTER_FIELDS = {
    "size_hint": "size",
    "login_banner": "login_banner",
    "count": "count",
    "master_storage_policy": "storage_policy",
    "ephemeral_storage_policy": "ephemeral_storage_policy",
    "master_DNS": "dns_servers",
    "master_DNS_search_domains": "dns_search_domains",
    "master_NTP_servers": "ntp_servers",
    "floating_IP": "floating_IP_address",
    "cluster_proxy_config": "proxy",
    "Master_DNS_names": "certificate_dns_names",
    "enable_namespace_api_fairness": "namespace_api_fairness",
    "default_image_registry": "registry",
    "default_image_repository": "repository",
    "content_libraries": "content_libraries",
    "default_kubernetes_service_content_library": "kubernetes_content_library",
}
"""Fields of the old API's update structures that are settings as they are."""
_LISTS = {"dns_servers", "dns_search_domains", "ntp_servers", "certificate_dns_names", "content_libraries"}


def changed_by_cluster(settings: Settings, specification: Mapping[str, Any], *, whole: bool) -> Settings:
    """Settings after the old API's update; ``whole`` (PUT): what is left out is cleared."""
    changed = dict(settings)
    for field, name in _CLUSTER_FIELDS.items():
        if field in specification:
            changed[name] = specification[field]
        elif whole and name not in ("count", "namespace_api_fairness"):
            changed[name] = [] if name in _LISTS else None
    if "image_storage" in specification:
        changed["image_storage_policy"] = specification["image_storage"]["storage_policy"]
    if "cns_file_config" in specification or whole:
        changed |= file_volumes(specification.get("cns_file_config", {}))
    return changed


def file_volumes(specification: Mapping[str, Any]) -> Settings:
    """ReadWriteMany volumes: on which vSAN clusters, and, as the slice of 9.1 has it, whether there are any."""
    clusters = list(specification.get("vsan_clusters") or [])
    return {"vsan_clusters": clusters, "file_volumes": bool(clusters)}


def image_registry(settings: Settings) -> dict[str, Any] | None:
    """The registry of the Supervisor's images as ``Info`` structures show it: without its account."""
    registry = settings["registry"]
    return None if registry is None else {name: registry.get(name) for name in ("hostname", "port")}


def management_network(settings: Settings) -> dict[str, Any]:
    """``Clusters.NetworkSpec`` of the control plane."""
    groups = settings["port_groups"]
    network: dict[str, Any] = {"network": groups[0] if groups else "", "mode": "DHCP"}
    network["floating_IP"] = settings["floating_IP_address"]
    if len(groups) > 1:
        network["network_segment"] = {"networks": groups}
    return network


def workload_networks(settings: Settings) -> dict[str, Any] | None:
    """``Clusters.WorkloadNetworksInfo``, of vSphere networking only."""
    group = settings.get("workload_port_group")
    if group is None:
        return None
    network = {"portgroup": group, "address_ranges": [], "gateway": "", "subnet_mask": ""}
    primary = {"network": "primary", "network_provider": settings["network_provider"], "vsphere_network": network}
    return {"supervisor_primary_workload_network": primary}


def _security(workloads: Mapping[str, Any]) -> Mapping[str, Any]:
    security: Mapping[str, Any] = workloads.get("kube_API_server_options", {}).get("security", {})
    return security


def _service_cidr(network: Mapping[str, Any]) -> dict[str, Any]:
    for assignment in network.get("ip_management", {}).get("ip_assignments", []):
        if assignment.get("assignee") == "SERVICE" and assignment["ranges"]:
            first = assignment["ranges"][0]
            return {"address": first["address"], "prefix": 32 - max(first["count"] - 1, 0).bit_length()}
    return {"address": "10.96.0.0", "prefix": 23}
