"""What is kept of the objects of Kubernetes APIs, and of their events. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import Any, NamedTuple

from pacific_infra.converge.health import Health, health_of

MOST_EVENTS = 1000
"""Newest events that are kept of each server."""


class Key(NamedTuple):
    """What tells one object of a server from all others."""

    group: str
    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One object as it was seen last."""

    key: Key
    health: Health
    created: str
    """As its API has it, RFC 3339."""
    made_for: str
    """Name of the workload that it is labelled with; empty: with none."""
    owned: bool
    """Whether another object owns it."""
    text: str
    """All of it as JSON, which takes a tenth of the room; empty where only its health is kept."""

    @property
    def content(self) -> Mapping[str, Any] | None:
        """All of it, for a comparison with the record; None where only its health is kept."""
        content: Mapping[str, Any] | None = json.loads(self.text) if self.text else None
        return content


@dataclass(frozen=True, slots=True)
class Event:
    """One event."""

    time: str
    """When it happened last, RFC 3339."""
    namespace: str
    kind: str
    name: str
    """Name of the object that it is about."""
    type: str
    """Normal or Warning."""
    reason: str
    message: str
    count: int


@dataclass
class ServerObjects:
    """The objects and events of one server."""

    objects: dict[Key, Seen] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    """By the uid of the event."""

    followed: set[tuple[str, str]] = field(default_factory=set)
    """Group and kind of what has been listed: of others it is not known what is there."""

    def replace(self, scope: Iterable[Key], items: Iterable[Seen]) -> None:
        """Put ``items`` in place of what ``scope`` names."""
        for key in list(scope):
            self.objects.pop(key, None)
        self.objects.update((item.key, item) for item in items)

    def of(self, group: str, kind: str, namespace: str | None) -> Iterator[Key]:
        """The keys of a kind, in a namespace or, where that is None, everywhere."""
        for key in self.objects:
            if (key.group, key.kind) == (group, kind) and namespace in (None, key.namespace):
                yield key

    def add_events(self, events: Iterable[tuple[str, Event]]) -> None:
        """Take in events; the oldest go where there are too many."""
        self.events.update(events)
        if len(self.events) > MOST_EVENTS + MOST_EVENTS // 4:
            newest = sorted(self.events.items(), key=lambda entry: entry[1].time)[-MOST_EVENTS:]
            self.events = dict(newest)


def seen(content: Mapping[str, Any]) -> Seen:
    """What is kept of an object. Of pods only their health; of secrets nothing that is in them."""
    metadata = content.get("metadata") or {}
    group = str(content.get("apiVersion") or "").rpartition("/")[0]
    kind = str(content.get("kind") or "")
    key = Key(intern(group), intern(kind), _kept(metadata, "namespace"), str(metadata.get("name") or ""))
    labels = metadata.get("labels") or {}
    rule = "Knative Service" if group == "serving.knative.dev" else kind
    return Seen(
        key,
        _one_for_all(health_of(rule, content)),
        _kept(metadata, "creationTimestamp"),
        _kept(labels, "app.kubernetes.io/name"),
        bool(metadata.get("ownerReferences")),
        "" if kind in ("Pod", "Secret") else _without_managers(content),
    )


def _kept(fields: Mapping[str, Any], name: str) -> str:
    """A text that many objects have, kept once."""
    return intern(str(fields.get(name) or ""))


@lru_cache(maxsize=1024)
def _one_for_all(health: Health) -> Health:
    """Thousands of pods are alike."""
    return health


def _without_managers(content: Mapping[str, Any]) -> str:
    metadata = {name: value for name, value in (content.get("metadata") or {}).items() if name != "managedFields"}
    return json.dumps({**content, "metadata": metadata}, separators=(",", ":"))


def event_of(content: Mapping[str, Any]) -> tuple[str, Event]:
    """The uid of an event, and what is kept of it."""
    about = content.get("involvedObject") or {}
    metadata = content.get("metadata") or {}
    series = content.get("series") or {}
    time = content.get("lastTimestamp") or series.get("lastObservedTime") or content.get("eventTime")
    return str(metadata.get("uid") or metadata.get("name")), Event(
        time=str(time or metadata.get("creationTimestamp") or ""),
        namespace=str(about.get("namespace") or metadata.get("namespace") or ""),
        kind=str(about.get("kind") or ""),
        name=str(about.get("name") or ""),
        type=str(content.get("type") or "Normal"),
        reason=str(content.get("reason") or ""),
        message=" ".join(str(content.get("message") or "").split()),
        count=int(content.get("count") or series.get("count") or 1),
    )


def seconds_of(time: str) -> float | None:
    """Seconds since the epoch of a time in RFC 3339; None for another text."""
    try:
        return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None
