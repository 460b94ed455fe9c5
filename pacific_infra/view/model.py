"""The view model ``pacific.infra/view/v1``: all that the pages show, as plain values. docs/view.md describes it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel

from pacific_infra.converge.health import Health
from pacific_infra.plan.changes import PropertyChange
from pacific_infra.record.history import Run
from pacific_infra.view.objects import Event
from pacific_infra.view.vcenter_look import Role, Versions
from pacific_infra.view.watches import Source

SCHEMA = "pacific.infra/view/v1"


@dataclass(frozen=True, slots=True)
class Amount:
    """One resource of a namespace or Supervisor: what it may use, uses, and by its documents will use at most."""

    resource: str
    """``cpu``, ``memory``, ``storage``, ``storage POLICY``, or a name of ``spec.objectCounts``."""
    unit: str
    """MHz, MiB, or nothing for counts."""
    limit: int | None
    used: int | None
    """None where nobody says."""
    planned: int | None
    """At most, by all documents; None where documents do not say."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something to look at."""

    severity: str
    """error or warning."""
    text: str


@dataclass(frozen=True, slots=True)
class SupervisorView:
    """One Supervisor."""

    name: str
    node: str | None
    """Id of its document."""
    health: Health
    endpoint: str
    messages: Sequence[Mapping[str, str]]
    """``severity``, ``text`` and, where there is one, ``link`` to the Knowledge Base."""
    conditions: Sequence[str]
    """What it waits for."""
    amounts: Sequence[Amount]
    """Its capacity as the limit."""
    namespaces: Sequence[str]
    versions: Versions = field(default_factory=Versions)


@dataclass(frozen=True, slots=True)
class ObjectView:
    """One object in a namespace."""

    kind: str
    group: str
    name: str
    health: Health
    created: str
    node: str | None
    """The document that it was made for."""
    managed: bool
    """Whether a document, or another object, is behind it."""
    detail: str = ""
    """For a claim its size and storage policy."""


@dataclass(frozen=True, slots=True)
class NamespaceView:
    """One vSphere Namespace."""

    name: str
    node: str | None
    supervisor: str
    description: str
    health: Health
    amounts: Sequence[Amount]
    roles: Sequence[Role]
    vm_classes: Sequence[str]
    libraries: Sequence[str]
    documents: Sequence[str]
    """Ids of the documents in it."""
    objects: Sequence[ObjectView]
    alerts: Sequence[Alert] = ()
    """What to look at, errors first."""
    since: float | None = None
    """Since when its Supervisor does not answer: what is shown of it is as old."""


@dataclass(frozen=True, slots=True)
class Need:
    """Why one document comes after another."""

    node: str
    reason: str
    field: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A recorded object that is not as the last converge left it."""

    object: str
    """``Kind namespace/name``."""
    kind: str
    """``changed`` or ``missing``."""
    changes: Sequence[PropertyChange]


@dataclass(frozen=True, slots=True)
class NodeView:
    """One document: desired, recorded, live."""

    id: str
    kind: str
    namespace: str
    name: str
    wave: int
    """0: it is recorded and no longer declared."""
    declared: bool
    external: bool
    application: str
    place: str
    """``file:line``."""
    recorded: str
    """converged, partly, missing or undeclared."""
    resources: int
    errors: Sequence[str]
    """Why it is recorded only partly."""
    live: Health | None
    """None where nothing is known of it yet."""
    needs: Sequence[Need]
    needed_by: Sequence[str]
    drift: Sequence[Difference]
    seconds: float | None
    """How long one of its kind takes to create, as measured before."""
    desired: BaseModel | None
    """Its spec; None for a document that is not declared."""

    @property
    def state(self) -> str:
        """In one word: its health, ``drifted`` where that is good, ``planned`` where nothing of it is recorded."""
        if self.recorded == "missing":
            return "planned"
        health = self.live.state if self.live is not None else "unknown"
        return "drifted" if self.drift and health in ("healthy", "suspended") else health


@dataclass(frozen=True)
class View:
    """Everything at one moment."""

    stack: str
    time: float
    """Seconds since the epoch."""
    supervisors: Sequence[SupervisorView] = ()
    namespaces: Sequence[NamespaceView] = ()
    nodes: Mapping[str, NodeView] = field(default_factory=dict)
    """By id, in dependency order."""
    events: Sequence[Event] = ()
    """Newest first."""
    sources: Sequence[Source] = ()
    """What is asked, and since when it does not answer."""
    remarks: Sequence[str] = ()
    """What is wrong with the documents, and what cannot be read."""
    converge: Mapping[str, Any] | None = None
    """The run that goes on now (pacific_infra.converge.live_progress)."""
    history: Sequence[Run] = ()
    """Newest first."""

    @property
    def drifted(self) -> Sequence[NodeView]:
        """The documents with drift."""
        return [node for node in self.nodes.values() if node.drift]


def view_json(view: View, indent: int | None = None) -> str:
    """The view model for programs, as JSON with its fields in camelCase."""
    return json.dumps({"schema": SCHEMA, **_plain(view)}, indent=indent, default=_plain)


def _plain(value: Any) -> Any:
    """One part of it as JSON has it; what is in the part follows one by one, so that there is no copy of the whole."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if not is_dataclass(value):
        return str(value)
    plain = {_camel(item.name): getattr(value, item.name) for item in fields(value)}
    if isinstance(value, View):
        plain["nodes"] = list(value.nodes.values())
    if isinstance(value, NodeView):
        plain["state"] = value.state
    return plain


@cache
def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
