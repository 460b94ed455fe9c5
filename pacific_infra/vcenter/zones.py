"""vSphere Zones and the clusters in them: ``/vcenter/consumption-domains/zones``."""

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
    """Remove a zone without clusters; what is gone already is fine."""
    try:
        await client.delete(f"{_ZONES}/{quote(name, safe='')}")
    except NotFound:
        return
