"""Upgrades of Supervisors: by themselves (9.1), or by their cluster (before)."""

from typing import Any
from urllib.parse import quote

from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import NotFound
from pacific_infra.vcenter.reading import lower_names
from pacific_infra.vcenter.supervisors import read_topology

_SOFTWARE = "/vcenter/namespace-management/software"


async def read_upgrade(client: VCenterClient, supervisor: str, *, by_cluster: bool) -> dict[str, Any] | None:
    """``Upgrades.Info``, or ``software.Clusters.Info``, with lower-case names; None: no such Supervisor."""
    try:
        path = (
            await _path(client, supervisor) if by_cluster else f"{_SOFTWARE}/supervisors/upgrades/{_quote(supervisor)}"
        )
        return dict(lower_names(await client.get(path)))
    except NotFound:
        return None


async def begin_upgrade(
    client: VCenterClient, supervisor: str, specification: dict[str, Any], *, by_cluster: bool
) -> None:
    """Ask for another version; ``Jobs.CreateSpec``. Raises InvalidArgument, NotAllowed. vCenter goes on by itself."""
    if by_cluster:
        await client.post(await _path(client, supervisor), specification, {"action": "upgrade"})
    else:
        await client.post(f"{_SOFTWARE}/supervisors/upgrades/jobs/{_quote(supervisor)}", specification)


async def _path(client: VCenterClient, supervisor: str) -> str:
    cluster = (await read_topology(client, supervisor))[0][1][0]
    return f"{_SOFTWARE}/clusters/{_quote(cluster)}"


def _quote(part: str) -> str:
    return quote(part, safe="")
