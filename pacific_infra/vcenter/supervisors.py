"""Supervisors: ``/vcenter/namespace-management/supervisors`` and, for old versions, ``/clusters``."""

from typing import Any
from urllib.parse import quote

from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import NotFound
from pacific_infra.vcenter.reading import lower_names

_MANAGEMENT = "/vcenter/namespace-management"
_SUPERVISORS = f"{_MANAGEMENT}/supervisors"


async def enable_on_compute_cluster(client: VCenterClient, cluster: str, specification: dict[str, Any]) -> str:
    """Ask for a Supervisor on one cluster; ``Supervisors.EnableOnComputeClusterSpec``. Returns its identifier."""
    path = f"{_SUPERVISORS}/{quote(cluster, safe='')}"
    return str(await client.post(path, specification, {"action": "enable_on_compute_cluster"}))


async def enable_on_zones(client: VCenterClient, specification: dict[str, Any]) -> str:
    """Ask for a Supervisor on one or three zones; ``Supervisors.EnableOnZonesSpec``. Returns its identifier."""
    return str(await client.post(_SUPERVISORS, specification, {"action": "enable_on_zones"}))


async def list_supervisors(client: VCenterClient) -> dict[str, dict[str, Any]]:
    """The summary of every Supervisor by its identifier."""
    answer = lower_names(await client.get(f"{_SUPERVISORS}/summaries")) or {}
    items = answer["items"] if isinstance(answer, dict) else answer
    return {str(item["supervisor"]): dict(item["info"]) for item in items}


async def read_supervisor(client: VCenterClient, supervisor: str) -> dict[str, Any] | None:
    """``supervisors.Summary.Info`` with lower-case names; None where there is no such Supervisor."""
    return await client.find(f"{_SUPERVISORS}/{quote(supervisor, safe='')}/summary")


async def read_topology(client: VCenterClient, supervisor: str) -> list[tuple[str, list[str]]]:
    """The zones of a Supervisor, each with its clusters' identifiers."""
    answer = lower_names(await client.get(f"{_SUPERVISORS}/{quote(supervisor, safe='')}/topology"))
    return [(str(item["zone"]), [str(cluster) for cluster in item["clusters"]]) for item in answer]


async def read_unmet_conditions(client: VCenterClient, supervisor: str) -> list[str]:
    """What a Supervisor still waits for, one clause each; empty where the version has no conditions."""
    try:
        answer = lower_names(await client.get(f"{_SUPERVISORS}/{quote(supervisor, safe='')}/conditions"))
    except NotFound:
        return []
    conditions = answer.get("conditions", []) if isinstance(answer, dict) else answer or []
    unmet = [item for item in conditions if isinstance(item, dict) and item.get("status") != "TRUE"]
    return [": ".join(str(item[key]) for key in ("type", "reason") if item.get(key)) for item in unmet]


async def read_slice(client: VCenterClient, supervisor: str, path: str) -> dict[str, Any] | None:
    """One part of a Supervisor's settings, for example ``control-plane/settings`` (9.1); None where there is none."""
    return await client.find(f"{_SUPERVISORS}/{quote(supervisor, safe='')}/{path}")


async def update_slice(client: VCenterClient, supervisor: str, path: str, specification: dict[str, Any]) -> None:
    """Change one part of a Supervisor's settings (9.1)."""
    await client.patch(f"{_SUPERVISORS}/{quote(supervisor, safe='')}/{path}", specification)


async def read_cluster(client: VCenterClient, cluster: str) -> dict[str, Any]:
    """``Clusters.Info`` of a Supervisor's cluster with lower-case names, the API before 9.1; empty: it has none."""
    return await client.find(f"{_MANAGEMENT}/clusters/{quote(cluster, safe='')}") or {}


async def update_cluster(client: VCenterClient, cluster: str, specification: dict[str, Any]) -> None:
    """Change what ``specification`` (``Clusters.UpdateSpec``) names, nothing else; the API before 9.1."""
    await client.patch(f"{_MANAGEMENT}/clusters/{quote(cluster, safe='')}", specification)


async def read_vsphere_pods_enabled(client: VCenterClient, supervisor: str, cluster: str) -> bool | None:
    """Whether vSphere Pods may run; None where the version (8.0) has no such switch."""
    settings = await read_slice(client, supervisor, "vsphere-pod-settings")
    if settings is None:
        settings = await read_cluster(client, cluster)
    return None if settings.get("vsphere_pods_enabled") is None else bool(settings["vsphere_pods_enabled"])


async def enable_vsphere_pods(client: VCenterClient, supervisor: str, cluster: str) -> None:
    """Let vSphere Pods run, for ever: by the Supervisor's own settings (9.1), else by its cluster's (9.0)."""
    try:
        await update_slice(client, supervisor, "vsphere-pod-settings", {"vsphere_pods_enabled": True})
    except NotFound:
        await update_cluster(client, cluster, {"vsphere_pods_enabled": True})


async def delete_supervisor(client: VCenterClient, supervisor: str, cluster: str) -> None:
    """Ask for a Supervisor's end with all its namespaces: by itself (9.1), where that is not known by its cluster."""
    try:
        await client.delete(f"{_SUPERVISORS}/{quote(supervisor, safe='')}")
    except NotFound:
        if await read_supervisor(client, supervisor) is not None:
            await client.post(f"{_MANAGEMENT}/clusters/{quote(cluster, safe='')}", None, {"action": "disable"})
