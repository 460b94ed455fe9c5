"""What Pulumi's state records for each node of the graph."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.converge.unsettled import UnsettledStep
from pacific_infra.graph.dependency_graph import DependencyGraph


@dataclass
class RecordedNode:
    """One node: how many resources are recorded, and whether all of them are complete."""

    state: Literal["converged", "partly", "missing", "undeclared"]
    resources: int = 0
    errors: list[str] = field(default_factory=list)
    """Why it is not complete: what was refused, interrupted, or not ready at the last wait."""
    urns: list[str] = field(default_factory=list)
    """Its recorded resources."""


def recorded_nodes(
    graph: DependencyGraph, resources: Sequence[Mapping[str, Any]], unsettled: Iterable[UnsettledStep] = ()
) -> dict[str, RecordedNode]:
    """Every declared node in dependency order, then nodes that are recorded but no longer declared."""
    nodes = {node: RecordedNode("missing") for node in graph.order}
    finder = NodeFinder()
    for resource in resources:
        node = finder.node(resource["urn"], resource.get("parent"))
        if node is None:
            continue
        recorded = nodes.setdefault(node, RecordedNode("undeclared"))
        recorded.resources += 1
        recorded.urns.append(resource["urn"])
        if recorded.state == "missing":
            recorded.state = "converged"
        recorded.errors += resource.get("initErrors") or ()
        if resource["type"].startswith("pacific:index:") and not resource.get("outputs"):
            # A component's outputs are recorded after what they come from.
            recorded.errors.append("not all of its objects were created")
    for step in unsettled:
        node = finder.node(step.urn, step.parent)
        if node in nodes:
            nodes[node].errors.append(step.text)
    for recorded in nodes.values():
        if recorded.errors and recorded.state == "converged":
            recorded.state = "partly"
    return nodes


def waits_for(graph: DependencyGraph, node: str, nodes: Mapping[str, RecordedNode]) -> list[str]:
    """What a node that has not converged waits for: its own errors, and the documents that it needs."""
    needed = [target for target in graph.needs(node) if nodes[target].state != "converged"]
    return [*nodes[node].errors, *(f"{target} ({nodes[target].state})" for target in needed)]
