"""vSphere Namespaces: ``/vcenter/namespaces/instances``, created and read by its v2 (8.0.0.1 or newer)."""

from typing import Any
from urllib.parse import quote

from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import NotFound
from pacific_infra.vcenter.reading import lower_names

_INSTANCES = "/vcenter/namespaces/instances"


async def create_namespace(client: VCenterClient, specification: dict[str, Any]) -> None:
    """Ask for a namespace; ``specification`` is ``Instances.CreateSpecV2``. Raises AlreadyExists, InvalidArgument."""
    await client.post(f"{_INSTANCES}/v2", specification)


async def read_namespace(client: VCenterClient, name: str) -> dict[str, Any] | None:
    """``Instances.InfoV2`` with lower-case names; None where there is no such namespace."""
    return await client.find(f"{_INSTANCES}/v2/{quote(name, safe='')}")


async def list_namespaces(client: VCenterClient) -> list[str]:
    """The names of all namespaces that the user may see."""
    return [str(info["namespace"]) for info in lower_names(await client.get(f"{_INSTANCES}/v2")) or []]


async def is_inherited(client: VCenterClient, name: str, entry: dict[str, Any]) -> bool:
    """Whether vCenter has added this entry of a namespace's access list by itself."""
    parts = (quote(str(entry[key]), safe="") for key in ("domain", "subject"))
    try:
        answer = await client.get(
            f"{_INSTANCES}/{quote(name, safe='')}/access/{'/'.join(parts)}", {"type": str(entry["subject_type"])}
        )
    except NotFound:
        return False
    return bool(isinstance(answer, dict) and lower_names(answer).get("inherited"))


async def update_namespace(client: VCenterClient, name: str, specification: dict[str, Any]) -> None:
    """Change what ``specification`` (``Instances.UpdateSpec``) names, nothing else; a named list replaces the whole."""
    await client.patch(f"{_INSTANCES}/{quote(name, safe='')}", specification)


async def delete_namespace(client: VCenterClient, name: str) -> bool:
    """Ask for a namespace's end with all that is in it; False where there is none. vCenter goes on after the answer.

    Raises Unreachable where the answer is lost: another one may have got the name since.
    """
    return await client.remove(f"{_INSTANCES}/{quote(name, safe='')}", repeatable=False)


async def remove_zone(client: VCenterClient, name: str, zone: str) -> None:
    """Take one zone off a namespace (9.0 or newer)."""
    await client.delete(f"{_INSTANCES}/{quote(name, safe='')}/zones/{quote(zone, safe='')}")


async def machines_of_namespace(client: VCenterClient, namespace: str) -> dict[str, str]:
    """Name by identifier of each VM in the resource pools of a namespace. Raises VCenterError."""
    pools = lower_names(await client.get("/vcenter/resource-pool", {"names": namespace})) or []
    if not pools:
        return {}
    pool_ids = ",".join(str(pool["resource_pool"]) for pool in pools)
    machines = lower_names(await client.get("/vcenter/vm", {"resource_pools": pool_ids})) or []
    return {str(machine["vm"]): str(machine["name"]) for machine in machines}
