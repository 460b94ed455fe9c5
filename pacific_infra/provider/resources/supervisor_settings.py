"""The settings of a running Supervisor that vCenter shows and changes: by its own API (9.1), or by its cluster's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_infra.provider.comparing import value_at
from pacific_infra.provider.models.model import V9_0, V9_1
from pacific_infra.provider.resources.supervisor_paths import (
    Names,
    is_within,
    property_at,
    put,
    shown_at,
    with_value,
)
from pacific_infra.provider.wire import observed_values, request_body
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.inventory import Inventory
from pacific_infra.vcenter.supervisors import read_cluster, read_slice, update_cluster, update_slice
from pacific_infra.vcenter.version import Version

_NETWORKS = "control-plane/networks/settings"
FILE_VOLUMES = "workloads.storage.fileVolumesEnabled"
CLIENT_ADDRESSES = "workloads.network.clientIpPreservationEnabled"
"""Settings that only a running Supervisor has."""
_API_SERVER = "workloads/kube-api-server-settings"
_IMAGES = "workloads/images/settings"
_NETWORK_TYPES = {"VSPHERE_NETWORK": "VSPHERE", "NSXT_CONTAINER_PLUGIN": "NSXT", "NSX_VPC": "NSX_VPC"}
"""``Clusters.NetworkProvider`` as the newer API calls it."""
_SEGMENTS, _CHANGED_SEGMENTS = "network_segments_info", "network_segments_update_spec"


@dataclass(frozen=True)
class Setting:
    """One property of the Supervisor and its place in the APIs."""

    path: str
    """Pulumi's path, ``controlPlane.count``."""
    part: str | None = None
    """Path of the API below the Supervisor, since 9.1; None: only the cluster's API has it."""
    wire: Names = ()
    """Its place in the part's ``Info``, and in its ``UpdateSpec`` too unless ``add`` is set."""
    cluster: Names = ()
    """Its place in ``Clusters.UpdateSpec``, and in ``Clusters.Info`` too unless ``shown`` is set; empty: in neither."""
    shown: Names = ()
    """Its place in ``Clusters.Info``."""
    add: Names = ()
    """Where the part's ``UpdateSpec`` has the items to add to a list."""
    remove: Names = ()
    """Where it has the items to remove."""
    together: str = ""
    """Name of a group of settings that the API accepts only together."""
    cluster_since: tuple[int, int, int] | None = None
    """First version whose cluster API has it."""
    default: Any = None
    """vCenter's default, which an import does not report."""


def _segments(path: str, group: str, name: str, cluster: str) -> Setting:
    return Setting(
        f"controlPlane.network.services.{path}",
        _NETWORKS,
        (_SEGMENTS, group, name),
        (cluster,),
        add=(_CHANGED_SEGMENTS, group, f"{name}_to_add"),
        remove=(_CHANGED_SEGMENTS, group, f"{name}_to_remove"),
    )


