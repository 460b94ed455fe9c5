"""Zones that a running Supervisor is bound to: ``supervisors/{supervisor}/zones/bindings`` (9.0)."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import NotFound
from pacific_infra.vcenter.reading import lower_names


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
    try:
        await client.delete(_binding(supervisor, zone))
    except NotFound:
        return
