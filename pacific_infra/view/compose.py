"""Puts the view model together: documents, record, live objects, vCenter, a run that goes on, and the history. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pacific_infra.converge.external import OF_STORAGE_CLASS
from pacific_infra.converge.health import Health, health_of, worst_health
from pacific_infra.converge.live_limits import COUNTS
from pacific_infra.converge.lost import SUPERVISOR
from pacific_infra.documents.quantity import mib
from pacific_infra.plan.changes import PropertyChange
from pacific_infra.record.history import Run
from pacific_infra.view.alerts import alerts_of
from pacific_infra.view.differences import live_differences
from pacific_infra.view.model import (
    Amount,
    Difference,
    NamespaceView,
    NodeView,
    ObjectView,
    SupervisorView,
    View,
)
from pacific_infra.view.objects import Event, Key, Seen, ServerObjects
from pacific_infra.view.parts import Declared, RecordedState
from pacific_infra.view.vcenter_drift import Compared
from pacific_infra.view.vcenter_look import VCenterLook, Versions
from pacific_infra.view.watches import Source

SHOWN_EVENTS = 500
_LINK = re.compile(r"https?://[^\s\"'<>)\]]+")
_CAMEL = re.compile(r"_(\w)")


@dataclass(frozen=True)
class Server:
    """What is known of one API server."""

    name: str
    """The Supervisor's, or the workload cluster's."""
    source: Source
    seen: ServerObjects


@dataclass
class Differences:
    """Remembers comparisons: an object that has not changed is not compared again."""

    known: dict[str, tuple[object, object, list[PropertyChange]]] = field(default_factory=dict)

    def of(self, urn: str, recorded: Mapping[str, Any], inputs: Mapping[str, Any], live: Seen) -> list[PropertyChange]:
        """What of the object is not as it was recorded."""
        before = self.known.get(urn)
        if before is not None and before[0] is recorded and before[1] is live:
            return before[2]
        content = live.content
        changes = [] if content is None else live_differences(inputs, recorded, content)
        self.known[urn] = (recorded, live, changes)
        return changes


@dataclass(frozen=True)
class Composition:
    """All that a view is made of."""

    stack: str
    declared: Declared
    recorded: RecordedState
    servers: Mapping[str, Server]
    """By URN of the provider."""
    vcenter: VCenterLook | None
    """None: it has not answered yet, or there is none."""
    sources: Sequence[Source]
    differences: Differences
    compared: Mapping[str, Compared] = field(default_factory=dict)
    """By URN, of the resources of vCenter."""
    remarks: Sequence[str] = ()
    converge: Mapping[str, Any] | None = None
    history: Sequence[Run] = ()


def compose(parts: Composition, now: float) -> View:
    """The view at ``now``, seconds since the epoch."""
    nodes = {node: _node(parts, node) for node in parts.recorded.nodes}
    inhabitants = _inhabitants(parts, nodes)
    namespaces = [_namespace(parts, name, nodes, inhabitants[name]) for name in _namespace_names(parts)]
    events = sorted(
        (event for server in parts.servers.values() for event in server.seen.events.values()),
        key=lambda event: event.time,
        reverse=True,
    )
    return View(
        parts.stack,
        now,
        list(_supervisors(parts, nodes)),
        namespaces,
        nodes,
        events[:SHOWN_EVENTS],
        parts.sources,
        parts.remarks,
        parts.converge,
        parts.history,
    )


def _node(parts: Composition, node: str) -> NodeView:
    recorded, declared = parts.recorded.nodes[node], parts.declared.nodes.get(node)
    health, drift = [], []
    for urn in reversed(recorded.urns):
        live, difference = _resource(parts, urn)
        health += [live] if live is not None else []
        drift += [difference] if difference is not None else []
    kind, _, path = node.partition("/")
    namespace, _, name = path.rpartition("/")
    return NodeView(
        id=node,
        kind=declared.kind if declared else kind,
        namespace=declared.namespace if declared else namespace,
        name=declared.name if declared else name,
        wave=declared.wave if declared else 0,
        declared=declared is not None,
        external=declared.external if declared else False,
        application=declared.application if declared else "",
        place=declared.place if declared else "",
        recorded=recorded.state,
        resources=recorded.resources,
        errors=recorded.errors,
        live=worst_health(health) if health else None,
        needs=declared.needs if declared else (),
        needed_by=declared.needed_by if declared else (),
        drift=drift,
        seconds=declared.seconds if declared else None,
        desired=declared.desired if declared else None,
    )


def _resource(parts: Composition, urn: str) -> tuple[Health | None, Difference | None]:
    """How a recorded resource is, and how it differs from its record; None where nothing is known."""
    item = parts.recorded.objects.get(urn)
    if item is None:
        return _vcenter_health(parts, urn), _vcenter_drift(parts, urn)
    server = parts.servers.get(item.provider)
    if server is None or not server.source.known:
        return (Health("unknown", server.source.problem) if server and server.source.problem else None), None
    if server.source.away_since is not None:
        return Health("unknown", server.source.problem), None
    live = server.seen.objects.get(item.key)
    name = f"{item.key.kind} {item.key.namespace}/{item.key.name}".replace(" /", " ")
    if live is None:
        if (item.key.group, item.key.kind) not in server.seen.followed:
            return None, None
        return Health("missing", f"{item.key.kind} does not exist"), Difference(name, "missing", ())
    changes = parts.differences.of(urn, item.outputs, item.inputs, live)
    return live.health, Difference(name, "changed", changes) if changes else None


def _vcenter_health(parts: Composition, urn: str) -> Health | None:
    recorded, look = parts.recorded.in_vcenter.get(urn), parts.vcenter
    if look is None or recorded is None:
        return None
    token, identifier = recorded["type"], str(recorded["id"])
    if token == SUPERVISOR:
        return health_of("Supervisor", look.supervisors.get(identifier))
    if token == "pacific:vcenter:Namespace":  # noqa: S105 - a type token
        return health_of("vSphere Namespace", look.namespaces.get(identifier))
    if token == "pacific:vcenter:VirtualMachineClass":  # noqa: S105 - a type token
        return look.classes.get(identifier)
    compared = parts.compared.get(urn)
    missing = compared is not None and compared.difference is not None and compared.difference.kind == "missing"
    # Of other kinds vCenter says no more than that they are there.
    return None if compared is None else Health("missing", "it does not exist") if missing else Health("healthy", "")


def _vcenter_drift(parts: Composition, urn: str) -> Difference | None:
    recorded, compared = parts.recorded.in_vcenter.get(urn), parts.compared.get(urn)
    if recorded is None or compared is None or compared.outputs != (recorded.get("outputs") or {}):
        return None
    return compared.difference


def _supervisors(parts: Composition, nodes: Mapping[str, NodeView]) -> Iterator[SupervisorView]:
    by_identifier = {
        str(resource["id"]): node
        for node, recorded in parts.recorded.nodes.items()
        for urn in recorded.urns
        if (resource := parts.recorded.in_vcenter.get(urn)) is not None and resource["type"] == SUPERVISOR
    }
    look = parts.vcenter or VCenterLook()
    shown = set()
    for identifier, info in sorted(look.supervisors.items(), key=lambda entry: str(entry[1].get("name"))):
        node = by_identifier.get(identifier)
        shown.add(node)
        stats = info.get("stats") or {}
        yield SupervisorView(
            name=str(info.get("name") or identifier),
            node=node,
            health=health_of("Supervisor", info),
            endpoint=str(info.get("apiendpoint") or ""),
            messages=[_message(message) for message in info.get("messages") or ()],
            conditions=look.conditions.get(identifier, ()),
            amounts=[
                Amount(name, unit, _number(stats.get(f"{name}_capacity")), _number(stats.get(f"{name}_used")), None)
                for name, unit in (("cpu", "MHz"), ("memory", "MiB"), ("storage", "MiB"))
            ],
            namespaces=[name for name, other in look.namespaces.items() if other.get("supervisor") == identifier],
            versions=look.versions.get(identifier, Versions()),
        )
    for other in nodes.values():
        if other.kind == "SupervisorCluster" and other.id not in shown:
            health = other.live or Health("unknown", "it has not been looked at yet")
            namespaces = [name for name in _namespace_names(parts) if _supervisor_of(parts, name) == other.name]
            yield SupervisorView(other.name, other.id, health, "", (), (), (), namespaces)


def _message(message: Any) -> dict[str, str]:
    """A message of vCenter: its severity, its text, and the article of the Knowledge Base that it names."""
    details = message.get("details") if isinstance(message, Mapping) else message
    text = str(details.get("default_message") if isinstance(details, Mapping) else details)
    link = message.get("kb_article_link") if isinstance(message, Mapping) else None
    match = _LINK.search(text)
    severity = str(message.get("severity") or "") if isinstance(message, Mapping) else ""
    return {"severity": severity, "text": text, "link": str(link or (match[0] if match else ""))}


def _namespace_names(parts: Composition) -> list[str]:
    declared = dict.fromkeys(parts.declared.graph.estate.namespaces)
    recorded = (node.partition("/")[2] for node in parts.recorded.nodes if node.startswith("Namespace/"))
    return list({**declared, **dict.fromkeys(recorded)})


def _supervisor_of(parts: Composition, namespace: str) -> str:
    document = parts.declared.graph.estate.by_id.get(f"Namespace/{namespace}")
    return (document.supervisor if document is not None else None) or ""


@dataclass
class _Inhabitants:
    """What is in one namespace."""

    nodes: list[NodeView] = field(default_factory=list)
    objects: dict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    """By URN of the provider."""


def _inhabitants(parts: Composition, nodes: Mapping[str, NodeView]) -> dict[str, _Inhabitants]:
    """By namespace, each object looked at once."""
    inhabitants: dict[str, _Inhabitants] = defaultdict(_Inhabitants)
    for node in nodes.values():
        inhabitants[node.namespace].nodes.append(node)
    for provider, server in parts.servers.items():
        for key, seen in server.seen.objects.items():
            inhabitants[key.namespace].objects[provider].append(seen)
    return inhabitants


def _namespace(
    parts: Composition, name: str, nodes: Mapping[str, NodeView], inhabitants: _Inhabitants
) -> NamespaceView:
    node = nodes.get(f"Namespace/{name}")
    look = parts.vcenter or VCenterLook()
    info = look.namespaces.get(name) or {}
    specification = info.get("vm_service_spec") or {}
    provider, server = _server_of(parts, name)
    objects = inhabitants.objects[provider]
    health = health_of("vSphere Namespace", info) if info else node.live if node else None
    amounts = list(_amounts(parts, name, info, objects))
    return NamespaceView(
        name=name,
        node=node.id if node else None,
        supervisor=_supervisor_of(parts, name),
        description=str(info.get("description") or ""),
        health=health or Health("unknown", "it has not been looked at yet"),
        amounts=amounts,
        roles=look.roles.get(name, ()),
        vm_classes=[str(item) for item in specification.get("vm_classes") or ()],
        libraries=[look.libraries.get(str(item), str(item)) for item in specification.get("content_libraries") or ()],
        documents=[other.id for other in inhabitants.nodes if other.kind != "Namespace"],
        objects=list(_objects(parts, provider, objects, inhabitants.nodes)),
        alerts=alerts_of(map(_message, info.get("messages") or ()), amounts, inhabitants.nodes),
        since=server.source.away_since if server else None,
    )


def _server_of(parts: Composition, namespace: str) -> tuple[str, Server | None]:
    """The server that a namespace's objects are on: that of its Supervisor."""
    supervisor = _supervisor_of(parts, namespace)
    for provider, server in parts.servers.items():
        if server.name == supervisor:
            return provider, server
    return "", None