SETTINGS = (
    Setting("controlPlane.loginBanner", "control-plane/settings", ("login_banner",), ("login_banner",)),
    Setting("controlPlane.count", "control-plane/settings", ("count",), ("count",), cluster_since=V9_0, default=3),
    Setting("controlPlane.size", "control-plane/settings", ("size", "identifier"), ("size_hint",), default="SMALL"),
    Setting(
        "controlPlane.storagePolicy", "control-plane/storage/policies", ("default_policy",), ("master_storage_policy",)
    ),
    Setting(
        "controlPlane.network.floatingIpAddress",
        _NETWORKS,
        ("floating_IP_address",),
        ("floating_IP",),
        shown=("master_management_network", "floating_IP"),
    ),
    _segments("dns.servers", "dns", "servers", "master_DNS"),
    _segments("dns.searchDomains", "dns", "search_domains", "master_DNS_search_domains"),
    _segments("ntp.servers", "ntp", "servers", "master_NTP_servers"),
    Setting("controlPlane.network.proxy", cluster=("cluster_proxy_config",)),
    Setting("controlPlane.enableNamespaceApiFairness", _API_SERVER, ("namespace_api_fairness_enabled",), default=True),
    Setting(
        "workloads.kubeApiServerOptions.security.certificateDnsNames",
        _API_SERVER,
        ("certificate_dns_names",),
        ("Master_DNS_names",),
        add=("certificate_dns_names_to_add_list",),
        remove=("certificate_dns_names_to_remove_list",),
    ),
    Setting(
        "workloads.images.registry.hostname",
        _IMAGES,
        ("registry", "hostname"),
        ("default_image_registry", "hostname"),
        together="registry",
    ),
    Setting(
        "workloads.images.registry.port",
        _IMAGES,
        ("registry", "port"),
        ("default_image_registry", "port"),
        together="registry",
    ),
    Setting("workloads.images.repository", _IMAGES, ("repository",), ("default_image_repository",)),
    Setting("workloads.images.contentLibraries", _IMAGES, ("content_libraries",), ("content_libraries",)),
    Setting("workloads.images.kubernetesContentLibrary", cluster=("default_kubernetes_service_content_library",)),
    Setting("workloads.storage.cloudNativeFileVolume.vsanClusters", cluster=("cns_file_config", "vsan_clusters")),
    Setting(FILE_VOLUMES, "workloads/storage/cloud-native/file-volumes", ("file_volumes_enabled",), default=False),
    Setting(CLIENT_ADDRESSES, "workloads/networks/settings", ("client_IP_preservation_enabled",), default=False),
    Setting(
        "workloads.storage.ephemeralStoragePolicy",
        "workloads/storage/policies",
        ("ephemeral_storage_policy",),
        ("ephemeral_storage_policy",),
    ),
    Setting(
        "workloads.storage.imageStoragePolicy",
        "workloads/storage/policies",
        ("image_storage_policy",),
        ("image_storage", "storage_policy"),
    ),
)


def setting_of(path: str, version: Version | None = None) -> Setting | None:
    """The setting that ``path`` is in; None where a running Supervisor of ``version`` cannot change it."""
    return next((setting for setting in changeable(version) if is_within(path, setting.path)), None)


def places(path: str, version: Version | None, *values: Mapping[str, Any]) -> Iterator[str]:
    """``path``; or, if it is an object that contains settings, the paths of the settings in ``values``."""
    inner = [value for root in values if isinstance(value := value_at(root, path), Mapping)]
    if setting_of(path, version) is not None or "[" in path or not inner:
        yield path
        return
    for name in dict.fromkeys(name for value in inner for name in value):
        yield from places(f"{path}.{name}", version, *values)


def changeable(version: Version | None) -> Sequence[Setting]:
    """The settings that a Supervisor of ``version`` (None: the newest) can change while it runs."""
    return [
        setting
        for setting in SETTINGS
        if (setting.part and not _old(version)) or (setting.cluster and _has(setting, version))
    ]


