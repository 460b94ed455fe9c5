"""What goes along when Supervisors and namespaces are deleted, beside what the stack's record says."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.extra import recorded_objects, unrecorded_objects
from pacific_infra.errors import PacificError
from pacific_infra.plan.changes import holds_data
from pacific_infra.plan.removal import Fate, RemovedPart
from pacific_infra.provider.ownership import Owner, owner_of
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.contents import (
    foreign_texts,
    namespaces_on,
    not_deleted,
    owner_text,
)
from pacific_infra.vcenter.namespaces import read_namespace
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisor_objects import SupervisorObject, labelled_objects
from pacific_infra.vcenter.supervisors import read_supervisor

SUPERVISOR = "pacific:vcenter:Supervisor"
NAMESPACE = "pacific:vcenter:Namespace"


@dataclass(frozen=True)
class Contents:
    """What lies on Supervisors and in namespaces that are to be deleted."""

    refusals: tuple[PacificError, ...] = ()
    """One for each that has something which the stack does not own."""
    left: tuple[RemovedPart, ...] = ()
    """What is the stack's own and in no record, such as volumes that were kept: it goes along."""


async def find_contents(
    settings: VCenterSettings, going: Sequence[Recorded], resources: Sequence[Recorded], owner: Owner
) -> Contents:
    """Look into the Supervisors and namespaces among the resources ``going``. ``resources``: all that is recorded.

    Raises PacificError where one of them does not answer: what nobody can see is not deleted.
    """
    client = VCenterClient(settings)
    try:
        return await contents_of(client, going, resources, owner, partial(_objects, settings))
    finally:
        await client.close()


async def _objects(settings: VCenterSettings, endpoint: str, namespaces: Sequence[str]) -> list[SupervisorObject]:
    return await labelled_objects(endpoint, settings, namespaces)


async def contents_of(
    client: VCenterClient,
    going: Sequence[Recorded],
    resources: Sequence[Recorded],
    owner: Owner,
    objects_in: Callable[[str, Sequence[str]], Awaitable[list[SupervisorObject]]],
) -> Contents:
    """The same. ``objects_in``: all objects in namespaces of the Supervisor at an address."""
    recorded = recorded_objects(resources)
    refusals: list[PacificError] = []
    left: list[RemovedPart] = []
    namespaces: dict[str, str] = {}
    """The Supervisor of each namespace that goes."""
    for one in _of_type(SUPERVISOR, going):
        there = await namespaces_on(client, str(one["id"]))
        owners = {
            name: owner_of(info.get("description"))
            for name, info in there.items()
            if ("vcenter", "Namespace", "", name) not in recorded
        }
        foreign = [
            f"namespace {name} {owner_text(each.name if each else None)}"
            for name, each in owners.items()
            if each != owner
        ]
        refusals += _refused(f"the Supervisor {(one.get('inputs') or {}).get('name')}", foreign)
        left += [_part(f"Namespace/{name}", [(NAMESPACE, name)]) for name, each in owners.items() if each == owner]
        namespaces |= {name: str(one["id"]) for name in there if name not in owners or owners[name] == owner}
    for one in _of_type(NAMESPACE, going):
        info = await read_namespace(client, str(one["id"]))
        if info is not None:
            namespaces[str(one["id"])] = str(info["supervisor"])
    for supervisor in dict.fromkeys(namespaces.values()):
        names = [name for name, where in namespaces.items() if where == supervisor]
        endpoint = str((await read_supervisor(client, supervisor) or {}).get("apiendpoint") or "")
        objects = await objects_in(endpoint, names) if endpoint else []
        for name in names:
            inside = [item for item in objects if item.namespace == name]
            refusals += _refused(f"the namespace {name}", foreign_texts(inside, owner.name, recorded))
            forgotten = [(_token(item), f"{name}/{item.name}") for item in unrecorded_objects(inside, recorded, owner)]
            left += [_part(f"Namespace/{name}", forgotten)] if forgotten else []
    return Contents(tuple(refusals), tuple(left))


def _of_type(token: str, resources: Iterable[Recorded]) -> Iterator[Recorded]:
    return (one for one in resources if one["type"] == token and not one.get("external"))


def _token(item: SupervisorObject) -> str:
    return f"kubernetes:{item.group or 'core'}/{item.version}:{item.kind}"


def _part(node: str, found: Sequence[tuple[str, str]]) -> RemovedPart:
    return RemovedPart(node, tuple(Fate(token, name, None, data=holds_data(token)) for token, name in found))


def _refused(what: str, foreign: Sequence[str]) -> Iterator[PacificError]:
    if foreign:
        yield not_deleted(what, foreign)
