"""Which settings of a running Supervisor's load balancer vCenter shows and changes, by its kind (9.0)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.comparing import value_at
from pacific_infra.provider.models.shape import V9_0
from pacific_infra.provider.resources.supervisor_paths import (
    Names,
    lies_in,
    property_at,
    put,
    shown_at,
    with_value,
)
from pacific_infra.provider.wire import observed, request_body
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.inventory import Inventory
from pacific_infra.vcenter.supervisor_edges import list_edges, update_edge
from pacific_infra.vcenter.version import Version

EDGE = "workloads.edge"
_PROVIDERS = {
    "HAPROXY": ("HAPROXY",),
    "NSX": ("NSX_LB", "NSX_REGISTERED_AVI"),
    "NSX_VPC": ("NSX_LB", "NSX_REGISTERED_AVI"),
    "NSX_ADVANCED": ("AVI",),
    "VSPHERE_FOUNDATION": ("VSPHERE_FOUNDATION",),
}
"""Kinds of the specification that enables a Supervisor, and what ``EdgeProvider`` calls them."""


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


def _account(path: str, wire: str) -> tuple[EdgeSetting, ...]:
    return (
        EdgeSetting(f"{path}.username", (wire, "username"), (wire, "username")),
        EdgeSetting(f"{path}.password", (wire, "password")),
        EdgeSetting(
            f"{path}.certificateAuthorityChain",
            (wire, "certificate_authority_chain"),
            (wire, "certificate_authority_chain"),
        ),
    )


def _ranges(*names: str) -> EdgeSetting:
    return EdgeSetting("loadBalancerAddressRanges", names, names)


def _target(path: str, name: str) -> EdgeSetting:
    return EdgeSetting(
        f"foundation.deploymentTarget.{path}", ("foundation", "deployment_target", name), ("foundation", name)
    )


def _service(path: str, service: str, name: str, shown: str) -> EdgeSetting:
    sent = ("foundation", "network_services", service, name)
    return EdgeSetting(f"foundation.networkServices.{path}", sent, ("foundation", shown), together="network_services")


_SETTINGS: Mapping[str, Sequence[EdgeSetting]] = {
    "HAPROXY": (_ranges("haproxy", "address_ranges"), *_account("haproxy", "haproxy")),
    "NSX": (
        EdgeSetting(
            "nsx.defaultIngressTlsCertificate",
            ("nsx", "default_ingress_tls_certificate"),
            ("nsx", "default_ingress_tls_certificate"),
        ),
    ),
    "NSX_ADVANCED": _account("nsxAdvanced", "avi"),
    "VSPHERE_FOUNDATION": (
        _ranges("foundation", "vip_ranges"),
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


def edge_setting_of(path: str, provider: Any) -> EdgeSetting | None:
    """The setting that ``path`` (of the Supervisor) lies in; None where ``provider`` cannot change it in operation."""
    settings = _SETTINGS.get(str(provider), ())
    return next((each for each in settings if lies_in(path, f"{EDGE}.{each.path}")), None)


def edge_refusal(path: str, old: Mapping[str, Any], new: Mapping[str, Any], version: Version | None) -> str | None:
    """Why ``path``, which differs between the inputs ``old`` and ``new``, cannot be changed; None: it can be."""
    provider = value_at(old, f"{EDGE}.provider")
    setting = edge_setting_of(path, provider)
    if setting is None:
        names = ", ".join(f"{EDGE}.{each.path}" for each in _SETTINGS.get(str(provider), ()))
        return (
            f"cannot be changed on a Supervisor that runs; allowed with provider {provider}: {names or 'nothing'}"
            if provider
            else "cannot be changed on a Supervisor that runs and that was enabled without a provider; leave it out"
        )
    if version is not None and version < V9_0:
        return f"is changed on a Supervisor that runs since vCenter 9.0, this one is {version}; upgrade vCenter"
    value = value_at(new, f"{EDGE}.{setting.path}")
    if value is None and not setting.together:
        return "cannot be cleared on a Supervisor that runs; allowed: another value"
    if setting.path.endswith(".availability") and value == "SINGLE_NODE":
        return "got 'SINGLE_NODE'; allowed on a Supervisor that runs: ACTIVE_PASSIVE"
    return None


@dataclass(frozen=True)
class EdgeOfSupervisor:
    """Reads and changes the load balancer that a Supervisor was enabled with."""

    client: VCenterClient
    inventory: Inventory
    supervisor: str
    version: Version | None

    async def observed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs ``values`` with each setting of the load balancer that vCenter shows as it is there."""
        wanted = [each for each in self._settings(values) if each.shown]
        wanted = [each for each in wanted if value_at(values, f"{EDGE}.{each.path}") is not None]
        found = dict(values)
        edge = await self._edge(values) if wanted else None
        for each in wanted:
            path = f"{EDGE}.{each.path}"
            raw = shown_at(edge, each.shown)
            if raw is None:
                continue
            model, item = property_at(path)
            seen = await observed({item.wire.lower(): raw}, model, {item.name: value_at(values, path)}, self.inventory)
            found = with_value(found, path, seen[item.name])
        return found

    async def update(self, inputs: Mapping[str, Any], paths: Iterable[str]) -> bool:
        """Send the settings at ``paths`` in one request. Whether there was anything to send.

        Raises PacificError where vCenter has no load balancer of the kind.
        """
        provider = value_at(inputs, f"{EDGE}.provider")
        named = [setting for path in paths if (setting := edge_setting_of(path, provider)) is not None]
        groups = {each.together for each in named} - {""}
        body: dict[str, Any] = {}
        for each in self._settings(inputs):
            value = value_at(inputs, path := f"{EDGE}.{each.path}")
            if value is None or (each not in named and each.together not in groups):
                continue
            model, item = property_at(path)
            sent = await request_body({item.name: value}, model, self.inventory, path.rpartition(".")[0])
            put(body, each.sent, sent[item.wire])
        if not body:
            return False
        edge = await self._edge(inputs)
        if edge is None:
            raise PacificError(
                f"vCenter lists no load balancer of provider {provider} on the Supervisor",
                place=EDGE,
                fix="compare workloads.edge with the Supervisor's networks in vCenter",
            )
        await update_edge(self.client, self.supervisor, str(edge["edge"]), {"provider": edge["provider"], **body})
        return True

    def _settings(self, inputs: Mapping[str, Any]) -> Sequence[EdgeSetting]:
        if self.version is not None and self.version < V9_0:
            return ()
        return _SETTINGS.get(str(value_at(inputs, f"{EDGE}.provider")), ())

    async def _edge(self, inputs: Mapping[str, Any]) -> dict[str, Any] | None:
        provider, identifier = (value_at(inputs, f"{EDGE}.{name}") for name in ("provider", "id"))
        kinds = _PROVIDERS.get(str(provider), ())
        fit = [each for each in await list_edges(self.client, self.supervisor) if each["provider"] in kinds]
        return next((each for each in fit if each["edge"] == identifier), fit[0] if fit else None)
