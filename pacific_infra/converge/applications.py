"""What prevents creating or removing one application, and what a removal does. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from pacific_infra.converge.claims import CLAIM, STATEFUL_SET, Recorded, is_of_replica, is_retained, retained_of
from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.converge.recorded_nodes import RecordedNode
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph
from pacific_infra.graph.applications import needs_outside
from pacific_infra.graph.holders import holders
from pacific_infra.plan.changes import HOLDERS, holds_data
from pacific_infra.plan.removal import Fate, Removal, RemovedPart
from pacific_infra.record.urns import split_urn

RETAINED = "deletionPolicy: Retain"
PROTECTED = "it is protected"


def unmet_needs(
    graph: DependencyGraph, application: str, parts: Collection[str], recorded: Mapping[str, RecordedNode]
) -> Iterator[PacificError]:
    """One error for each document outside the application that a part needs and that has not converged."""
    for dependency in needs_outside(graph, parts):
        state = recorded[dependency.target].state
        if state != "converged":
            yield PacificError(
                f"{dependency.document.id} needs {dependency.target}, which is not part of Application/{application} "
                f"and {'does not exist' if state == 'missing' else 'exists only in part'}",
                place=dependency.place,
                fix="create it first with the rest of the stack: pacific up",
            )


def plan_removal(
    graph: DependencyGraph, application: str, parts: Collection[str], resources: Sequence[Recorded]
) -> tuple[Removal, list[PacificError]]:
    """What removing the parts does to the recorded resources, and an error for each document outside that needs one."""
    nodes = _nodes(resources)
    remaining = {node for node in nodes.values() if node is not None and node not in parts}
    outside = [*(node for node in graph.order if node in remaining), *sorted(remaining - set(graph.order))]
    errors = list(_outside_needs(graph, application, parts, resources, nodes))
    affected = [resource for resource in resources if nodes[resource["urn"]] in parts]
    return replace(_removal(graph, affected, nodes), application=application, others=tuple(outside)), errors


def plan_removal_of_all(graph: DependencyGraph, resources: Sequence[Recorded]) -> Removal:
    """What removing the whole stack does to the recorded resources, wave by wave from the last."""
    removal = _removal(graph, resources, _nodes(resources))
    return replace(removal, partial=len(removal.targets) < len(resources))


def _nodes(resources: Sequence[Recorded]) -> dict[str, str | None]:
    """The node of each URN."""
    finder = NodeFinder()
    return {resource["urn"]: finder.node(resource["urn"], resource.get("parent")) for resource in resources}


def _removal(graph: DependencyGraph, resources: Sequence[Recorded], nodes: Mapping[str, str | None]) -> Removal:
    """The removal of ``resources``, by node in the order of deletion."""
    staying = _protected_reasons(resources)
    deleted = {
        nodes[resource["urn"]]
        for resource in resources
        if resource["type"] in HOLDERS and not is_retained(resource) and resource["urn"] not in staying
    }
    sets = [resource for resource in resources if resource["type"] == STATEFUL_SET]
    by_node: dict[str, list[Fate]] = {}
    stays = retained_of(resources)
    retained: set[str] = set()
    # A resource is recorded after all that it needs.
    for resource in reversed(resources):
        node = nodes[resource["urn"]]
        if node is None:
            continue
        # Everything in a namespace is deleted with it, and a namespace with its Supervisor.
        goes_with_holder = any(holder in deleted for holder in holders(graph, node))
        if resource["urn"] in stays and not goes_with_holder:
            retained.add(resource["urn"])
        if any(nodes[owner["urn"]] == node and is_of_replica(resource, owner) for owner in sets):
            continue  # reported with its StatefulSet, whose retention policy decides
        by_node.setdefault(node, []).extend(_fates(resource, node, staying, with_namespace=goes_with_holder))
    undeclared = [node for node in by_node if node not in graph.wave_of]
    order = [*undeclared, *(node for node in reversed(graph.order) if node in by_node)]
    removed = tuple(RemovedPart(node, tuple(by_node[node]), graph.wave_of.get(node)) for node in order)
    targets = tuple(resource["urn"] for resource in resources if resource["urn"] not in staying)
    return Removal(None, removed, (), targets, frozenset(retained))


def _protected_reasons(resources: Sequence[Recorded]) -> dict[str, str]:
    """Resources that must stay recorded, with the reason: protected ones, and those that they need."""
    reasons: dict[str, str] = {}
    for resource in reversed(resources):
        if resource.get("protect"):
            reasons[resource["urn"]] = PROTECTED
        if resource["urn"] in reasons:
            protected = split_urn(resource["urn"])[1]
            for needed in _needs(resource):
                reasons.setdefault(needed, f"{protected} needs it, which stays")
    return reasons


def _needs(resource: Recorded) -> set[str]:
    """URNs of the resources that it needs."""
    provider = str(resource.get("provider") or "").rpartition("::")[0]
    urns = {*(resource.get("dependencies") or ()), resource.get("parent"), provider, resource.get("deletedWith")}
    return {str(urn) for urn in urns if urn}


def _outside_needs(
    graph: DependencyGraph,
    application: str,
    parts: Collection[str],
    resources: Sequence[Recorded],
    nodes: Mapping[str, str | None],
) -> Iterator[PacificError]:
    """One error for each existing document outside that needs a part, by the documents or by the state."""
    fix = "make it part of the application, remove the dependency, or remove the document first"
    reported: set[tuple[str, str]] = set()
    remaining = {node for node in nodes.values() if node is not None and node not in parts}
    for node in graph.order:
        if node not in remaining:
            continue
        for dependency in graph.dependencies(node):
            if dependency.target in parts and (node, dependency.target) not in reported:
                reported.add((node, dependency.target))
                problem = f"{node} is not part of Application/{application} and needs {dependency.target}"
                yield PacificError(problem, place=dependency.place, fix=fix)
    for resource in resources:
        outer = nodes[resource["urn"]]
        if outer is None or outer in parts:
            continue
        for inner in sorted({str(nodes.get(urn)) for urn in _needs(resource)} & set(parts)):
            if (outer, inner) not in reported:
                reported.add((outer, inner))
                yield PacificError(f"{outer} is not part of Application/{application} and needs {inner}", fix=fix)


def _fates(resource: Recorded, node: str, staying: Mapping[str, str], *, with_namespace: bool) -> Iterator[Fate]:
    urn, kind = resource["urn"], resource["type"]
    kept = staying.get(urn) or (RETAINED if is_retained(resource) and not with_namespace else None)
    custom = node.startswith("CustomResource/") and kind.startswith("kubernetes:")
    # A component is not an object, and a resource that was only read is not ours to delete.
    if not kind.startswith("pacific:index:") and not resource.get("external"):
        yield Fate(kind, split_urn(urn)[1], urn, kept, data=custom or holds_data(kind))
    spec = (resource.get("inputs") or {}).get("spec") or {}
    if kind == STATEFUL_SET:
        policy = (spec.get("persistentVolumeClaimRetentionPolicy") or {}).get("whenDeleted", "Retain")
        why = staying.get(urn) or (RETAINED if policy == "Retain" and not with_namespace else None)
        for template in spec.get("volumeClaimTemplates") or ():
            name = f"{split_urn(urn)[1]}: {template['metadata']['name']} of each replica"
            yield Fate(CLAIM, name, None, why, data=True)