@dataclass(frozen=True)
class SupervisorSettings:
    """Reads and changes the settings of one Supervisor; ``cluster`` is its first."""

    client: VCenterClient
    inventory: Inventory
    supervisor: str
    cluster: str
    version: Version | None

    async def observed_settings(self, declared: Mapping[str, Any] | None) -> dict[str, Any]:
        """``declared`` with the actual value of each setting that vCenter shows; the others stay as declared.

        With None, for an import, every setting that is set.
        """
        declared_settings = [
            setting
            for setting in changeable(self.version)
            if declared is None or value_at(declared, setting.path) is not None
        ]
        answers = await self._answers(declared_settings)
        values = dict(declared or {})
        for setting in declared_settings:
            place = self._place(setting)
            raw = shown_at(answers[place], (place is None and setting.shown) or self._names(setting))
            if raw is None or (declared is None and raw in ("", [], setting.default)):
                continue
            model, item = property_at(setting.path)
            declared_value = None if declared is None else {item.name: value_at(declared, setting.path)}
            shown = await observed_values({item.wire.lower(): raw}, model, declared_value, self.inventory)
            if item.name in shown:
                values = with_value(values, setting.path, shown[item.name])
        return values

    async def networks(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """``controlPlane.network`` and ``workloads.network`` for an import, as far as vCenter shows them."""
        info = await read_cluster(self.client, self.cluster)
        management = info.get("master_management_network") or {}
        segment = (management.get("network_segment") or {}).get("networks")
        plane: dict[str, Any] = {}
        if segment:
            names = [await self.inventory.name("network", identifier) for identifier in segment]
            plane["backing"] = {"backing": "NETWORK_SEGMENT", "networkSegment": {"networks": names}}
        elif management.get("network"):
            name = await self.inventory.name("network", management["network"])
            plane["backing"] = {"backing": "NETWORK", "network": name}
        workloads: dict[str, Any] = {}
        kind = _NETWORK_TYPES.get(str(info.get("network_provider")))
        primary = (info.get("workload_networks") or {}).get("supervisor_primary_workload_network") or {}
        group = (primary.get("vsphere_network") or {}).get("portgroup")
        switch = (info.get("ncp_cluster_network_info") or {}).get("cluster_distributed_switch")
        if kind is not None:
            workloads["networkType"] = kind
        if kind == "VSPHERE" and group:
            workloads["vsphere"] = {"dvpg": await self.inventory.name("network", group)}
        if kind == "NSXT" and switch:
            workloads["nsx"] = {"dvs": switch}
        return plane, workloads

    async def update(self, inputs: Mapping[str, Any], paths: Iterable[str]) -> bool:
        """Send the settings at ``paths``, one request per part of the API. Returns whether anything was sent."""
        named = list(dict.fromkeys(filter(None, (setting_of(path, self.version) for path in paths))))
        groups = {setting.together for setting in named} - {""}
        changed = [setting for setting in changeable(self.version) if setting in named or setting.together in groups]
        listed = [setting for setting in changed if setting.add and self._place(setting) is not None]
        answers = await self._answers(listed)
        bodies: dict[str | None, dict[str, Any]] = {}
        for setting in changed:
            model, item = property_at(setting.path)
            value = value_at(inputs, setting.path)
            if value is None and setting.together:
                continue
            if value is None:
                # In a PATCH an absent property means unchanged, so an empty value is sent to clear it.
                value = [] if item.is_list else "" if item.base is str and not item.meta.reference else None
            if value is None:
                continue
            sent = value
            if not item.meta.later:
                named_only = {item.name: value}
                sent = (await request_body(named_only, model, self.inventory, setting.path.rpartition(".")[0]))[
                    item.wire
                ]
            place = self._place(setting)
            body = bodies.setdefault(place, {})
            if setting in listed:
                current = shown_at(answers[place], setting.wire) or []
                put(body, setting.add, [entry for entry in sent if entry not in current])
                put(body, setting.remove, [entry for entry in current if entry not in sent])
            else:
                put(body, self._names(setting), sent)
        for place, body in bodies.items():
            if place is None:
                await update_cluster(self.client, self.cluster, body)
            else:
                fixed = {"backing": "NETWORK_SEGMENTS"} if _CHANGED_SEGMENTS in body else {}
                await update_slice(self.client, self.supervisor, place, {**fixed, **body})
        return bool(bodies)

    async def _answers(self, settings: Sequence[Setting]) -> dict[str | None, Any]:
        places = dict.fromkeys(self._place(setting) for setting in settings)
        return {
            place: await read_cluster(self.client, self.cluster)
            if place is None
            else await read_slice(self.client, self.supervisor, place)
            for place in places
        }

    def _place(self, setting: Setting) -> str | None:
        """The part of the Supervisor's API; None for the cluster's."""
        return None if _old(self.version) else setting.part

    def _names(self, setting: Setting) -> Names:
        return setting.cluster if self._place(setting) is None else setting.wire


def _old(version: Version | None) -> bool:
    return version is not None and version < V9_1


def _has(setting: Setting, version: Version | None) -> bool:
    return version is None or setting.cluster_since is None or version >= setting.cluster_since
