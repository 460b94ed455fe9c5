"""HAProxy and Avi of a running Supervisor by its cluster: ``clusters/{cluster}/load-balancers`` (7.0.3)."""

from typing import Any
from urllib.parse import quote

from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import NotFound
from pacific_infra.vcenter.reading import lower_names


def _path(cluster: str) -> str:
    return f"/vcenter/namespace-management/clusters/{quote(cluster, safe='')}/load-balancers"


async def list_load_balancers(client: VCenterClient, cluster: str) -> list[dict[str, Any]]:
    """``LoadBalancers.Info`` of each, with lower-case names; none where the cluster runs no Supervisor."""
    try:
        summaries = lower_names(await client.get(_path(cluster)))
    except NotFound:
        return []
    paths = [f"{_path(cluster)}/{quote(str(item['id']), safe='')}" for item in summaries]
    return [dict(lower_names(await client.get(path))) for path in paths]


async def update_load_balancer(
    client: VCenterClient, cluster: str, identifier: str, specification: dict[str, Any]
) -> None:
    """Change what ``specification`` (``LoadBalancers.UpdateSpec``) names, nothing else."""
    await client.patch(f"{_path(cluster)}/{quote(identifier, safe='')}", specification)


async def set_load_balancer(
    client: VCenterClient, cluster: str, identifier: str, specification: dict[str, Any]
) -> None:
    """Give a load balancer a whole new configuration, its servers too: ``LoadBalancers.SetSpec``."""
    await client.request("PUT", f"{_path(cluster)}/{quote(identifier, safe='')}", body=specification)
