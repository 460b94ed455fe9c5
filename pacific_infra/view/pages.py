"""What each page shows of the view: filters, pages of long lists, and the template with its values. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pacific_infra.converge.history import can_go_back_to
from pacific_infra.graph.drawing.bands import Box, Item, draw
from pacific_infra.graph.drawing.svg import svg
from pacific_infra.record.history import Run
from pacific_infra.text import visible
from pacific_infra.view import texts
from pacific_infra.view.compose import events_about
from pacific_infra.view.model import NamespaceView, NodeView, View

PAGE = 100
"""Rows of a list that are on one page."""
STATES = ("missing", "degraded", "unknown", "drifted", "progressing", "planned", "suspended", "healthy")
"""The worst first: the colour of a group, and the order of counts."""
SOME = 15
"""Events on the page of what they are about; the page of events has all."""
Query = Mapping[str, str]
"""The filters of an address."""


class NotThere(Exception):
    """The address names what is not there."""


@dataclass(frozen=True)
class Paged:
    """One page of a list."""

    rows: Sequence[Any]
    total: int
    number: int
    """From 1."""
    earlier: str
    """The query of the page before; empty: there is none."""
    later: str


def paged(rows: Sequence[Any], query: Query) -> Paged:
    """The page that the query names; the first where it names none."""
    text = query.get("page", "1")
    last = max((len(rows) - 1) // PAGE + 1, 1)
    number = min(max(int(text), 1), last) if text.isdecimal() and len(text) < 9 else 1

    def at(page: int) -> str:
        rest = {name: value for name, value in query.items() if name != "page" and value}
        return "?" + urlencode({**rest, "page": page}) if 1 <= page <= last and page != number else ""

    return Paged(rows[(number - 1) * PAGE : number * PAGE], len(rows), number, at(number - 1), at(number + 1))


def chosen(nodes: Iterable[NodeView], query: Query) -> list[NodeView]:
    """The documents that match all filters: ``q`` (each word in id, place, state or reason), kind, namespace, state,
    wave, and from which ``NAMESPACE/NAME`` to which.
    """
    words = query.get("q", "").lower().split()
    exact = {name: query[name] for name in ("kind", "namespace", "state", "wave") if query.get(name)}
    first, last = query.get("from", ""), query.get("to")
    return [
        node
        for node in nodes
        if all(str(getattr(node, name)) == text for name, text in exact.items())
        and all(word in _haystack(node) for word in words)
        and first <= f"{node.namespace}/{node.name}"
        and (not last or f"{node.namespace}/{node.name}" <= last)
    ]


def _haystack(node: NodeView) -> str:
    reason = node.live.reason if node.live is not None else ""
    return f"{node.id} {node.place} {node.state} {node.application} {reason}".lower()


def overview(view: View, _query: Query) -> dict[str, Any]:
    """The first page: counts, Supervisors, and what is not as it should be."""
    wrong = [node for node in view.nodes.values() if node.state not in ("healthy", "suspended")]
    return {
        "title": "Overview",
        "counts": _counts(view.nodes.values()),
        "wrong": sorted(wrong, key=lambda node: STATES.index(node.state))[:PAGE],
        "more": max(len(wrong) - PAGE, 0),
        "last": next((run for run in view.history if run.result != "running"), None),
        "warnings": [event for event in view.events if event.type == "Warning"][:8],
    }


def _counts(nodes: Iterable[NodeView]) -> list[tuple[str, int]]:
    counts = Counter(node.state for node in nodes)
    return [(state, counts[state]) for state in reversed(STATES) if counts[state]]


def supervisors(_view: View, _query: Query) -> dict[str, Any]:
    """All Supervisors."""
    return {"title": "Supervisors"}


def namespaces(view: View, query: Query) -> dict[str, Any]:
    """All namespaces, with what is limited, used and planned."""
    words = query.get("q", "").lower().split()
    rows = [
        namespace
        for namespace in view.namespaces
        if all(word in f"{namespace.name} {namespace.supervisor} {namespace.health}".lower() for word in words)
    ]
    return {"title": "Namespaces", "paged": paged(rows, query), "counts": {row.name: _in(view, row) for row in rows}}


def _in(view: View, namespace: NamespaceView) -> list[tuple[str, int]]:
    return _counts(view.nodes[node] for node in namespace.documents)


def namespace(view: View, query: Query, name: str) -> dict[str, Any]:
    """One namespace. Raises NotThere."""
    seen = next((row for row in view.namespaces if row.name == name), None)
    if seen is None:
        raise NotThere(f"there is no namespace {visible(name)} in this stack")
    nodes = [view.nodes[node] for node in seen.documents]
    claims = [item for item in seen.objects if item.kind == "PersistentVolumeClaim"]
    running = [item for item in seen.objects if item.managed and item.kind not in _PLAIN]
    return {
        "title": f"Namespace {name}",
        "namespace": seen,
        "node": view.nodes.get(seen.node or ""),
        "counts": _counts(nodes),
        "documents": nodes[:PAGE],
        "more_documents": max(len(nodes) - PAGE, 0),
        "pods": _counts_of_pods(seen),
        "kinds": sorted(Counter(item.kind for item in running if item.kind != "Pod").items()),
        "claims": claims[:PAGE],
        "running": paged(running, query),
        "unmanaged": [item for item in seen.objects if not item.managed][:PAGE],
        "events": [event for event in view.events if event.namespace == name][:SOME],
    }


_PLAIN = frozenset(
    {"ConfigMap", "ControllerRevision", "LimitRange", "NetworkPolicy", "PersistentVolumeClaim", "ReplicaSet", "Role"}
    | {"RoleBinding", "Secret", "ServiceAccount"}
)
"""Kinds that run nothing, and claims, which have a table of their own."""


def _counts_of_pods(seen: NamespaceView) -> list[tuple[str, int]]:
    counts = Counter(item.health.state for item in seen.objects if item.kind == "Pod")
    return sorted(counts.items())


def documents(view: View, query: Query) -> dict[str, Any]:
    """All documents, filtered."""
    nodes = list(view.nodes.values())
    return {
        "title": "Documents",
        "paged": paged(chosen(nodes, query), query),
        "kinds": sorted({node.kind for node in nodes}),
        "spaces": sorted({node.namespace for node in nodes if node.namespace}),
        "states": [state for state, _ in _counts(nodes)],
    }


def document(view: View, _query: Query, name: str) -> dict[str, Any]:
    """One document: desired, recorded, live. Raises NotThere."""
    node = view.nodes.get(name)
    if node is None:
        raise NotThere(f"there is no document {visible(name)}")
    space = next((row for row in view.namespaces if row.name == node.namespace), None)
    waits = [
        need.node for need in node.needs if need.node in view.nodes and view.nodes[need.node].recorded != "converged"
    ]
    runs = [run for run in view.history if name in run.changes]
    desired = node.desired.model_dump(mode="json", exclude_unset=True) if node.desired is not None else {}
    return {
        "title": name,
        "node": node,
        "desired": yaml.safe_dump(desired, sort_keys=False, allow_unicode=True, width=100),
        "objects": [item for item in (space.objects if space else ()) if item.node == name],
        "waits": waits,
        "events": events_about(view.events, node.name, node.namespace)[:SOME],
        "runs": runs[:10],
    }


def graph(view: View, query: Query) -> dict[str, Any]:
    """The documents by wave, coloured by live state."""
    nodes = chosen(view.nodes.values(), query)
    drawing = draw([_item(node) for node in nodes], STATES)

    def address(box: Box) -> str:
        if not box.filters:
            return f"/documents/{texts.path_of(box.members[0])}"
        kept = {name: query[name] for name in ("q", "state") if query.get(name)}
        return "/graph?" + urlencode({**kept, **box.filters})

    return {
        "title": "Graph",
        "drawing": drawing,
        "picture": Markup(svg(drawing, address, label="Documents by wave")),  # noqa: S704 - it escapes its texts
        "shown": len(nodes),
        "spaces": sorted({node.namespace for node in view.nodes.values() if node.namespace}),
        "kinds": sorted({node.kind for node in view.nodes.values()}),
        "states": [state for state, _ in _counts(view.nodes.values())],
        "counts": _counts(nodes),
    }


def _item(node: NodeView) -> Item:
    needs = [need.node for need in node.needs]
    return Item(node.id, node.kind, node.namespace, node.name, node.wave, node.state, needs)


def events(view: View, query: Query) -> dict[str, Any]:
    """All events, newest first."""
    words = query.get("q", "").lower().split()
    exact = {name: query[name] for name in ("type", "namespace") if query.get(name)}
    rows = [
        event
        for event in view.events
        if all(getattr(event, name) == text for name, text in exact.items())
        and all(word in f"{event.kind} {event.name} {event.reason} {event.message}".lower() for word in words)
    ]
    spaces = sorted({event.namespace for event in view.events if event.namespace})
    return {"title": "Events", "paged": paged(rows, query), "spaces": spaces}


def drift(view: View, query: Query) -> dict[str, Any]:
    """What is not as the last converge left it."""
    unmanaged = [(row.name, item) for row in view.namespaces for item in row.objects if not item.managed]
    return {"title": "Drift", "paged": paged(view.drifted, query), "unmanaged": unmanaged[:PAGE]}


def converge(view: View, _query: Query) -> dict[str, Any]:
    """The run that goes on, or the last one."""
    rows: Sequence[Mapping[str, Any]] = (view.converge or {}).get("nodes") or ()
    done = sorted((row for row in rows if row["state"] == "done"), key=lambda row: -(row["finished"] or 0))
    others = sorted((row for row in rows if row["state"] != "done"), key=_by_progress)
    return {
        "title": "Converge",
        "running": view.converge,
        "rows": others[: PAGE * 3],
        "done": done[:PAGE],
        "more": max(len(others) - PAGE * 3, 0) + max(len(done) - PAGE, 0),
        "share": (len(done), len(rows)),
        "last": next((run for run in view.history if run.result != "running"), None),
    }


def _by_progress(row: Mapping[str, Any]) -> tuple[int, int, str]:
    return ("failed", "running", "waiting").index(row["state"]), row["wave"], row["id"]


def history(view: View, query: Query) -> dict[str, Any]:
    """All runs, newest first."""
    return {"title": "History", "paged": paged(view.history, query)}


def run(view: View, _query: Query, number: str) -> dict[str, Any]:
    """One run. Raises NotThere."""
    seen: Run | None = next((row for row in view.history if str(row.number) == number), None)
    if seen is None:
        raise NotThere(f"there is no run {visible(number)} in the history")
    return {"title": f"Run {number}", "run": seen, "can_go_back": can_go_back_to(seen)}


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, finalize=_shown
    )
    environment.lstrip_blocks = True
    environment.filters |= {
        "clock": texts.clock,
        "hour": texts.hour,
        "is_known": texts.is_known,
        "label": texts.label,
        "moment": texts.moment,
        "path": texts.path_of,
        "percent": texts.percent,
        "share": texts.share,
        "use": texts.use,
        "value": texts.value,
    }
    environment.globals["quantity"] = texts.quantity
    return environment


def _shown(value: Any) -> Any:
    """What a template has of a value: no text of others can turn or hide what is around it."""
    return value if isinstance(value, Markup) else visible(value)


def render(template: str, view: View, query: Query, values: Mapping[str, Any], user: str = "") -> str:
    """The page of a template, for a user who has logged in. A filter that the address does not name is empty."""
    filters = defaultdict(str, query)
    page = _templates().get_template(f"{template}.html")
    return page.render(view=view, query=filters, page=template, user=user, **values)


def login(address: str, problem: str, username: str) -> str:
    """The form of who has not logged in. ``address``: where they go then."""
    return _templates().get_template("login.html").render(address=address, problem=problem, username=username)
