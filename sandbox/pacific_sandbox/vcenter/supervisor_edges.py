"""Structures of ``supervisors.networks.Edges``, and what a Supervisor's specification makes of them. Pure."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from pacific_sandbox.vcenter.shape import Choice

Record = dict[str, Any]
_RANGES = [{"address!": str, "count!": int}]
_SERVER = {"host!": str, "port!": int}
_ACCOUNT = {"username": str, "password": str, "certificate_authority_chain": str}
_INTERFACES = [{"personas!": [Choice("MANAGEMENT", "WORKLOAD", "FRONTEND")], "network!": str}]
_NETWORK_SERVICES = {
    "dns": {"servers!": [str], "search_domains!": [str]},
    "ntp": {"servers!": [str]},
    "syslog": {"endpoint": str, "certificate_authority_pem": str},
}
_SIZE = Choice("SMALL", "MEDIUM", "LARGE", "X_LARGE")
_PROVIDER = Choice("AVI", "HAPROXY", "NSX_LB", "NSX_REGISTERED_AVI", "VSPHERE_FOUNDATION")
CREATE = {
    "name!": str,
    "provider!": _PROVIDER,
    "avi": {
        "server!": _SERVER,
        "username!": str,
        "password!": str,
        "certificate_authority_chain!": str,
        "cloud_name": str,
    },
    "foundation": {
        "vip_ranges!": _RANGES,
        "vip_subnets": [str],
        "interfaces": _INTERFACES,
        "deployment_target": {
            "zones": [str],
            "storage_policy": str,
            "deployment_size": _SIZE,
            "availability": Choice("ACTIVE_PASSIVE", "SINGLE_NODE"),
        },
        "network_services": _NETWORK_SERVICES,
    },
}
"""``Edges.CreateSpec``"""
UPDATE = {
    "provider!": _PROVIDER,
    "avi": _ACCOUNT,
    "haproxy": {**_ACCOUNT, "address_ranges": _RANGES},
    "foundation": {
        "vip_ranges": _RANGES,
        "vip_subnets": [str],
        "interfaces": _INTERFACES,
        "network_services": _NETWORK_SERVICES,
        "deployment_target": {"size": _SIZE, "availability": Choice("ACTIVE_PASSIVE"), "storage_policy": str},
    },
    "nsx": {"default_ingress_tls_certificate": str, "default_ingress_tls_private_key": str},
}
"""``Edges.UpdateSpec``"""
MEMBERS: Mapping[str, str] = {
    "AVI": "avi",
    "HAPROXY": "haproxy",
    "NSX_LB": "nsx",
    "VSPHERE_FOUNDATION": "foundation",
}
"""What of a structure goes with a provider."""
_HIDDEN = ("password", "default_ingress_tls_private_key")
_VERSION = "9.0.0"


def edges_of(edge: Mapping[str, Any]) -> list[Record]:
    """The ``Edges.Info`` of what ``EnableSpec.workloads.edge`` asks for; none where it names no provider."""
    ranges = edge.get("load_balancer_address_ranges", [])
    provider = {"NSX_ADVANCED": "AVI", "NSX": "NSX_LB", "NSX_VPC": "NSX_LB"}.get(
        edge.get("provider", ""), edge.get("provider")
    )
    if provider is None:
        return []
    record = {"edge": edge.get("id", "edge"), "name": edge.get("id", "edge"), "provider": provider}
    if provider == "AVI":
        return [{**record, "avi": _shown(edge.get("nsx_advanced", {}))}]
    if provider == "HAPROXY":
        return [{**record, "haproxy": {**_shown(edge.get("haproxy", {})), "address_ranges": ranges}}]
    if provider == "VSPHERE_FOUNDATION":
        specification = {**edge.get("foundation", {}), "vip_ranges": ranges}
        # The networks of the interfaces are made out of the specification; their identifiers are its names.
        specification["interfaces"] = [
            {
                "personas": item["personas"],
                "network": item["network"].get("dvpg_network", {}).get("name", item["network"]["network_type"].lower()),
            }
            for item in specification.get("interfaces", [])
        ]
        return [{**record, "foundation": foundation(specification)}]
    certificate = edge.get("nsx", {}).get("default_ingress_TLS_certificate", "")
    return [{**record, "nsx": {"default_ingress_tls_certificate": certificate}}]


def created(specification: Mapping[str, Any], edge: str) -> Record:
    """The ``Edges.Info`` of a new edge."""
    member = MEMBERS[specification["provider"]]
    settings = specification.get(member, {})
    info = foundation(settings) if member == "foundation" else _shown(settings)
    return {"edge": edge, "name": specification["name"], "provider": specification["provider"], member: info}


def foundation(specification: Mapping[str, Any]) -> Record:
    """``Edges.FoundationLoadBalancerInfo`` without its runtime."""
    target = specification.get("deployment_target", {})
    return {
        "interfaces": specification.get("interfaces", []),
        "vip_ranges": specification.get("vip_ranges", []),
        "vip_subnets": specification.get("vip_subnets", []),
        "size": target.get("deployment_size", "SMALL"),
        "availability": target.get("availability", "SINGLE_NODE"),
        "zones": target.get("zones", []),
        "storage_policy": target.get("storage_policy", ""),
        **_services(specification.get("network_services", {})),
    }


def updated(edge: Mapping[str, Any], specification: Mapping[str, Any]) -> Record:
    """An edge after a PATCH: what that leaves out stays."""
    member = MEMBERS.get(edge["provider"])
    change = specification.get(member or "")
    if member is None or change is None:
        return dict(edge)
    info = {**edge[member]}
    if member == "foundation":
        info |= {name: change[name] for name in ("vip_subnets", "interfaces") if name in change}
        info["vip_ranges"] = [*edge[member]["vip_ranges"], *change.get("vip_ranges", [])]
        info |= change.get("deployment_target", {})
        if "network_services" in change:
            info |= _services(change["network_services"])
    else:
        info |= _shown(change)
    return {**edge, member: info}


def wrong_ranges(edge: Mapping[str, Any], specification: Mapping[str, Any]) -> str | None:
    """What is wrong with the addresses of a PATCH: some are there already, or taken away. None: nothing."""
    new: list[Record]
    if edge["provider"] == "VSPHERE_FOUNDATION":
        current, new = edge["foundation"]["vip_ranges"], specification.get("foundation", {}).get("vip_ranges", [])
        for new_range in new:
            if any(_overlap(new_range, other) for other in current):
                return f"The addresses from {new_range['address']} overlap with some that the load balancer has."
    elif edge["provider"] == "HAPROXY" and "address_ranges" in specification.get("haproxy", {}):
        new = specification["haproxy"]["address_ranges"]
        for new_range in edge["haproxy"]["address_ranges"]:
            if new_range not in new:
                return f"The addresses from {new_range['address']} cannot be taken from the load balancer."
    return None


def _overlap(some: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    first, second = (int(ip_address(address_range["address"])) for address_range in (some, other))
    return first < second + int(other["count"]) and second < first + int(some["count"])


def with_runtime(edge: Mapping[str, Any], used: int) -> Record:
    """``Edges.Info``; ``used`` addresses are given to Services."""
    if "foundation" not in edge:
        return dict(edge)
    vips = sum(item["count"] for item in edge["foundation"]["vip_ranges"])
    healthy = {"type": "HEALTHY", "status": "TRUE", "reason": "Healthy"}
    runtime = {
        "conditions": [healthy],
        "version": _VERSION,
        "vips_allocated": used,
        "vips_available": max(vips - used, 0),
    }
    return {**edge, "foundation": {**edge["foundation"], "runtime": runtime}}


def _services(services: Mapping[str, Any]) -> Record:
    dns, syslog = services.get("dns", {}), services.get("syslog", {})
    return {
        "dns_servers": dns.get("servers", []),
        "dns_search_domains": dns.get("search_domains", []),
        "ntp_servers": services.get("ntp", {}).get("servers", []),
        "syslog_endpoint": syslog.get("endpoint"),
        "syslog_certificate_authority_pem": syslog.get("certificate_authority_pem"),
    }


def _shown(member: Mapping[str, Any]) -> Record:
    return {
        name: value for name, value in member.items() if name not in ("password", "default_ingress_tls_private_key")
    }
