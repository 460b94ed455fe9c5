"""vSphere Zones with their clusters, and the bindings of running Supervisors to zones (9.0)."""

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import quote

from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import InvalidArgument, NotFound
from pacific_infra.vcenter.reading import lower_names

_ZONES = "/vcenter/consumption-domains/zones"


async def create_zone(client: VCenterClient, specification: dict[str, Any]) -> None:
    """Make a zone; ``consumption_domains.Zones.CreateSpec``. Raises AlreadyExists."""
    await client.post(_ZONES, specification)


async def read_zone(client: VCenterClient, name: str) -> dict[str, Any] | None:
    """``Zones.Info`` with its ``clusters`` by identifier; None where there is no such zone."""
    zone = quote(name, safe="")
    try:
        info = dict(lower_names(await client.get(f"{_ZONES}/{zone}")))
        clusters = await client.get(f"{_ZONES}/cluster/{zone}/associations") or []
    except NotFound:
        return None
    return {**info, "zone": name, "clusters": [str(cluster) for cluster in clusters]}


async def associate(client: VCenterClient, name: str, action: Literal["add", "remove"], clusters: list[str]) -> None:
    """Put clusters into a zone, or take them out. Raises InvalidArgument naming those that vCenter refuses."""
    path = f"{_ZONES}/cluster/{quote(name, safe='')}/associations"
    status = lower_names(await client.post(path, clusters, {"action": action})) or {}
    if status.get("success") is False:
        failed = status.get("failed_clusters") or {}
        raise InvalidArgument(f"vCenter refused to {action} clusters of zone {name}: {', '.join(sorted(failed))}")


async def delete_zone(client: VCenterClient, name: str) -> None:
    """Remove a zone without clusters; what is gone already is fine.

    Raises Unreachable where the answer is lost: another one may have got the name since.
    """
    await client.remove(f"{_ZONES}/{quote(name, safe='')}", repeatable=False)


def _zones(supervisor: str) -> str:
    return f"/vcenter/namespace-management/supervisors/{quote(supervisor, safe='')}/zones"


def _binding(supervisor: str, zone: str) -> str:
    return f"{_zones(supervisor)}/{quote(zone, safe='')}/bindings"


async def list_zone_bindings(client: VCenterClient, supervisor: str) -> list[dict[str, Any]]:
    """``Bindings.Info`` of each zone, with lower-case names; none where there is no such Supervisor."""
    try:
        answer = lower_names(await client.get(f"{_zones(supervisor)}/bindings"))
    except NotFound:
        return []
    return [dict(item) for item in answer["zones"]]


async def bind_zones(client: VCenterClient, supervisor: str, specifications: Sequence[dict[str, Any]]) -> None:
    """Bind zones to the Supervisor, each by its ``Bindings.ZoneSpec``."""
    await client.post(f"{_zones(supervisor)}/bindings", {"specs": list(specifications)})


async def update_zone_binding(client: VCenterClient, supervisor: str, zone: str, specification: dict[str, Any]) -> None:
    """Change what ``specification`` (``Bindings.UpdateSpec``) names of a binding."""
    await client.patch(_binding(supervisor, zone), specification)


async def unbind_zone(client: VCenterClient, supervisor: str, zone: str) -> None:
    """Mark a zone for removal: it goes when no workload is left in it. One that is gone already is fine."""
    await client.remove(_binding(supervisor, zone))
