"""What stands in the way of bringing up or taking down one application, and what its removal does. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from pacific_infra.converge.nodes import NodeFinder, split_urn
from pacific_infra.converge.record import RecordedNode
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph
from pacific_infra.graph.applications import needs_outside
from pacific_infra.plan.changes import holds_data
from pacific_infra.plan.removal import Fate, Removal, RemovedPart

Recorded: TypeAlias = Mapping[str, Any]
"""A resource as ``pulumi stack export`` writes it."""
RETAINED = "deletionPolicy: Retain"
PROTECTED = "it is protected"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"


def needs_not_there(
    graph: DependencyGraph, application: str, parts: Collection[str], recorded: Mapping[str, RecordedNode]
) -> Iterator[PacificError]:
    """One error for each document outside that a part needs and that has not come to its end."""
    for dependency in needs_outside(graph, parts):
        state = recorded[dependency.target].state
        if state != "converged":
            yield PacificError(
                f"{dependency.document.id} needs {dependency.target}, which is not part of Application/{application} "
                f"and is {'not there' if state == 'missing' else 'there only partly'}",
                place=dependency.place,
                fix="bring it up before, with all else: pacific up",
            )


def plan_removal(
    graph: DependencyGraph, application: str, parts: Collection[str], resources: Sequence[Recorded]
) -> tuple[Removal, list[PacificError]]:
    """What taking the parts down does to what is recorded, and why it may not be done: documents outside need them."""
    finder = NodeFinder()
    nodes = {one["urn"]: finder.node(one["urn"], one.get("parent")) for one in resources}
    mine = [one for one in resources if nodes[one["urn"]] in parts]
    staying = _protected(mine)
    targets = [one["urn"] for one in mine if one["urn"] not in staying]
    there = {node for node in nodes.values() if node is not None and node not in parts}
    outside = [*(node for node in graph.order if node in there), *sorted(there - set(graph.order))]
    errors = list(_needing(graph, application, parts, resources, nodes))
    namespaces = [one for one in mine if one["type"] == "pacific:vcenter:Namespace"]
    deleted = {nodes[one["urn"]] for one in namespaces if not _retained(one) and one["urn"] not in staying}
    by_node: dict[str, list[Fate]] = {}
    # A resource is recorded after all that it needs.
    for one in reversed(mine):
        node = str(nodes[one["urn"]])
        # What is left in a namespace goes with it.
        inside = graph.container(node) in deleted
        by_node.setdefault(node, []).extend(_fates(one, node, staying, with_namespace=inside))
    removed = [RemovedPart(node, tuple(by_node[node])) for node in reversed(graph.order) if node in by_node]
    return Removal(application, tuple(removed), tuple(outside), tuple(targets)), errors


def _protected(mine: Sequence[Recorded]) -> dict[str, str]:
    """Resources that must stay recorded, with the reason: the protected, and what these need."""
    reasons: dict[str, str] = {}
    for one in reversed(mine):
        if one.get("protect"):
            reasons[one["urn"]] = PROTECTED
        if one["urn"] in reasons:
            protected = split_urn(one["urn"])[1]
            for needed in _needs(one):
                reasons.setdefault(needed, f"{protected} needs it, which stays")
    return reasons


def _needs(resource: Recorded) -> set[str]:
    """URNs that it cannot be without."""
    provider = str(resource.get("provider") or "").rpartition("::")[0]
    found = {*(resource.get("dependencies") or ()), resource.get("parent"), provider, resource.get("deletedWith")}
    return {str(urn) for urn in found if urn}


def _needing(
    graph: DependencyGraph,
    application: str,
    parts: Collection[str],
    resources: Sequence[Recorded],
    nodes: Mapping[str, str | None],
) -> Iterator[PacificError]:
    """One error for each document outside that is there and needs a part, by the documents or by the state."""
    fix = "make it part of the application, remove its need, or take it down before"
    said: set[tuple[str, str]] = set()
    there = {node for node in nodes.values() if node is not None and node not in parts}
    for node in graph.order:
        if node not in there:
            continue
        for dependency in graph.dependencies(node):
            if dependency.target in parts and (node, dependency.target) not in said:
                said.add((node, dependency.target))
                what = f"{node} is not part of Application/{application} and needs {dependency.target}"
                yield PacificError(what, place=dependency.place, fix=fix)
    for one in resources:
        outer = nodes[one["urn"]]
        if outer is None or outer in parts:
            continue
        for inner in sorted({str(nodes.get(urn)) for urn in _needs(one)} & set(parts)):
            if (outer, inner) not in said:
                said.add((outer, inner))
                yield PacificError(f"{outer} is not part of Application/{application} and needs {inner}", fix=fix)


def _retained(resource: Recorded) -> bool:
    inputs = resource.get("inputs") or {}
    own = resource["type"].startswith("pacific:vcenter:") and inputs.get("deletionPolicy") == "Retain"
    return bool(resource.get("retainOnDelete") or own)


def _fates(resource: Recorded, node: str, staying: Mapping[str, str], *, with_namespace: bool) -> Iterator[Fate]:
    urn, kind = resource["urn"], resource["type"]
    kept = staying.get(urn) or (RETAINED if _retained(resource) and not with_namespace else None)
    custom = node.startswith("CustomResource/") and kind.startswith("kubernetes:")
    # A component is no object, and what was only read is somebody else's.
    if not kind.startswith("pacific:index:") and not resource.get("external"):
        yield Fate(kind, split_urn(urn)[1], urn, kept, data=custom or holds_data(kind))
    spec = (resource.get("inputs") or {}).get("spec") or {}
    if kind == "kubernetes:apps/v1:StatefulSet":
        policy = (spec.get("persistentVolumeClaimRetentionPolicy") or {}).get("whenDeleted", "Retain")
        why = staying.get(urn) or (RETAINED if policy == "Retain" and not with_namespace else None)
        for template in spec.get("volumeClaimTemplates") or ():
            name = f"{split_urn(urn)[1]}: {template['metadata']['name']} of each replica"
            yield Fate(CLAIM, name, None, why, data=True)
