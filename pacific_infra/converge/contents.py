"""Objects, outside the stack's record, that are deleted together with Supervisors and namespaces."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.orphans import recorded_objects, unrecorded_objects
from pacific_infra.errors import PacificError
from pacific_infra.plan.changes import holds_data
from pacific_infra.plan.removal import Fate, RemovedPart
from pacific_infra.provider.ownership import Owner, owner_of
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.contents import (
    deletion_refusal,
    foreign_texts,
    namespaces_on,
    owner_text,
)
from pacific_infra.vcenter.namespaces import read_namespace
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisor_objects import SupervisorObject, by_namespace, labelled_objects
from pacific_infra.vcenter.supervisors import read_supervisor

SUPERVISOR = "pacific:vcenter:Supervisor"
NAMESPACE = "pacific:vcenter:Namespace"


@dataclass(frozen=True)
class Contents:
    """The contents of Supervisors and namespaces that are to be deleted."""

    refusals: tuple[PacificError, ...] = ()
    """One error for each Supervisor or namespace with objects that the stack does not own."""
    left: tuple[RemovedPart, ...] = ()
    """Objects of the stack that are in no record, such as kept volumes. They are deleted too."""


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
    for resource in _of_type(SUPERVISOR, going):
        on_supervisor = await namespaces_on(client, str(resource["id"]))
        owners = {
            name: owner_of(info.get("description"))
            for name, info in on_supervisor.items()
            if ("vcenter", "Namespace", "", name) not in recorded
        }
        foreign = [
            f"namespace {name} {owner_text(namespace_owner.name if namespace_owner else None)}"
            for name, namespace_owner in owners.items()
            if namespace_owner != owner
        ]
        refusals += _refusals(f"the Supervisor {(resource.get('inputs') or {}).get('name')}", foreign)
        left += [
            _part(f"Namespace/{name}", [(NAMESPACE, name)])
            for name, namespace_owner in owners.items()
            if namespace_owner == owner
        ]
        namespaces |= {
            name: str(resource["id"]) for name in on_supervisor if name not in owners or owners[name] == owner
        }
    for resource in _of_type(NAMESPACE, going):
        info = await read_namespace(client, str(resource["id"]))
        if info is not None:
            namespaces[str(resource["id"])] = str(info["supervisor"])
    for supervisor in dict.fromkeys(namespaces.values()):
        names = [name for name, where in namespaces.items() if where == supervisor]
        endpoint = str((await read_supervisor(client, supervisor) or {}).get("apiendpoint") or "")
        contents = by_namespace(await objects_in(endpoint, names) if endpoint else [])
        for name in names:
            contained = contents.get(name, [])
            refusals += _refusals(f"the namespace {name}", foreign_texts(contained, owner.name, recorded))
            forgotten = [
                (_token(item), f"{name}/{item.name}") for item in unrecorded_objects(contained, recorded, owner)
            ]
            left += [_part(f"Namespace/{name}", forgotten)] if forgotten else []
    return Contents(tuple(refusals), tuple(left))


def _of_type(token: str, resources: Iterable[Recorded]) -> Iterator[Recorded]:
    return (resource for resource in resources if resource["type"] == token and not resource.get("external"))


def _token(item: SupervisorObject) -> str:
    return f"kubernetes:{item.group or 'core'}/{item.version}:{item.kind}"


def _part(node: str, objects: Sequence[tuple[str, str]]) -> RemovedPart:
    return RemovedPart(node, tuple(Fate(token, name, None, data=holds_data(token)) for token, name in objects))


def _refusals(subject: str, foreign: Sequence[str]) -> Iterator[PacificError]:
    if foreign:
        yield deletion_refusal(subject, foreign)
