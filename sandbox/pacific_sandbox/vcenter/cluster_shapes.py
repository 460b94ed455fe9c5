"""Structures of ``com.vmware.vcenter.namespace_management.Clusters``, the API before 8.0, with the wire's spelling."""

from typing import Any

from pacific_sandbox.vcenter.shape import Choice
from pacific_sandbox.vcenter.supervisor_shapes import CONTENT_LIBRARIES, PROXY, SIZE

_CIDR = {"address!": str, "prefix!": int}
_PROVIDER = Choice("NSXT_CONTAINER_PLUGIN", "VSPHERE_NETWORK", "NSX_VPC")
_SERVER = {"host!": str, "port!": int}
_ACCOUNT = {"username!": str, "password!": str, "certificate_authority_chain!": str}
_RANGES = [{"address!": str, "count!": int}]
_WORKLOAD_NETWORK = {
    "network!": str,
    "network_provider!": _PROVIDER,
    "vsphere_network": {
        "portgroup!": str,
        "ip_assignment_mode": Choice("DHCP", "STATICRANGE", "NONE"),
        "address_ranges!": _RANGES,
        "gateway!": str,
        "subnet_mask!": str,
        "mode": Choice("MANAGEMENT", "WORKLOAD"),
    },
    "nsx_network": dict,
}
_OPTIONAL: dict[str, Any] = {
    "master_DNS": [str],
    "worker_DNS": [str],
    "master_DNS_search_domains": [str],
    "master_NTP_servers": [str],
    "workload_ntp_servers": [str],
    "cns_file_config": {"vsan_clusters!": [str]},
    "login_banner": str,
    "Master_DNS_names": [str],
    "default_image_registry": {"hostname!": str, "port": int},
    "default_image_repository": str,
    "default_kubernetes_service_content_library": str,
    "cluster_proxy_config": PROXY,
    "content_libraries": CONTENT_LIBRARIES,
    "count": int,
    "enable_namespace_api_fairness": bool,
}
_IMAGE_STORAGE = {"storage_policy!": str}
ENABLE = {
    **_OPTIONAL,
    "size_hint!": SIZE,
    "service_cidr!": _CIDR,
    "network_provider!": _PROVIDER,
    "ncp_cluster_network_spec": {
        "pod_cidrs!": [_CIDR],
        "ingress_cidrs!": [_CIDR],
        "egress_cidrs!": [_CIDR],
        "cluster_distributed_switch": str,
        "nsx_edge_cluster": str,
        "nsx_tier0_gateway": str,
        "namespace_subnet_prefix": int,
        "routed_mode": bool,
    },
    "workload_networks_spec": {
        "supervisor_primary_workload_network!": _WORKLOAD_NETWORK,
        "network_list": [_WORKLOAD_NETWORK],
    },
    "load_balancer_config_spec": {
        "id!": str,
        "address_ranges!": _RANGES,
        "provider!": Choice("HA_PROXY", "AVI"),
        "ha_proxy_config_create_spec": {"servers!": [_SERVER], **_ACCOUNT},
        "avi_config_create_spec": {"server!": _SERVER, **_ACCOUNT, "cloud_name": str},
    },
    "master_management_network!": {
        "floating_IP": str,
        "network!": str,
        "network_segment": {"networks!": [str]},
        "mode!": Choice("DHCP", "STATICRANGE"),
        "address_range": {
            "starting_address!": str,
            "address_count!": int,
            "subnet_mask!": str,
            "gateway!": str,
        },
    },
    "master_storage_policy!": str,
    "ephemeral_storage_policy!": str,
    "image_storage!": _IMAGE_STORAGE,
}
"""``Clusters.EnableSpec``"""
_CHANGEABLE: dict[str, Any] = {
    **_OPTIONAL,
    "vsphere_pods_enabled": bool,
    "supervisor_services_enabled": bool,
    "floating_IP": str,
    "supervisor_primary_workload_network": str,
    "vpc_cluster_network_spec": {"default_private_cidrs": [_CIDR]},
    "max_concurrent_DNS_forwards": int,
}
_NCP = {"pod_cidrs": [_CIDR], "ingress_cidrs": [_CIDR], "egress_cidrs": [_CIDR], "default_ingress_tls_certificate": str}
UPDATE = {
    **_CHANGEABLE,
    "size_hint": SIZE,
    "network_provider": _PROVIDER,
    "ncp_cluster_network_spec": {**_NCP, "default_ingress_tls_private_key": str},
    "master_storage_policy": str,
    "ephemeral_storage_policy": str,
    "image_storage": _IMAGE_STORAGE,
    "tls_endpoint_certificate": str,
    "tls_endpoint_private_key": str,
}
"""``Clusters.UpdateSpec``"""
SET = {
    **_CHANGEABLE,
    "size_hint!": SIZE,
    "network_provider!": _PROVIDER,
    "ncp_cluster_network_spec": {f"{name}!": shape for name, shape in _NCP.items()},
    "master_storage_policy!": str,
    "ephemeral_storage_policy!": str,
    "image_storage!": _IMAGE_STORAGE,
}
"""``Clusters.SetSpec``"""
