"""The view as tables for a terminal: rows of text, and what is said of one row. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pacific_infra.text import visible
from pacific_infra.view.model import NamespaceView, NodeView, View
from pacific_infra.view.objects import Event
from pacific_infra.view.texts import hour, percent, quantity, value

MOST_ROWS = 500
"""Rows that a table shows; a search finds the others."""


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    key: str
    """By which it is found again in the next view."""
    cells: Sequence[str]
    state: str = ""
    """By which it is coloured; the word itself is in a cell."""


@dataclass(frozen=True)
class Table:
    """One page of the terminal."""

    title: str
    columns: Sequence[str]
    rows: Callable[[View], Iterator[Row]]
    details: Callable[[View, str], Iterator[str]]
    """Lines about the row of this key."""


def chosen(table: Table, view: View, words: str) -> list[Row]:
    """The rows in which each word is."""
    terms = words.lower().split()
    return [row for row in table.rows(view) if all(word in " ".join(row.cells).lower() for word in terms)]


def headline(view: View) -> str:
    """What there is to say of the whole: documents by state, what does not answer, the run that goes on."""
    counts = Counter(node.state for node in view.nodes.values())
    parts = [visible(view.stack), ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))]
    parts += [
        f"{visible(source.name)} does not answer since {hour(source.away_since)}"
        for source in view.sources
        if source.away_since is not None
    ]
    if view.converge is not None:
        parts.append(visible(f"{view.converge['title']}: {view.converge['summary']}"))
    return " | ".join([*(part for part in parts if part), *map(visible, view.remarks)])


def _namespaces(view: View) -> Iterator[Row]:
    for namespace in view.namespaces:
        amounts = {amount.resource: amount for amount in namespace.amounts}
        uses = [
            f"{quantity(amount.used, amount.unit)} {percent(amount)}".strip() if (amount := amounts.get(name)) else "-"
            for name in ("cpu", "memory", "storage")
        ]
        health = namespace.health
        cells = [
            namespace.name,
            health.state,
            namespace.supervisor,
            *uses,
            str(len(namespace.documents)),
            health.reason,
        ]
        yield Row(namespace.name, cells, health.state)


def _of_namespace(view: View, key: str) -> Iterator[str]:
    namespace: NamespaceView | None = next((row for row in view.namespaces if row.name == key), None)
    if namespace is None:
        return
    yield f"{namespace.name}: {namespace.description}" if namespace.description else namespace.name
    for amount in namespace.amounts:
        used, planned, limit = (quantity(number, amount.unit) for number in (amount.used, amount.planned, amount.limit))
        yield f"{amount.resource}: used {used}, planned {planned}, limit {limit}"
    for role in namespace.roles:
        yield f"{role.role}: {role.subject}{' (inherited)' if role.inherited else ''}"
    unmanaged = [f"{item.kind} {item.name}" for item in namespace.objects if not item.managed]
    if unmanaged:
        yield f"of no document: {', '.join(unmanaged[:20])}"


def _documents(view: View) -> Iterator[Row]:
    for node in view.nodes.values():
        reason = node.live.reason if node.live is not None else ""
        yield Row(node.id, [node.id, node.state, node.recorded, str(node.wave or "-"), reason], node.state)


def _of_document(view: View, key: str) -> Iterator[str]:
    node = view.nodes.get(key)
    if node is None:
        return
    yield f"{node.id} ({node.place})" if node.place else node.id
    if node.live is not None:
        yield f"live: {node.live}"
    yield from (f"error: {error}" for error in node.errors)
    if node.needs:
        yield f"needs: {', '.join(dict.fromkeys(need.node for need in node.needs))}"
    if node.needed_by:
        yield f"needed by: {', '.join(node.needed_by)}"
    yield from _differences(node)
    about = [event for event in view.events if event.namespace == node.namespace and event.name.startswith(node.name)]
    yield from (f"{hour(event.time)} {event.reason}: {event.message}" for event in about[:5])


def _differences(node: NodeView) -> Iterator[str]:
    for difference in node.drift:
        yield f"{difference.kind}: {difference.object}"
        for change in difference.changes:
            yield f"  {change.path}: {value(change.old)} -> {value(change.new)}"


def _events(view: View) -> Iterator[Row]:
    for event in view.events:
        cells = [hour(event.time), event.type, event.namespace, f"{event.kind} {event.name}", event.reason]
        yield Row(_key(event), [*cells, event.message], "degraded" if event.type == "Warning" else "")


def _key(event: Event) -> str:
    return f"{event.kind} {event.namespace}/{event.name} {event.reason} {event.message}".replace("\n", " ")


def _of_event(view: View, key: str) -> Iterator[str]:
    event = next((event for event in view.events if _key(event) == key), None)
    if event is not None:
        times = f", {event.count} times" if event.count > 1 else ""
        yield f"{event.kind} {event.namespace}/{event.name}{times}: {event.reason}"
        yield event.message


def _drift(view: View) -> Iterator[Row]:
    for node in view.drifted:
        for difference in node.drift:
            paths = ", ".join(change.path for change in difference.changes)
            yield Row(node.id, [node.id, difference.kind, difference.object, paths], node.state)


TABLES: Mapping[str, Table] = {
    "namespaces": Table(
        "Namespaces",
        ("Namespace", "State", "Supervisor", "CPU", "Memory", "Storage", "Documents", "Reason"),
        _namespaces,
        _of_namespace,
    ),
    "documents": Table("Documents", ("Document", "State", "Recorded", "Wave", "Reason"), _documents, _of_document),
    "events": Table("Events", ("Time", "Type", "Namespace", "Object", "Reason", "Message"), _events, _of_event),
    "drift": Table("Drift", ("Document", "Kind", "Object", "Properties"), _drift, _of_document),
}
"""By the name of the page."""
