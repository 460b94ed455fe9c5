"""Structures of ``com.vmware.vcenter.namespaces``, with the wire's spelling."""

from typing import Any

from pacific_sandbox.vcenter.shape import V8_0_2, V9_0, V9_1, Choice, Since

QUOTA_FIELDS = (
    "memory_limit",
    "memory_limit_default",
    "memory_request_default",
    "cpu_limit",
    "cpu_limit_default",
    "cpu_request_default",
    "storage_request_limit",
    "pod_count",
    "service_count",
    "deployment_count",
    "daemon_set_count",
    "replica_set_count",
    "replication_controller_count",
    "stateful_set_count",
    "config_map_count",
    "secret_count",
    "persistent_volume_claim_count",
    "job_count",
)
"""Fields of ``ResourceQuotaOptionsV1``: MHz, MiB, and counts."""
ROLE = Choice("OWNER", "EDIT", "VIEW")
_CIDRS = [{"address!": str, "prefix!": int}]
_PROVIDER = Choice("NSXT_CONTAINER_PLUGIN", "VSPHERE_NETWORK", "NSX_VPC")
_SUBNETS = [{"path!": str, "pod_default": bool, "vm_default": bool, "name": str}]
_QUOTA: dict[str, Any] = dict.fromkeys(QUOTA_FIELDS, int)
_QUOTA_UPDATE: dict[str, Any] = {**_QUOTA, **{f"{name}_unset": bool for name in QUOTA_FIELDS}}
_EDGES = [{"id!": str, "edge_provider!": Choice("NSX_REGISTERED_AVI"), "avi": {"se_group_name": str}}]
ZONES = [
    {
        "name!": str,
        "vm_reservations": [{"reserved_vm_class!": str, "count!": int}],
        "cpu_limit_MHz": int,
        "cpu_reservation_MHz": int,
        "memory_limit_MiB": int,
        "memory_reservation_MiB": int,
        "disallow_unreserved_direct_path_usage": bool,
    }
]
_COMMON: dict[str, Any] = {
    "description": str,
    "access_list": [
        {
            "subject_type!": Choice("USER", "GROUP"),
            "subject!": str,
            "domain!": str,
            "role!": ROLE,
            "identity_provider": str,
        }
    ],
    "storage_specs": [{"policy!": str, "limit": int}],
    "vm_service_spec": {"content_libraries": [str], "vm_classes": [str]},
    "content_libraries": Since(
        V8_0_2,
        [
            {
                "content_library!": str,
                "writable": bool,
                "allow_import": Since(V9_0, bool),
                "resource_naming_strategy": Since(V9_0, Choice("FROM_ITEM_ID", "PREFER_ITEM_SOURCE_ID")),
            }
        ],
    ),
    "edges": Since(V9_1, _EDGES),
    "infrastructure_policies": Since(V9_1, [str]),
}
_CREATE: dict[str, Any] = {
    **_COMMON,
    "namespace!": str,
    "resource_spec": _QUOTA,
    "networks": [str],
    "creator": {"subject!": str, "domain!": str},
    "namespace_network": {
        "network_provider!": _PROVIDER,
        "network": {
            "namespace_network_cidrs": _CIDRS,
            "ingress_cidrs": _CIDRS,
            "egress_cidrs": _CIDRS,
            "nsx_tier0_gateway": str,
            "subnet_prefix_length": int,
            "routed_mode": bool,
            "load_balancer_size": Choice("SMALL", "MEDIUM", "LARGE"),
        },
    },
}
CREATE = {**_CREATE, "cluster!": str}
"""``Instances.CreateSpec``"""
CREATE_V2 = {
    **_CREATE,
    "supervisor!": str,
    "zones": Since(V9_0, ZONES),
    "network_spec": Since(
        V9_0,
        {
            "network_provider!": _PROVIDER,
            "vpc_network": {
                "vpc_config": {"private_cidrs": _CIDRS},
                "vpc": str,
                "shared_subnets": Since(V9_1, _SUBNETS),
                "default_subnet_size": int,
            },
            "vsphere_network": Since(V9_1, {"default_workload_network": str}),
        },
    ),
}
"""``Instances.CreateSpecV2``"""
_VPC_CHANGE = {"default_subnet_size": int, "shared_subnets": Since(V9_1, _SUBNETS), "private_cidrs": _CIDRS}
UPDATE = {
    **_COMMON,
    "resource_spec": _QUOTA_UPDATE,
    "zones": Since(V9_0, ZONES),
    "network_spec": Since(
        V9_0,
        {
            "network_provider!": _PROVIDER,
            "vpc_config": _VPC_CHANGE,
            "vsphere_network_config": Since(V9_1, {"networks_to_add": [str], "networks_to_remove": [str]}),
        },
    ),
}
"""``Instances.UpdateSpec``"""
SET = {
    **_COMMON,
    "resource_spec": _QUOTA,
    "network_spec": Since(
        V9_0,
        {
            "network_provider!": _PROVIDER,
            "vpc_config": _VPC_CHANGE,
            "vsphere_network_config": Since(V9_1, {"networks": [str]}),
        },
    ),
}
"""``Instances.SetSpec``"""
ACCESS = {"role!": ROLE, "identity_provider": str}
"""``Access.CreateSpec`` and ``Access.SetSpec``"""