def _amounts(parts: Composition, name: str, info: Mapping[str, Any], objects: Sequence[Seen]) -> Iterator[Amount]:
    stats = info.get("stats") or {}
    used: dict[str, int] = {
        resource: int(stats[f"{resource}_used"])
        for resource in ("cpu", "memory", "storage")
        if stats.get(f"{resource}_used") is not None
    }
    for quota in (seen for seen in objects if seen.key.kind == "ResourceQuota"):
        for entry, value in (((quota.content or {}).get("status") or {}).get("used") or {}).items():
            if entry in COUNTS:
                used[_CAMEL.sub(lambda match: match[1].upper(), COUNTS[entry])] = int(value)
            elif entry.endswith(OF_STORAGE_CLASS):
                used[f"storage {entry.removesuffix(OF_STORAGE_CLASS)}"] = mib(str(value))
    planned = parts.declared.planned.get(name, ())
    for amount in planned:
        yield Amount(amount.resource, amount.unit, amount.limit, used.pop(amount.resource, None), amount.planned)
    for resource, number in ((name, count) for name, count in used.items() if count):
        unit = "MHz" if resource == "cpu" else "MiB" if resource.startswith(("memory", "storage")) else ""
        yield Amount(resource, unit, None, number, None)


_HIDDEN = frozenset({"Event", "ResourceQuota"})


