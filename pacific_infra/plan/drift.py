"""Drift: what others have changed or removed since the last converge, by document, and orphaned objects."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pacific_infra.graph import DependencyGraph
from pacific_infra.plan.changes import PropertyChange
from pacific_infra.plan.tree import shown

DriftKind = Literal["changed", "missing"]
DRIFT_SCHEMA = "pacific.infra/drift/v1"


@dataclass(frozen=True, slots=True)
class DriftedResource:
    """One resource that differs from its record."""

    urn: str
    type: str
    name: str
    kind: DriftKind
    parent: str | None = None
    changes: tuple[PropertyChange, ...] = ()
    """For one that is changed: ``old`` as recorded, ``new`` as it is now."""
    owner: str | None = None
    """Another stack that has marked it since, PROJECT/STACK."""


@dataclass(frozen=True, slots=True)
class ExtraObject:
    """One orphan: an object that this stack created and that is in neither a document nor the state."""

    type: str
    """Such as ``apps/v1 Deployment`` or ``vSphere Namespace``."""
    name: str
    """``namespace/name``, or the name of an object without a namespace."""
    node: str | None
    """Id of the document that it was made from."""


@dataclass(frozen=True)
class Drift:
    """Everything that drifted."""

    checked: int
    """Resources that were looked at."""
    by_node: Sequence[tuple[str, Sequence[DriftedResource]]]
    """Documents' ids in dependency order, and what of each drifted; an empty id for what belongs to none."""
    unmanaged: Sequence[ExtraObject] = ()
    """What is ours and there, and recorded nowhere."""
    pending: Sequence[tuple[str, str]] = ()
    """Documents' ids, and what of each was asked for and takes effect later; it is no drift."""

    @property
    def changed(self) -> int:
        """Recorded resources that are changed or missing."""
        return sum(len(resources) for _, resources in self.by_node)

    @property
    def of_others(self) -> int:
        """Those among them that belong to other stacks now."""
        return sum(resource.owner is not None for _, resources in self.by_node for resource in resources)

    @property
    def count(self) -> int:
        """Everything that drifted."""
        return self.changed + len(self.unmanaged)


def build_drift(
    graph: DependencyGraph,
    drifted: Iterable[DriftedResource],
    checked: int,
    node_of: Callable[[str, str | None], str | None],
    unmanaged: Sequence[ExtraObject] = (),
    *,
    pending: Mapping[str, str] | None = None,
) -> Drift:
    """Sort what drifted by document. ``node_of``: the document's id of a URN and its parent's URN. ``pending``: what
    takes effect later, by URN.
    """
    by_node: dict[str, list[DriftedResource]] = defaultdict(list)
    for resource in drifted:
        by_node[node_of(resource.urn, resource.parent) or ""].append(resource)
    rank = {node: number for number, node in enumerate(graph.order)}
    nodes = sorted(by_node, key=lambda node: (rank.get(node, len(rank)), node))
    later = [(node_of(urn, None) or "", remark) for urn, remark in (pending or {}).items()]
    return Drift(checked, [(node, by_node[node]) for node in nodes], unmanaged, sorted(later))


def drift_json(drift: Drift) -> dict[str, Any]:
    """For pipelines."""
    return {
        "schema": DRIFT_SCHEMA,
        "checked": drift.checked,
        "drifted": drift.count,
        "nodes": [
            {"id": node or None, "resources": [asdict(resource) for resource in resources]}
            for node, resources in drift.by_node
        ],
        "extra": [asdict(resource) for resource in drift.unmanaged],
        "pending": [{"id": node or None, "remark": remark} for node, remark in drift.pending],
    }


def drift_lines(drift: Drift) -> list[str]:
    """For people: each document, its resources, each property as recorded and as it is now."""
    lines = []
    for node, resources in drift.by_node:
        lines.append(node or "of no document")
        for resource in resources:
            owner = f", which belongs to {resource.owner} now" if resource.owner is not None else ""
            lines.append(f"  {resource.kind} {resource.type} {resource.name}{owner}")
            lines += [f"    {change.path}: {shown(change.old)} -> {shown(change.new)}" for change in resource.changes]
    if drift.unmanaged:
        lines.append("of no document and recorded nowhere")
        for more in drift.unmanaged:
            origin = f", made from {more.node}" if more.node else ""
            lines.append(f"  orphaned {more.type} {more.name}{origin}")
    lines += [f"{node}: {remark}" for node, remark in drift.pending]
    return [*lines, drift_summary(drift)]


def drift_summary(drift: Drift) -> str:
    """In one line, with what puts it right."""
    if not drift.count:
        return f"no drift: {drift.checked} resources are as they were left"
    parts = []
    if drift.changed > drift.of_others:
        put_right = "pacific up --refresh puts them right"
        left = drift.changed - drift.of_others
        parts.append(f"{left} of {drift.checked} resources are not as they were left; {put_right}")
    if drift.of_others:
        verb = "1 resource belongs" if drift.of_others == 1 else f"{drift.of_others} resources belong"
        parts.append(
            f"{verb} to another stack now: remove the document from this stack, or have that stack release it; "
            "pacific up changes nothing until then"
        )
    if drift.unmanaged:
        count = "1 object is" if len(drift.unmanaged) == 1 else f"{len(drift.unmanaged)} objects are"
        parts.append(
            f"{count} orphaned: delete them by hand if they are not needed; "
            "pacific does not touch objects that it has not recorded"
        )
    return "; ".join(parts)


def drift_markdown(drift: Drift) -> str:
    """For a ticket or a pull request."""
    *details, summary = drift_lines(drift)
    block = ["", "```", *details, "```"] if details else []
    return "\n".join([f"**{summary}**", *block, ""])
