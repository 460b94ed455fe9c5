"""Edges of a running Supervisor, its load balancers among them: ``supervisors/{supervisor}/networks/edges`` (9.0)."""

from typing import Any
from urllib.parse import quote

from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.reading import lower_names


def _path(supervisor: str) -> str:
    return f"/vcenter/namespace-management/supervisors/{quote(supervisor, safe='')}/networks/edges"


async def list_edges(client: VCenterClient, supervisor: str) -> list[dict[str, Any]]:
    """``Edges.Info`` of each edge, with lower-case names. The API has no operation that reads a single one."""
    return [dict(item) for item in lower_names(await client.get(_path(supervisor)))["edges"]]


async def update_edge(client: VCenterClient, supervisor: str, edge: str, specification: dict[str, Any]) -> None:
    """Change what ``specification`` (``Edges.UpdateSpec``) names of an edge, nothing else."""
    await client.patch(f"{_path(supervisor)}/{quote(edge, safe='')}", specification)
