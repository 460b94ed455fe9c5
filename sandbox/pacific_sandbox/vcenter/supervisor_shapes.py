"""Structures of ``com.vmware.vcenter.namespace_management.supervisors``, with the wire's spelling."""

from typing import Any

from pacific_sandbox.vcenter.shape import V8_0_2, V8_0_3, V9_0, V9_1, Choice, Since

_ADDRESS_RANGES = [{"address!": str, "count!": int}]
_CIDRS = [{"address!": str, "prefix!": int}]
_SERVER = {"host!": str, "port!": int}
_DNS = {"servers!": [str], "search_domains!": [str]}
_NTP = {"servers!": [str]}
_SERVICES = {"dns": _DNS, "ntp": _NTP}
_IP_MANAGEMENT = {
    "dhcp_enabled": bool,
    "gateway_address": str,
    "ip_assignments": [{"assignee": Choice("POD", "NODE", "SERVICE"), "ranges!": _ADDRESS_RANGES}],
}
_NAMING = Choice("FROM_ITEM_ID", "PREFER_ITEM_SOURCE_ID")
CONTENT_LIBRARIES = [
    {
        "content_library!": str,
        "supervisor_services": Since(V9_0, [str]),
        "resource_naming_strategy": Since(V9_0, _NAMING),
    }
]
SIZE = Choice("TINY", "SMALL", "MEDIUM", "LARGE")
PROXY = {
    "proxy_settings_source!": Choice("VC_INHERITED", "CLUSTER_CONFIGURED", "NONE"),
    "https_proxy_config": str,
    "http_proxy_config": str,
    "no_proxy_config": [str],
    "tls_root_ca_bundle": str,
}

_CONTROL_PLANE = {
    "network!": {
        "network": str,
        "backing!": {
            "backing!": Choice("NETWORK", "NETWORK_SEGMENT"),
            "network": str,
            "network_segment": {"networks!": [str]},
        },
        "services": _SERVICES,
        "ip_management": _IP_MANAGEMENT,
        "floating_IP_address": str,
        "proxy": PROXY,
    },
    "login_banner": str,
    "size": SIZE,
    "size_v2": Since(V9_1, str),
    "storage_policy": str,
    "count": Since(V9_0, int),
    "enable_namespace_api_fairness": Since(V9_1, bool),
}
_FOUNDATION = {
    "deployment_target": {
        "zones": [str],
        "storage_policy": str,
        "deployment_size": Choice("SMALL", "MEDIUM", "LARGE", "X_LARGE"),
        "availability": Choice("ACTIVE_PASSIVE", "SINGLE_NODE"),
    },
    "interfaces": [
        {
            "personas!": [Choice("MANAGEMENT", "WORKLOAD", "FRONTEND")],
            "network!": {
                "network_type!": Choice("SUPERVISOR_MANAGEMENT", "PRIMARY_WORKLOAD", "DVPG"),
                "dvpg_network": {
                    "name!": str,
                    "network!": str,
                    "ipam!": Choice("STATIC", "DHCP"),
                    "ip_config": {"ip_ranges!": _ADDRESS_RANGES, "gateway!": str},
                },
            },
        }
    ],
    "network_services": {
        "dns": _DNS,
        "ntp": _NTP,
        "syslog": {"endpoint": str, "certificate_authority_pem": str},
    },
}
_EDGE = {
    "id": str,
    "load_balancer_address_ranges": _ADDRESS_RANGES,
    "haproxy": {"servers!": [_SERVER], "username!": str, "password!": str, "certificate_authority_chain!": str},
    "nsx": {
        "edge_cluster_ID": str,
        "default_ingress_TLS_certificate": str,
        "routing_mode": Choice("ROUTED", "NAT"),
        "egress_IP_ranges": _ADDRESS_RANGES,
        "t0_gateway": str,
        "load_balancer_size": Choice("SMALL", "MEDIUM", "LARGE"),
    },
    "nsx_advanced": {
        "server!": _SERVER,
        "username!": str,
        "password!": str,
        "certificate_authority_chain!": str,
        "cloud_name": Since(V8_0_2, str),
    },
    "foundation": Since(V9_0, _FOUNDATION),
    "provider": Choice("HAPROXY", "NSX", "NSX_ADVANCED", "NSX_VPC", "VSPHERE_FOUNDATION"),
}
_WORKLOADS = {
    "network!": {
        "network": str,
        "network_type!": Choice("NSXT", "VSPHERE", "NSX_VPC"),
        "nsx": {"dvs!": str, "namespace_subnet_prefix": int},
        "vsphere": {"dvpg!": str},
        "nsx_vpc": {"nsx_project": str, "vpc_connectivity_profile": str, "default_private_cidrs!": _CIDRS},
        "services": _SERVICES,
        "ip_management": _IP_MANAGEMENT,
    },
    "edge!": _EDGE,
    "kube_API_server_options": {"security": {"certificate_dns_names!": [str]}},
    "images": {
        "registry": {
            "hostname!": str,
            "port": int,
            "username": Since(V8_0_3, str),
            "password": Since(V8_0_3, str),
            "certificate_chain": Since(V8_0_3, str),
        },
        "repository": str,
        "kubernetes_content_library": str,
        "content_libraries": Since(V8_0_2, CONTENT_LIBRARIES),
    },
    "storage": {
        "cloud_native_file_volume": {"vsan_clusters!": [str]},
        "ephemeral_storage_policy": str,
        "image_storage_policy": str,
    },
}
_ENABLE: dict[str, Any] = {"name!": str, "control_plane!": _CONTROL_PLANE, "workloads!": _WORKLOADS}
ENABLE_ON_COMPUTE_CLUSTER = {"zone": str, **_ENABLE}
"""``Supervisors.EnableOnComputeClusterSpec``"""
ENABLE_ON_ZONES = {"zones!": [str], **_ENABLE}
"""``Supervisors.EnableOnZonesSpec``"""
