"""Virtual machines in vCenter's inventory, as far as a namespace's rules need them."""

from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.reading import lower_names


async def machines_of_namespace(client: VCenterClient, namespace: str) -> dict[str, str]:
    """Name by identifier of each VM in the resource pools of a namespace. Raises VCenterError."""
    pools = lower_names(await client.get("/vcenter/resource-pool", {"names": namespace})) or []
    if not pools:
        return {}
    pool_ids = ",".join(str(pool["resource_pool"]) for pool in pools)
    machines = lower_names(await client.get("/vcenter/vm", {"resource_pools": pool_ids})) or []
    return {str(machine["vm"]): str(machine["name"]) for machine in machines}
