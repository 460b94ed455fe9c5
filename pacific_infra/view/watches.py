"""Follows the Kubernetes APIs of an estate: watches, and for each server whether it answers."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI, Resource
from pacific_infra.vcenter.kubernetes_refusal import KubernetesRefusal
from pacific_infra.vcenter.kubernetes_watch import Listed, Put, Removed, follow
from pacific_infra.view.objects import Event, Seen, ServerObjects, event_of, seen

ALWAYS: frozenset[tuple[str, str]] = frozenset(
    {
        ("", "PersistentVolumeClaim"),
        ("", "Pod"),
        ("", "ResourceQuota"),
        ("", "Service"),
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("batch", "CronJob"),
        ("batch", "Job"),
        ("cluster.x-k8s.io", "Cluster"),
        ("serving.knative.dev", "Service"),
        ("vmoperator.vmware.com", "VirtualMachine"),
    }
)
"""Group and kind of what is followed whether or not it is recorded: what runs in a namespace, whoever made it."""
PAUSES = (1.0, 2.0, 5.0, 10.0)
"""Seconds before each further attempt at a server that does not answer; the last for all further ones."""
NEW_KINDS = 30.0
"""Seconds between two looks at which kinds a server has: definitions come and go."""


@dataclass
class Source:
    """Something that is asked, and since when it does not answer."""

    name: str
    away_since: float | None = None
    problem: str = ""
    known: bool = False
    """Whether it has answered once."""

    def answered(self) -> bool:
        """It answers; whether that is news."""
        news = not self.known or self.away_since is not None
        self.away_since, self.problem, self.known = None, "", True
        return news

    def silent(self, problem: str) -> bool:
        """It does not answer; whether that is news."""
        news = self.away_since is None or self.problem != problem
        self.away_since, self.problem = self.away_since or time.time(), problem
        return news


@dataclass
class ServerWatch:
    """The watches of one API server."""

    provider: str
    """URN of the provider that the recorded objects have."""
    connect: Callable[[], Awaitable[KubernetesAPI]]
    changed: Callable[[], object]
    """Called whenever something is not as it was."""
    source: Source
    namespaces: Collection[str] = ()
    """Where objects are looked for if the user may not list them everywhere."""
    kinds: set[tuple[str, str]] = field(default_factory=set)
    """Group and kind of the recorded objects."""
    objects: ServerObjects = field(default_factory=ServerObjects)

    async def run(self) -> None:
        """Follow it until cancelled; where it does not answer, try again and again."""
        attempt = 0
        while True:
            try:
                async with await self.connect() as api:
                    await self._follow_kinds(api)
            except* PacificError as group:
                problem = _first(group)
                if self.source.silent(problem):
                    self.changed()
            attempt = 0 if self.source.away_since is None else min(attempt + 1, len(PAUSES))
            await asyncio.sleep(PAUSES[max(attempt - 1, 0)])

    async def _follow_kinds(self, api: KubernetesAPI) -> None:
        followed: set[tuple[str, str]] = set()
        async with asyncio.TaskGroup() as tasks:
            while True:
                for resource in await api.resources() if not followed else await _resources_of(api):
                    identity = (resource.group, resource.kind)
                    follows = identity in ALWAYS | self.kinds | {("", "Event")}
                    if follows and identity not in followed and "watch" in resource.verbs:
                        followed.add(identity)
                        tasks.create_task(self._follow(api, resource))
                if self.source.answered():
                    self.changed()
                await asyncio.sleep(NEW_KINDS)

    async def _follow(self, api: KubernetesAPI, resource: Resource) -> None:
        try:
            await self._follow_in(api, resource, None)
        except KubernetesRefusal as refusal:
            if not refusal.of_listing:
                raise
            if refusal.status != 403 or not resource.namespaced:
                return
            async with asyncio.TaskGroup() as tasks:
                for namespace in self.namespaces:
                    tasks.create_task(self._follow_namespace(api, resource, namespace))

    async def _follow_namespace(self, api: KubernetesAPI, resource: Resource, namespace: str) -> None:
        try:
            await self._follow_in(api, resource, namespace)
        except KubernetesRefusal as refusal:
            if refusal.status not in (403, 404):
                raise

    async def _follow_in(self, api: KubernetesAPI, resource: Resource, namespace: str | None) -> None:
        if (resource.group, resource.kind) == ("", "Event"):
            await self._follow_events(api, resource, namespace)
            return
        secret = resource.kind == "Secret"
        async for change in follow(api, resource, namespace, seen, metadata_only=secret):
            self._take(change, resource, namespace)
            self.changed()

    def _take(
        self, change: Listed[Seen] | Put[Seen] | Removed[Seen], resource: Resource, namespace: str | None
    ) -> None:
        if isinstance(change, Listed):
            self.objects.replace(self.objects.of(resource.group, resource.kind, namespace), change.items)
            self.objects.followed.add((resource.group, resource.kind))
        elif isinstance(change, Put):
            self.objects.objects[change.item.key] = change.item
        else:
            self.objects.objects.pop(change.item.key, None)

    async def _follow_events(self, api: KubernetesAPI, resource: Resource, namespace: str | None) -> None:
        change: Listed[tuple[str, Event]] | Put[tuple[str, Event]] | Removed[tuple[str, Event]]
        async for change in follow(api, resource, namespace, event_of):
            if isinstance(change, Removed):
                continue  # it has happened all the same
            self.objects.add_events(change.items if isinstance(change, Listed) else [change.item])
            self.changed()


async def _resources_of(api: KubernetesAPI) -> list[Resource]:
    """The kinds that a server has now, asked anew."""
    api.forget_kinds()
    return await api.resources()


def _first(group: BaseExceptionGroup[Any]) -> str:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error.problem if isinstance(error, PacificError) else str(error)
