"""The objects in a Supervisor's namespaces that carry a label, of whatever kind, read with the user's own token."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pacific_infra.vcenter.kubernetes_api import KubernetesAPI, Object, Resource
from pacific_infra.vcenter.kubernetes_refusal import KubernetesRefusal
from pacific_infra.vcenter.settings import VCenterSettings

FEW_NAMESPACES = 3
"""So many are listed by themselves, more in one list of the whole Supervisor."""


@dataclass(frozen=True, slots=True)
class SupervisorObject:
    """One object of a namespace: what it is, and its metadata."""

    group: str
    """API group, empty for the core one."""
    version: str
    kind: str
    namespace: str
    name: str
    annotations: Mapping[str, str]
    controlled: bool
    """Whether another object owns it, as a ReplicaSet its pods."""
    labels: Mapping[str, str] = field(default_factory=dict)


async def labelled_objects(
    endpoint: str, settings: VCenterSettings, namespaces: Iterable[str], label: str | None = None
) -> list[SupervisorObject]:
    """Every object, or every one with ``label`` (``name=value``), in ``namespaces`` of the Supervisor at ``endpoint``.

    Kinds that the user may not list are left out. Raises PacificError where the Supervisor cannot be asked.
    """
    async with KubernetesAPI.of_supervisor(endpoint, settings) as api:
        return await objects_of(api, frozenset(namespaces), label)


ObjectsIn = Callable[[str, VCenterSettings, Iterable[str]], Awaitable[list[SupervisorObject]]]
"""All objects in namespaces of the Supervisor at an address, read with the login of the settings."""


@dataclass(frozen=True, slots=True)
class ObjectReference:
    """Names one object on a Supervisor."""

    api_version: str
    kind: str
    name: str
    namespace: str | None


ReadObjects = Callable[[str, VCenterSettings, Sequence[ObjectReference]], Awaitable[list[Object | None]]]
"""Single objects on the Supervisor at an address, read with the login of the settings."""


async def objects_at(
    endpoint: str, settings: VCenterSettings, references: Sequence[ObjectReference]
) -> list[Object | None]:
    """Each of ``references`` on the Supervisor at ``endpoint``; None for one that is not there.

    Raises PacificError where the Supervisor cannot be asked.
    """
    async with KubernetesAPI.of_supervisor(endpoint, settings) as api:
        return await asyncio.gather(
            *(api.get(item.api_version, item.kind, item.name, item.namespace) for item in references)
        )


class BatchedObjects:
    """Reads what is in namespaces for many that ask at the same time: each look answers all who wait for one.

    A look begins after the question, so that the answer is never older. 100 namespaces that are deleted together are
    read in a few looks, not in 100, of which each goes over all kinds.
    """

    def __init__(self, objects_in: ObjectsIn) -> None:
        self._objects_in = objects_in
        self._locks: dict[str, asyncio.Lock] = {}
        self._waiting: dict[str, list[tuple[frozenset[str], asyncio.Future[list[SupervisorObject]]]]] = {}

    async def __call__(
        self, endpoint: str, settings: VCenterSettings, namespaces: Iterable[str]
    ) -> list[SupervisorObject]:
        """As ``objects_in``, and raises what it raises."""
        answer: asyncio.Future[list[SupervisorObject]] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(endpoint, []).append((frozenset(namespaces), answer))
        async with self._locks.setdefault(endpoint, asyncio.Lock()):
            questions = self._waiting.pop(endpoint, [])
            if questions:
                await self._look(endpoint, settings, questions)
        return await answer

    async def _look(
        self,
        endpoint: str,
        settings: VCenterSettings,
        questions: Sequence[tuple[frozenset[str], "asyncio.Future[list[SupervisorObject]]"]],
    ) -> None:
        names = frozenset().union(*(namespaces for namespaces, _ in questions))
        try:
            objects = await self._objects_in(endpoint, settings, names)
        except Exception as error:  # noqa: BLE001 - raised where each waits
            for _, answer in questions:
                answer.set_exception(error)
            return
        except asyncio.CancelledError:
            for _, answer in questions:
                answer.cancel()
            raise
        contents = by_namespace(objects)
        for namespaces, answer in questions:
            answer.set_result([item for name in sorted(namespaces) for item in contents.get(name, ())])


def by_namespace(objects: Iterable[SupervisorObject]) -> dict[str, list[SupervisorObject]]:
    """The objects by their namespace, in their order."""
    contents: dict[str, list[SupervisorObject]] = {}
    for item in objects:
        contents.setdefault(item.namespace, []).append(item)
    return contents


async def objects_of(api: KubernetesAPI, namespaces: frozenset[str], label: str | None) -> list[SupervisorObject]:
    """The same of an API server. Raises PacificError as KubernetesAPI does."""
    kinds = [kind for kind in await api.resources() if kind.namespaced and "list" in kind.verbs]
    lists = await asyncio.gather(*(_objects(api, kind, namespaces, label) for kind in kinds))
    return sorted(
        (item for items in lists for item in items),
        key=lambda item: (item.namespace, item.group, item.kind, item.name),
    )


async def _objects(
    api: KubernetesAPI, kind: Resource, namespaces: frozenset[str], label: str | None
) -> list[SupervisorObject]:
    items = await _list(api, kind, None, label) if len(namespaces) > FEW_NAMESPACES else None
    if items is None:
        lists = [await _list(api, kind, namespace, label) for namespace in sorted(namespaces)]
        items = [item for listed in lists for item in listed or ()]
    return [item for item in (_read(kind, item) for item in items) if item.namespace in namespaces]


async def _list(api: KubernetesAPI, kind: Resource, namespace: str | None, label: str | None) -> list[Object] | None:
    """The objects of a namespace, or of all; None where they may not be listed there."""
    try:
        return await api.list(kind.api_version, kind.kind, namespace, label_selector=label, metadata_only=True)
    except KubernetesRefusal as refusal:
        if refusal.of_listing:
            return None
        raise


def _read(kind: Resource, item: Object) -> SupervisorObject:
    metadata = item["metadata"]
    return SupervisorObject(
        kind.group,
        kind.api_version.rpartition("/")[2],
        kind.kind,
        metadata.get("namespace", ""),
        metadata["name"],
        metadata.get("annotations") or {},
        any(owner.get("controller") for owner in metadata.get("ownerReferences") or ()),
        metadata.get("labels") or {},
    )
