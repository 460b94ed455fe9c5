"""Which other stacks use the embedded sandbox. It is stopped when none does."""

import asyncio
from collections.abc import Mapping

from pacific_infra.cli.session import Session
from pacific_infra.provider.ownership import ClusterMarks, Owner, owner_of
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.namespaces import list_namespaces, read_namespace
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisors import list_supervisors, read_topology
from pacific_infra.vcenter.virtual_machine_classes import read_virtual_machine_classes

_UNKNOWN_OWNER = "an unknown owner"


def stop_sandbox(session: Session) -> None:
    """Stop the session's sandbox, unless other stacks have objects in it. Then these are named."""
    sandbox = session.sandbox
    if sandbox is None or sandbox.status().phase != "ready":
        if sandbox is not None:
            sandbox.down()
        return
    others = asyncio.run(_others(sandbox.settings(), Owner(session.project.owner)))
    if not others:
        sandbox.down()
        return
    for owner, names in others.items():
        session.remark(f"the sandbox keeps running: {', '.join(names)} of {owner} {_verb(names)} in it")


async def _others(settings: VCenterSettings, stack: Owner) -> dict[str, list[str]]:
    client = VCenterClient(settings)
    try:
        owned = await owned_objects(client)
    finally:
        await client.close()
    return {owner.name if owner else _UNKNOWN_OWNER: names for owner, names in owned.items() if owner != stack}


def _verb(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


async def owned_objects(client: VCenterClient) -> Mapping[Owner | None, list[str]]:
    """The Supervisors, namespaces and VM classes of a vCenter by owner, such as ``Supervisor s1``.

    Under None are Supervisors and namespaces without a mark; VM classes without one are vCenter's own.
    """
    by_owner: dict[Owner | None, list[str]] = {}
    for owner, name in [
        *await _supervisors(client),
        *await _namespaces(client),
        *await _classes(client),
    ]:
        by_owner.setdefault(owner, []).append(name)
    return by_owner


async def _supervisors(client: VCenterClient) -> list[tuple[Owner | None, str]]:
    async def owner(supervisor: str) -> Owner | None:
        clusters = [cluster for _, zone in await read_topology(client, supervisor) for cluster in zone]
        return await ClusterMarks(client).owner(clusters)

    supervisors = {key: info for key, info in (await list_supervisors(client)).items() if not _is_going(info)}
    owners = await asyncio.gather(*map(owner, supervisors))
    names = [f"Supervisor {info['name']}" for info in supervisors.values()]
    return list(zip(owners, names, strict=True))


async def _namespaces(client: VCenterClient) -> list[tuple[Owner | None, str]]:
    names = sorted(await list_namespaces(client))
    infos = await asyncio.gather(*(read_namespace(client, name) for name in names))
    return [
        (owner_of(info.get("description")), f"namespace {name}")
        for name, info in zip(names, infos, strict=True)
        if info is not None and not _is_going(info)
    ]


async def _classes(client: VCenterClient) -> list[tuple[Owner | None, str]]:
    infos = await read_virtual_machine_classes(client)
    marked = [(owner_of(info.get("description")), f"VM class {info['id']}") for info in infos]
    return [(owner, name) for owner, name in marked if owner is not None]


def _is_going(info: Mapping[str, object]) -> bool:
    return info.get("config_status") == "REMOVING"
