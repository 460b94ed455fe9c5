"""The functions that look up objects in vCenter. They change nothing."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.models.model import V9_1
from pacific_infra.provider.ownership import unmarked
from pacific_infra.provider.resources.namespace import NamespaceResource
from pacific_infra.provider.resources.resource import Request, Values
from pacific_infra.provider.session import Session
from pacific_infra.vcenter.inventory import nearest
from pacific_infra.vcenter.namespaces import list_namespaces
from pacific_infra.vcenter.supervisors import list_supervisors, read_topology
from pacific_infra.vcenter.upgrades import read_upgrade
from pacific_infra.vcenter.virtual_machine_classes import read_virtual_machine_classes


async def get_supervisor(session: Session, arguments: Values) -> Values:
    """The Supervisor with this name: its state, zones, clusters and versions."""
    identifier = await session.inventory.identifier("Supervisor", arguments["name"], place="name")
    info = (await list_supervisors(session.client))[identifier]
    zones = await read_topology(session.client, identifier)
    version = await session.version()
    upgrade = await read_upgrade(session.client, identifier, by_cluster=version is not None and version < V9_1) or {}
    return {
        "id": identifier,
        "name": str(info["name"]),
        "endpoint": str(info.get("apiendpoint") or ""),
        "configStatus": str(info.get("config_status")),
        "kubernetesStatus": str(info.get("kubernetes_status")),
        "zones": [zone for zone, _ in zones],
        "clusters": [cluster for _, clusters in zones for cluster in clusters],
        "currentVersion": str(upgrade.get("current_version") or ""),
        "availableVersions": [str(version) for version in upgrade.get("available_versions") or []],
    }


async def get_supervisors(session: Session, arguments: Values) -> Values:
    """Each Supervisor's identifier and name."""
    del arguments
    by_identifier = await list_supervisors(session.client)
    supervisors = [{"id": key, "name": str(info["name"])} for key, info in by_identifier.items()]
    return {"supervisors": sorted(supervisors, key=lambda supervisor: supervisor["name"])}


async def get_namespace(session: Session, arguments: Values) -> Values:
    """The namespace as an import would read it. Raises PacificError with the nearest names."""
    namespace = await NamespaceResource().read(Request(session, ""), arguments["name"], None)
    if namespace is None:
        names = await list_namespaces(session.client)
        raise PacificError(
            "no such namespace in vCenter", value=arguments["name"], allowed=nearest(arguments["name"], names) or "none"
        )
    return namespace[1]


async def get_namespaces(session: Session, arguments: Values) -> Values:
    """The names of all namespaces."""
    del arguments
    return {"names": sorted(await list_namespaces(session.client))}


async def get_virtual_machine_classes(session: Session, arguments: Values) -> Values:
    """All VM classes."""
    del arguments
    classes = [
        {
            "name": str(info["id"]),
            "cpuCount": int(info["cpu_count"]),
            "memoryMib": int(info["memory_mb"]),
            "cpuReservation": int(info.get("cpu_reservation") or 0),
            "memoryReservation": int(info.get("memory_reservation") or 0),
            "description": unmarked(str(info.get("description") or "")),
        }
        for info in await read_virtual_machine_classes(session.client)
    ]
    classes.sort(key=lambda info: str(info["name"]))
    return {"names": [info["name"] for info in classes], "classes": classes}


async def get_zones(session: Session, arguments: Values) -> Values:
    """The names of all vSphere Zones."""
    del arguments
    return {"names": sorted((await session.inventory.names("zone")).values())}


async def get_version(session: Session, arguments: Values) -> Values:
    """vCenter's version. Raises PacificError where vCenter does not report it."""
    del arguments
    version = await session.version()
    if version is None:
        raise PacificError("vCenter does not report its version", fix="give the user the privilege System.Read")
    return {"version": str(version)}


def _of_kind(kind: str) -> Callable[[Session, Values], Awaitable[Values]]:
    async def find(session: Session, arguments: Values) -> Values:
        identifier = await session.inventory.identifier(kind, arguments["name"], place="name")
        return {"id": identifier, "name": await session.inventory.name(kind, identifier)}

    return find


RUNNERS: Mapping[str, Callable[[Session, dict[str, Any]], Awaitable[Values]]] = {
    "getSupervisor": get_supervisor,
    "getSupervisors": get_supervisors,
    "getNamespace": get_namespace,
    "getNamespaces": get_namespaces,
    "getVirtualMachineClasses": get_virtual_machine_classes,
    "getStoragePolicy": _of_kind("storage policy"),
    "getContentLibrary": _of_kind("content library"),
    "getComputeCluster": _of_kind("cluster"),
    "getNetwork": _of_kind("network"),
    "getZones": get_zones,
    "getVersion": get_version,
}
"""The implementation of each function by its name."""
