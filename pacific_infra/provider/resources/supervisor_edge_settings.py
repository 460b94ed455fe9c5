"""Which settings of a running Supervisor's load balancer vCenter changes, by its kind, and what it does not take."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_infra.provider.checking import Failure
from pacific_infra.provider.comparing import value_at
from pacific_infra.provider.models.shape import V9_0
from pacific_infra.provider.resources.supervisor_paths import Names, lies_in
from pacific_infra.vcenter.version import Version

EDGE = "workloads.edge"
RANGES = "loadBalancerAddressRanges"
PRIVATE_KEY, VIP_SUBNETS = "nsx.defaultIngressTlsPrivateKey", "foundation.vipSubnets"
"""Settings that only a Supervisor which runs has."""
BY_CLUSTER = ("HAPROXY", "NSX_ADVANCED")
"""Kinds that the cluster's API has too: before 9.0 for all of their settings, in every version for their servers."""


@dataclass(frozen=True)
class EdgeSetting:
    """One property of the load balancer."""

    path: str
    """Pulumi's path below ``workloads.edge``."""
    sent: Names
    """Where ``Edges.UpdateSpec`` takes it."""
    shown: Names = ()
    """Where ``Edges.Info`` has it; empty: nowhere."""
    together: str = ""
    """Settings of one structure, which the API takes as a whole only."""
    whole: bool = False
    """Changed with the whole configuration only, by the cluster's API (``LoadBalancers.SetSpec``)."""
    appended: bool = False
    """A list of which only what is new is sent."""


def _account(path: str, wire: str) -> tuple[EdgeSetting, ...]:
    names = {"username": "username", "password": "password", "certificateAuthorityChain": "certificate_authority_chain"}
    return tuple(
        EdgeSetting(f"{path}.{name}", (wire, there), () if name == "password" else (wire, there))
        for name, there in names.items()
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


_FIXED = "cannot be changed on a Supervisor that runs"
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
    """What a load balancer of ``provider`` lets change in a vCenter of ``version`` (None: the newest)."""
    if provider not in BY_CLUSTER and too_old(version):
        return ()
    return _SETTINGS.get(str(provider), ())


def too_old(version: Version | None) -> bool:
    """Whether only the cluster's API has load balancers."""
    return version is not None and version < V9_0


def edge_setting_of(path: str, provider: Any) -> EdgeSetting | None:
    """The setting that ``path`` (of the Supervisor) lies in; None where ``provider`` cannot change it in operation."""
    settings = _SETTINGS.get(str(provider), ())
    return next((each for each in settings if lies_in(path, f"{EDGE}.{each.path}")), None)


def edge_refusals(
    path: str, old: Mapping[str, Any], new: Mapping[str, Any], version: Version | None
) -> Iterator[Failure]:
    """Why ``path``, which differs between the inputs ``old`` and ``new``, cannot be changed; nothing where it can."""
    provider = value_at(old, f"{EDGE}.provider")
    setting = edge_setting_of(path, provider)
    if setting is None:
        names = ", ".join(f"{EDGE}.{each.path}" for each in _SETTINGS.get(str(provider), ()))
        if provider:
            yield (
                path,
                f"cannot be changed on a Supervisor that runs; allowed with provider {provider}: {names or 'nothing'}",
            )
        else:
            yield (
                path,
                "cannot be changed on a Supervisor that runs and that was enabled without a provider; leave it out",
            )
        return
    if setting not in edge_settings(provider, version):
        yield path, f"is changed on a Supervisor that runs since vCenter 9.0, this one is {version}; upgrade vCenter"
        return
    before, value = (value_at(values, f"{EDGE}.{setting.path}") for values in (old, new))
    if setting.path == RANGES:
        lost = [each for each in before or () if each not in (value or ())]
        if lost:
            names = ", ".join(f"{each['count']} from {each['address']}" for each in lost)
            reason = f"addresses cannot be taken from a load balancer that runs: {names}; keep them, and add others"
            yield f"{EDGE}.{RANGES}", reason
    elif value is None and not setting.together:
        yield path, "cannot be cleared on a Supervisor that runs; allowed: another value"
    elif setting.path.endswith(".availability") and value == "SINGLE_NODE":
        yield path, "got 'SINGLE_NODE'; allowed on a Supervisor that runs: ACTIVE_PASSIVE"
