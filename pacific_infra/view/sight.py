"""What one user may see of the view. Pure.

It is the namespaces that vCenter shows to them, and what belongs to none if they may see Supervisors. Everything else
is not there for them: not in lists, counts, links, graph, metrics or news.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the guard is there before documents and record are read
    from pacific_infra.record.history import Run
    from pacific_infra.view.model import NamespaceView, NodeView, View
    from pacific_infra.view.watches import Source


@dataclass(frozen=True)
class Sight:
    """What somebody may see."""

    namespaces: frozenset[str] | None
    """None: all."""
    infrastructure: bool
    """Whether they see Supervisors and the documents that are in no namespace."""


EVERYTHING = Sight(None, True)
"""What the person who runs the command sees: all that the stack's own login sees."""


def seen_with(view: "View", sight: Sight) -> "View":
    """The view as one with this sight has it."""
    if sight.namespaces is None and sight.infrastructure:
        return view
    names = {space.name for space in view.namespaces if sight.namespaces is None or space.name in sight.namespaces}
    ids = {node.id for node in view.nodes.values() if _is_visible(node, names, sight)}
    namespaces = [_namespace(space, ids) for space in view.namespaces if space.name in names]
    return replace(
        view,
        supervisors=[
            replace(supervisor, namespaces=[name for name in supervisor.namespaces if name in names])
            for supervisor in (view.supervisors if sight.infrastructure else ())
        ],
        namespaces=namespaces,
        nodes={node.id: _node(node, ids) for node in view.nodes.values() if node.id in ids},
        events=[event for event in view.events if _of(event.namespace, names, sight)],
        sources=[
            # A source is changed in place: a copy lets one view be compared with the next.
            replace(source)
            for source in view.sources
            if _shows(source, ids, {space.supervisor for space in namespaces}, sight)
        ],
        # What is wrong with documents and record may name anything.
        remarks=view.remarks if sight == EVERYTHING else (),
        converge=None if view.converge is None else _converge(view.converge, ids),
        history=[_run(run, ids) for run in view.history],
    )


def _of(namespace: str, names: set[str], sight: Sight) -> bool:
    return namespace in names if namespace else sight.infrastructure


def _is_visible(node: "NodeView", names: set[str], sight: Sight) -> bool:
    return _of(node.namespace or (node.name if node.kind == "Namespace" else ""), names, sight)


def _namespace(space: "NamespaceView", ids: set[str]) -> "NamespaceView":
    objects = [item if item.node is None or item.node in ids else replace(item, node=None) for item in space.objects]
    return replace(space, objects=objects, documents=[node for node in space.documents if node in ids])


def _node(node: "NodeView", ids: set[str]) -> "NodeView":
    return replace(
        node,
        needs=[need for need in node.needs if need.node in ids],
        needed_by=[other for other in node.needed_by if other in ids],
    )


def _shows(source: "Source", ids: set[str], supervisors: set[str], sight: Sight) -> bool:
    """vCenter, where they have logged in; Supervisors of their namespaces; their workload clusters."""
    cluster = "/" in source.name
    if cluster:
        return source.name in ids
    return sight.infrastructure or source.name in supervisors or source.name.startswith("vCenter")


def _converge(run: Mapping[str, Any], ids: set[str]) -> Mapping[str, Any]:
    rows = [_row(row, ids) for row in run.get("nodes") or () if row["id"] in ids]
    done = sum(row["state"] == "done" for row in rows)
    critical = [node for node in run.get("critical") or () if node in ids]
    return {**run, "nodes": rows, "critical": critical, "summary": f"{done} of {len(rows)} nodes done"}


def _row(row: Mapping[str, Any], ids: set[str]) -> Mapping[str, Any]:
    if row["state"] != "waiting":
        return row
    waits = [node for node in row.get("waits") or () if node in ids]
    return {**row, "waits": waits, "detail": f"waits for {', '.join(waits)}" if waits else ""}


def _run(run: "Run", ids: set[str]) -> "Run":
    changes = {node: counts for node, counts in run.changes.items() if node in ids}
    counts: dict[str, int] = {}
    for operations in changes.values():
        for operation, number in operations.items():
            counts[operation] = counts.get(operation, 0) + number
    # Errors and limits of a run may name any document.
    return replace(run, command=run.command.partition(" ")[0], changes=changes, counts=counts, errors=(), plan=None)