def _objects(
    parts: Composition, provider: str, objects: Sequence[Seen], nodes: Sequence[NodeView]
) -> Iterator[ObjectView]:
    by_name: dict[str, str] = {}
    for other in nodes:
        by_name.setdefault(other.name, other.id)
    for seen in objects:
        key = seen.key
        if key.kind in _HIDDEN:
            continue
        node = parts.recorded.by_key.get((provider, key)) or by_name.get(seen.made_for)
        managed = (provider, key) in parts.recorded.by_key or seen.owned or node is not None or _is_default(key)
        yield ObjectView(key.kind, key.group, key.name, seen.health, seen.created, node, managed, _detail(seen))


def _is_default(key: Key) -> bool:
    """Whether Kubernetes puts it into every namespace by itself."""
    return (key.kind, key.name) in (("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt"))


def _detail(seen: Seen) -> str:
    if seen.key.kind != "PersistentVolumeClaim":
        return ""
    specification = (seen.content or {}).get("spec") or {}
    size = ((specification.get("resources") or {}).get("requests") or {}).get("storage", "")
    return " ".join(filter(None, (str(size), str(specification.get("storageClassName") or ""))))


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def events_about(events: Sequence[Event], name: str, namespace: str) -> list[Event]:
    """The events of an object or of what was made from it, such as its pods."""
    return [
        event
        for event in events
        if event.namespace == namespace and (event.name == name or event.name.startswith(f"{name}-"))
    ]
