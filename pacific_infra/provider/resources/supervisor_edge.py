"""The load balancer of a running Supervisor: by its own API (9.0), or by its cluster's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.comparing import value_at
from pacific_infra.provider.resources.supervisor_edge_settings import (
    BY_CLUSTER,
    EDGE,
    EdgeSetting,
    edge_setting_of,
    edge_settings,
    too_old,
)
from pacific_infra.provider.resources.supervisor_paths import property_at, put, shown_at, with_value
from pacific_infra.provider.wire import observed_values, request_body
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.inventory import Inventory
from pacific_infra.vcenter.load_balancers import list_load_balancers, set_load_balancer, update_load_balancer
from pacific_infra.vcenter.supervisor_edges import list_edges, update_edge
from pacific_infra.vcenter.version import Version

_PROVIDERS = {
    "HAPROXY": ("HAPROXY",),
    "NSX": ("NSX_LB", "NSX_REGISTERED_AVI"),
    "NSX_VPC": ("NSX_LB", "NSX_REGISTERED_AVI"),
    "NSX_ADVANCED": ("AVI",),
    "VSPHERE_FOUNDATION": ("VSPHERE_FOUNDATION",),
}
"""Providers of the specification that enables a Supervisor, and their names in ``EdgeProvider``."""
_MEMBERS = {"HAPROXY": ("haproxy", "HA_PROXY", "ha_proxy"), "NSX_ADVANCED": ("avi", "AVI", "avi")}
"""By provider: its member of ``Edges``, its name in ``LoadBalancers.Provider``, and its fields' prefix there."""


@dataclass(frozen=True)
class SupervisorEdge:
    """Reads and changes the load balancer that a Supervisor was enabled with; ``cluster`` is the Supervisor's first."""

    client: VCenterClient
    inventory: Inventory
    supervisor: str
    cluster: str
    version: Version | None

    async def observed_settings(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs ``values`` with the actual value of each setting of the load balancer that vCenter shows."""
        declared = [setting for setting in self._settings(values) if setting.shown]
        declared = [setting for setting in declared if value_at(values, f"{EDGE}.{setting.path}") is not None]
        result = dict(values)
        edge = await self._edge(values, by_cluster=too_old(self.version)) if declared else None
        for setting in declared:
            path = f"{EDGE}.{setting.path}"
            raw = shown_at(edge, setting.shown)
            if raw is None:
                continue
            model, item = property_at(path)
            seen = await observed_values(
                {item.wire.lower(): raw}, model, {item.name: value_at(values, path)}, self.inventory
            )
            result = with_value(result, path, seen[item.name])
        return result

    async def update(self, inputs: Mapping[str, Any], paths: Iterable[str]) -> bool:
        """Send the settings at ``paths`` in one request. Returns whether anything was sent.

        Raises PacificError where vCenter has no load balancer of this provider.
        """
        provider = value_at(inputs, f"{EDGE}.provider")
        named = [setting for path in paths if (setting := edge_setting_of(path, provider)) is not None]
        groups = {setting.together for setting in named} - {""}
        whole = any(setting.whole for setting in named)
        changed = [
            setting for setting in self._settings(inputs) if whole or setting in named or setting.together in groups
        ]
        values = {
            setting: value for setting in changed if (value := value_at(inputs, f"{EDGE}.{setting.path}")) is not None
        }
        if not values:
            return False
        by_cluster = whole or too_old(self.version)
        edge = await self._edge(inputs, by_cluster=by_cluster)
        if edge is None:
            raise PacificError(
                f"vCenter lists no load balancer of provider {provider} on the Supervisor",
                place=EDGE,
                fix="compare workloads.edge with the Supervisor's networks in vCenter",
            )
        body: dict[str, Any] = {}
        for setting, value in values.items():
            model, item = property_at(f"{EDGE}.{setting.path}")
            place = f"{EDGE}.{setting.path}".rpartition(".")[0]
            sent = value
            if not item.meta.later:
                sent = (await request_body({item.name: value}, model, self.inventory, place))[item.wire]
            if setting.appended:
                current = shown_at(edge, setting.shown) or []
                sent = [entry for entry in sent if entry not in current]
            put(body, setting.sent, sent)
        if by_cluster:
            await self._by_cluster(str(edge["edge"]), str(provider), body, whole=whole)
        else:
            await update_edge(self.client, self.supervisor, str(edge["edge"]), {"provider": edge["provider"], **body})
        return True

    async def _by_cluster(self, identifier: str, provider: str, body: Mapping[str, Any], *, whole: bool) -> None:
        """Send ``body`` (``Edges.UpdateSpec``) as ``LoadBalancers.UpdateSpec`` or, ``whole``, as its ``SetSpec``."""
        member, kind, prefix = _MEMBERS[provider]
        settings = dict(body[member])
        ranges = settings.pop("address_ranges", [] if whole else None)
        specification: dict[str, Any] = (
            {"provider": kind} if ranges is None else {"provider": kind, "address_ranges": ranges}
        )
        if whole:
            specification[f"{prefix}_config_set_spec"] = settings
            await set_load_balancer(self.client, self.cluster, identifier, specification)
            return
        if settings:
            specification[f"{prefix}_config_update_spec"] = settings
        await update_load_balancer(self.client, self.cluster, identifier, specification)

    def _settings(self, inputs: Mapping[str, Any]) -> Sequence[EdgeSetting]:
        return edge_settings(value_at(inputs, f"{EDGE}.provider"), self.version)

    async def _edge(self, inputs: Mapping[str, Any], *, by_cluster: bool) -> dict[str, Any] | None:
        provider, identifier = (value_at(inputs, f"{EDGE}.{name}") for name in ("provider", "id"))
        kinds = _PROVIDERS.get(str(provider), ())
        fitting = [edge for edge in await self._edges(provider, by_cluster=by_cluster) if edge["provider"] in kinds]
        return next((edge for edge in fitting if edge["edge"] == identifier), fitting[0] if fitting else None)

    async def _edges(self, provider: Any, *, by_cluster: bool) -> list[dict[str, Any]]:
        """``Edges.Info`` of each load balancer; with ``by_cluster`` built from the cluster's ``LoadBalancers.Info``."""
        if not by_cluster:
            return await list_edges(self.client, self.supervisor)
        if provider not in BY_CLUSTER:
            return []
        member, kind, prefix = _MEMBERS[provider]
        return [
            {
                "edge": balancer["id"],
                "provider": _PROVIDERS[provider][0],
                member: {"address_ranges": balancer.get("address_ranges"), **(balancer.get(f"{prefix}_info") or {})},
            }
            for balancer in await list_load_balancers(self.client, self.cluster)
            if balancer["provider"] == kind
        ]
