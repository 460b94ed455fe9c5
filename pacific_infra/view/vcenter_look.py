"""What vCenter says of Supervisors and vSphere Namespaces, asked every few seconds: its API has no watches for them."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pacific_infra.converge.health import Health, health_of
from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.namespaces import is_inherited, list_namespaces, read_namespace
from pacific_infra.vcenter.supervisors import list_supervisors, read_supervisor, read_unmet_conditions
from pacific_infra.vcenter.upgrades import read_upgrade
from pacific_infra.vcenter.virtual_machine_classes import read_virtual_machine_class

INTERVAL = 10.0
"""Seconds between two looks."""
AT_A_TIME = 8
"""Namespaces that are asked for at a time."""


@dataclass(frozen=True, slots=True)
class Role:
    """Who may do what in a namespace."""

    subject: str
    """``NAME@DOMAIN``."""
    subject_type: str
    """USER or GROUP."""
    role: str
    inherited: bool
    """Whether vCenter has added it by itself."""


@dataclass(frozen=True, slots=True)
class Versions:
    """A Supervisor's software."""

    current: str = ""
    """Empty: vCenter does not say."""
    available: Sequence[str] = ()
    """What it can be upgraded to."""


@dataclass(frozen=True)
class VCenterLook:
    """One look."""

    supervisors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """``supervisors.Summary.Info`` by identifier."""
    versions: Mapping[str, Versions] = field(default_factory=dict)
    """By identifier of the Supervisor."""
    conditions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What each Supervisor waits for."""
    namespaces: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """``Instances.InfoV2`` by name."""
    roles: Mapping[str, Sequence[Role]] = field(default_factory=dict)
    """By namespace."""
    policies: Mapping[str, str] = field(default_factory=dict)
    """Names of storage policies by identifier."""
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Names of content libraries by identifier."""
    classes: Mapping[str, Health] = field(default_factory=dict)
    """Health of VM classes by name."""


async def look_at_vcenter(client: VCenterClient, namespaces: Collection[str], classes: Iterable[str]) -> VCenterLook:
    """Ask vCenter. ``namespaces``, ``classes``: those of the documents; the namespaces of others are not told of.

    Raises PacificError where vCenter does not answer.
    """
    supervisors, policies, libraries = {}, {}, {}
    conditions, versions = {}, {}
    for identifier, summary in (await list_supervisors(client)).items():
        supervisors[identifier] = {**summary, **(await read_supervisor(client, identifier) or {})}
        versions[identifier] = await _optional(_versions(client, identifier), Versions())
        conditions[identifier] = await _optional(read_unmet_conditions(client, identifier), [])
    policies = await _optional(_names(client, "/vcenter/storage/policies", "policy"), {})
    libraries = await _optional(_library_names(client), {})
    visible = set(await list_namespaces(client))
    gate = asyncio.Semaphore(AT_A_TIME)

    async def read(name: str) -> tuple[str, dict[str, Any] | None, list[Role]]:
        async with gate:
            info = await read_namespace(client, name)
            return name, info, await _roles(client, name, info or {})

    reads = await asyncio.gather(*(read(name) for name in namespaces if name in visible))
    health = {name: health_of("VM class", await read_virtual_machine_class(client, name)) for name in classes}
    return VCenterLook(
        supervisors,
        versions,
        conditions,
        {name: info for name, info, _ in reads if info is not None},
        {name: roles for name, _, roles in reads},
        policies,
        libraries,
        health,
    )


async def _versions(client: VCenterClient, supervisor: str) -> Versions:
    info = await read_upgrade(client, supervisor, by_cluster=False)
    if info is None:
        info = await read_upgrade(client, supervisor, by_cluster=True) or {}
    return Versions(
        str(info.get("current_version") or ""), [str(name) for name in info.get("available_versions") or ()]
    )


async def _roles(client: VCenterClient, namespace: str, info: Mapping[str, Any]) -> list[Role]:
    return [
        Role(
            f"{entry.get('subject')}@{entry.get('domain')}",
            str(entry.get("subject_type")),
            str(entry.get("role")),
            await _optional(is_inherited(client, namespace, entry), False),
        )
        for entry in info.get("access_list") or ()
    ]


async def _names(client: VCenterClient, path: str, key: str) -> dict[str, str]:
    return {str(item[key]): str(item["name"]) for item in await client.get(path) or ()}


async def _library_names(client: VCenterClient) -> dict[str, str]:
    names = {}
    for identifier in await client.get("/content/library") or ():
        names[str(identifier)] = str((await client.get(f"/content/library/{identifier}"))["name"])
    return names


async def _optional(request: Any, otherwise: Any) -> Any:
    """What a request answers; ``otherwise`` where the user may not ask that, or this version of vCenter has it not."""
    try:
        return await request
    except PacificError:
        return otherwise
