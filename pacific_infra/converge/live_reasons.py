"""Why what a run waits for does not come: warning events of its objects, and finalizers of what is being deleted.

The engine's provider waits for an object and says what it sees of that object alone; a quota that lets no pod be made
is in the events of a ReplicaSet, a finalizer in the metadata of what does not go.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2
from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata

from pacific_infra.converge.progress import Reason
from pacific_infra.converge.refusals import read_refusal
from pacific_infra.errors import PacificError
from pacific_infra.record.urns import split_urn
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI, Object
from pacific_infra.vcenter.kubernetes_connection import Connection

PATIENCE = 3.0
"""Seconds that an object may be in progress before the reason is looked up."""
SKEW = 5.0
"""Seconds by which a server's clock may be behind: events that much older than the run count as its own."""
_ANSWER = 20.0
"""Seconds in which one server has to have answered."""
_DELETES = (OpType.DELETE, OpType.DELETE_REPLACED)
_SUPERVISOR = "pacific:vcenter:Supervisor"


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An object that the engine works on."""

    urn: str
    provider: str
    """Logical name of its provider."""
    api_version: str
    kind: str
    namespace: str
    name: str
    deleting: bool
    since: float
    """Unix time, seconds."""

    def is_of(self, name: str) -> bool:
        """Whether an object is called like this one or like what a controller makes for it."""
        return name == self.name or name.startswith(f"{self.name}-")


class LiveReasons:
    """Follows a run and looks at the API servers; ``event`` is part of the callback for the engine."""

    def __init__(
        self,
        connections: Mapping[str, Connection],
        connect: Callable[[str], Connection | None],
        started: float,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """``connections``: by provider, where they are known. ``connect``: to a Supervisor that the run makes, by its
        endpoint; None where that cannot be. ``started``: of the run, Unix time. ``transport`` takes the network's place
        in tests.
        """
        self._connections = dict(connections)
        self._connect = connect
        self._started = started
        self._transport = transport
        self._under_way: dict[str, UnderWay] = {}
        self._apis: dict[str, KubernetesAPI] = {}

    def event(self, event: EngineEvent, now: float) -> None:
        """Take in one event."""
        if event.resource_pre_event:
            under_way = _under_way(event.resource_pre_event.metadata, now)
            if under_way is not None:
                self._under_way[under_way.urn] = under_way
        elif event.res_outputs_event:
            step = event.res_outputs_event.metadata
            self._under_way.pop(step.urn, None)
            self._learn(step)
        elif event.res_op_failed_event:
            self._under_way.pop(event.res_op_failed_event.metadata.urn, None)

    def _learn(self, step: StepEventMetadata) -> None:
        endpoint = (step.new.outputs or {}).get("endpoint") if step.type == _SUPERVISOR and step.new else None
        provider = f"{split_urn(step.urn)[1].removesuffix('-supervisor')}-kubernetes"
        if endpoint and provider not in self._connections:
            connection = self._connect(str(endpoint))
            if connection is not None:
                self._connections[provider] = connection

    async def look(self, now: float) -> dict[str, Reason]:
        """The reasons by URN, of what has been under way for a while. What cannot be asked is left out."""
        waiting = [item for item in list(self._under_way.values()) if now - item.since >= PATIENCE]
        by_provider: dict[str, list[UnderWay]] = {}
        for item in waiting:
            if item.provider in self._connections:
                by_provider.setdefault(item.provider, []).append(item)
        reasons: dict[str, Reason] = {}
        for provider, objects in by_provider.items():
            try:
                async with asyncio.timeout(_ANSWER):
                    if provider not in self._apis:
                        connection = self._connections[provider]
                        self._apis[provider] = KubernetesAPI(connection, transport=self._transport)
                    reasons |= await reasons_of(self._apis[provider], objects, self._started - SKEW)
            except (PacificError, TimeoutError):
                continue
        return reasons

    async def close(self) -> None:
        """Close the connections."""
        for api in self._apis.values():
            await api.close()


async def reasons_of(api: KubernetesAPI, objects: Iterable[UnderWay], since: float) -> dict[str, Reason]:
    """Why ``objects`` of one server are not done, by URN. ``since``: older events are of no interest."""
    objects = list(objects)
    reasons: dict[str, Reason] = {}
    for namespace in sorted({item.namespace for item in objects if not item.deleting and item.namespace}):
        events = await api.list("v1", "Event", namespace)
        items = [item for item in objects if not item.deleting and item.namespace == namespace]
        reasons |= reasons_of_events(events, items, since)
    for item in objects:
        if item.deleting:
            live = await api.get(item.api_version, item.kind, item.name, item.namespace or None)
            reason = reason_of_deletion(live, item) if live is not None else None
            if reason is not None:
                reasons[item.urn] = reason
    return reasons


def reasons_of_events(events: Iterable[Object], objects: Iterable[UnderWay], since: float) -> dict[str, Reason]:
    """The newest warning of each object and of what is made for it, by URN.

    A warning counts while nothing newer is said of what it is about, and from ``since`` on; that of a quota before that
    too, since a controller that was refused waits ever longer before it tries again.
    """
    objects = list(objects)
    newest: dict[str, Object] = {}
    for event in sorted(events, key=_seen):
        newest[_about(event)] = event
    reasons: dict[str, Reason] = {}
    for name, event in newest.items():
        owner = max((item for item in objects if item.is_of(name)), key=lambda item: len(item.name), default=None)
        reason = reason_of_event(event)
        if owner is not None and event.get("type") == "Warning" and (reason.quota or _seen(event) >= since):
            reasons[owner.urn] = reason
    return reasons


def _about(event: Object) -> str:
    return str((event.get("involvedObject") or {}).get("name") or "")


def reason_of_event(event: Object) -> Reason:
    """``FailedCreate: it exceeds the quota team: asked for pods=1, used pods=30, limit pods=30``."""
    message = str(event.get("message") or "").strip()
    refused = read_refusal(message)
    text = message.splitlines()[0] if refused.kind == "other" and message else refused.text
    return Reason(f"{event.get('reason') or 'Warning'}: {text}", quota=refused.kind == "quota")


def reason_of_deletion(live: Object, item: UnderWay) -> Reason | None:
    """Which finalizers keep an object that is being deleted; None where none does."""
    metadata = live["metadata"]
    finalizers = [str(finalizer) for finalizer in metadata.get("finalizers") or () if finalizer != "foregroundDeletion"]
    if not metadata.get("deletionTimestamp") or not finalizers:
        return None
    name = f"{item.namespace}/{item.name}" if item.namespace else item.name
    several = len(finalizers) > 1
    return Reason(
        f"{item.kind} {name} is kept by its {'finalizers' if several else 'finalizer'} {', '.join(finalizers)}: "
        f"{'their controllers have' if several else 'its controller has'} to take "
        f"{'them' if several else 'it'} off; if no controller is left, remove {'them' if several else 'it'} with "
        f"kubectl edit",
        whole=True,
    )


def _seen(event: Object) -> float:
    """When an event happened last, Unix time."""
    series = event.get("series") or {}
    for text in (event.get("lastTimestamp"), series.get("lastObservedTime"), event.get("eventTime")):
        if text:
            return datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()
    return 0.0


def _under_way(step: StepEventMetadata, now: float) -> UnderWay | None:
    state = step.old if step.op in _DELETES else step.new
    if not step.type.startswith("kubernetes:") or step.op in (OpType.SAME, OpType.READ, OpType.REFRESH) or not state:
        return None
    return next(_of_inputs(step, dict(state.inputs or {}), now), None)


def _of_inputs(step: StepEventMetadata, inputs: Mapping[str, Any], now: float) -> Iterator[UnderWay]:
    metadata = inputs.get("metadata")
    if isinstance(metadata, Mapping) and metadata.get("name") and inputs.get("kind"):
        provider = split_urn(step.provider.rpartition("::")[0])[1] if step.provider.count("::") > 3 else ""
        yield UnderWay(
            urn=step.urn,
            provider=provider,
            api_version=str(inputs.get("apiVersion")),
            kind=str(inputs["kind"]),
            namespace=str(metadata.get("namespace") or ""),
            name=str(metadata["name"]),
            deleting=step.op in _DELETES,
            since=now,
        )
