"""The settings of a running Supervisor's load balancer that vCenter can change, by provider, and its refusals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_infra.provider.checking import Failure
from pacific_infra.provider.comparing import value_at
from pacific_infra.provider.models.model import V9_0
from pacific_infra.provider.resources.supervisor_paths import Names, is_within
from pacific_infra.vcenter.version import Version

EDGE = "workloads.edge"
RANGES = "loadBalancerAddressRanges"
PRIVATE_KEY, VIP_SUBNETS = "nsx.defaultIngressTlsPrivateKey", "foundation.vipSubnets"
"""Settings that only a running Supervisor has."""
BY_CLUSTER = ("HAPROXY", "NSX_ADVANCED")
"""Providers that the cluster's API has too: before 9.0 for all settings, in every version for the servers."""


@dataclass(frozen=True)
class EdgeSetting:
    """One property of the load balancer."""

    path: str
    """Pulumi's path below ``workloads.edge``."""
    sent: Names
    """Its place in ``Edges.UpdateSpec``."""
    shown: Names = ()
    """Its place in ``Edges.Info``; empty: vCenter does not show it."""
    together: str = ""
    """Name of a group of settings that the API accepts only together."""
    whole: bool = False
    """Changed with the whole configuration only, by the cluster's API (``LoadBalancers.SetSpec``)."""
    appended: bool = False
    """A list of which only new items are sent."""


def _account(path: str, wire: str) -> tuple[EdgeSetting, ...]:
    names = {"username": "username", "password": "password", "certificateAuthorityChain": "certificate_authority_chain"}
    return tuple(
        EdgeSetting(f"{path}.{name}", (wire, wire_name), () if name == "password" else (wire, wire_name))
        for name, wire_name in names.items()
    )


def _servers(path: str, *names: str) -> EdgeSetting:
    return EdgeSetting(path, names, names, whole=True)


def _target(path: str, name: str) -> EdgeSetting:
    return EdgeSetting(
        f"foundation.deploymentTarget.{path}", ("foundation", "deployment_target", name), ("foundation", name)
    )


def _service(path: str, service: str, name: str, shown: str) -> EdgeSetting:
    sent = ("foundation", "network_services", service, name)
    return EdgeSetting(f"foundation.networkServices.{path}", sent, ("foundation", shown), together="network_services")


_NSX_CERTIFICATE = ("nsx", "default_ingress_tls_certificate")
_SETTINGS: Mapping[str, Sequence[EdgeSetting]] = {
    "HAPROXY": (
        EdgeSetting(RANGES, ("haproxy", "address_ranges"), ("haproxy", "address_ranges")),
        _servers("haproxy.servers", "haproxy", "servers"),
        *_account("haproxy", "haproxy"),
    ),
    "NSX": (
        EdgeSetting("nsx.defaultIngressTlsCertificate", _NSX_CERTIFICATE, _NSX_CERTIFICATE, together="certificate"),
        EdgeSetting(PRIVATE_KEY, ("nsx", "default_ingress_tls_private_key"), together="certificate"),
    ),
    "NSX_ADVANCED": (_servers("nsxAdvanced.server", "avi", "server"), *_account("nsxAdvanced", "avi")),
    "VSPHERE_FOUNDATION": (
        EdgeSetting(RANGES, ("foundation", "vip_ranges"), ("foundation", "vip_ranges"), appended=True),
        EdgeSetting(VIP_SUBNETS, ("foundation", "vip_subnets"), ("foundation", "vip_subnets")),
        _target("deploymentSize", "size"),
        _target("availability", "availability"),
        _target("storagePolicy", "storage_policy"),
        _service("dns.servers", "dns", "servers", "dns_servers"),
        _service("dns.searchDomains", "dns", "search_domains", "dns_search_domains"),
        _service("ntp.servers", "ntp", "servers", "ntp_servers"),
        _service("syslog.endpoint", "syslog", "endpoint", "syslog_endpoint"),
        _service(
            "syslog.certificateAuthorityPem",
            "syslog",
            "certificate_authority_pem",
            "syslog_certificate_authority_pem",
        ),
    ),
}


def edge_settings(provider: Any, version: Version | None) -> Sequence[EdgeSetting]:
    """The settings of a load balancer of ``provider`` that a vCenter of ``version`` (None: the newest) can change."""
    if provider not in BY_CLUSTER and too_old(version):
        return ()
    return _SETTINGS.get(str(provider), ())


def too_old(version: Version | None) -> bool:
    """Whether only the cluster's API has load balancers."""
    return version is not None and version < V9_0


def edge_setting_of(path: str, provider: Any) -> EdgeSetting | None:
    """The setting that ``path`` (of the Supervisor) is in; None where ``provider`` cannot change it while it runs."""
    settings = _SETTINGS.get(str(provider), ())
    return next((setting for setting in settings if is_within(path, f"{EDGE}.{setting.path}")), None)


def edge_refusals(
    path: str, old: Mapping[str, Any], new: Mapping[str, Any], version: Version | None
) -> Iterator[Failure]:
    """Why ``path``, which differs between the inputs ``old`` and ``new``, cannot be changed; nothing where it can."""
    provider = value_at(old, f"{EDGE}.provider")
    setting = edge_setting_of(path, provider)
    if setting is None:
        names = ", ".join(f"{EDGE}.{setting_of_kind.path}" for setting_of_kind in _SETTINGS.get(str(provider), ()))
        if provider:
            yield (
                path,
                f"cannot be changed on a running Supervisor; allowed with provider {provider}: {names or 'nothing'}",
            )
        else:
            yield (
                path,
                "cannot be changed on a running Supervisor that was enabled without a provider; remove it",
            )
        return
    if setting not in edge_settings(provider, version):
        yield path, f"can be changed on a running Supervisor since vCenter 9.0, this one is {version}; upgrade vCenter"
        return
    before, value = (value_at(values, f"{EDGE}.{setting.path}") for values in (old, new))
    if setting.path == RANGES:
        lost = [address_range for address_range in before or () if address_range not in (value or ())]
        if lost:
            names = ", ".join(f"{address_range['count']} from {address_range['address']}" for address_range in lost)
            reason = f"addresses cannot be removed from a running load balancer: {names}; keep them, and add others"
            yield f"{EDGE}.{RANGES}", reason
    elif value is None and not setting.together:
        yield path, "cannot be cleared on a running Supervisor; allowed: another value"
    elif setting.path.endswith(".availability") and value == "SINGLE_NODE":
        yield path, "got 'SINGLE_NODE'; allowed on a running Supervisor: ACTIVE_PASSIVE"
