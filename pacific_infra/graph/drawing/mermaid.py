"""Mermaid's flowchart, which GitHub and GitLab draw in markdown."""

from collections.abc import Collection, Iterator

from pacific_infra.graph.dependency_graph import DependencyGraph
from pacific_infra.graph.edges import edges_within


def mermaid(graph: DependencyGraph, nodes: Collection[str]) -> str:
    """The documents ``nodes`` and their dependencies: an arrow leads from a document to what it needs, what is external
    is dashed.
    """
    return "\n".join(_lines(graph, nodes)) + "\n"


def _lines(graph: DependencyGraph, nodes: Collection[str]) -> Iterator[str]:
    yield "flowchart RL"
    shown = [node for node in graph.order if node in nodes]
    keys = {node: f"n{number}" for number, node in enumerate(shown)}
    for node in shown:
        mark = ":::external" if graph.document(node).external else ""
        yield f'  {keys[node]}["{node}"]{mark}'
    if any(graph.document(node).external for node in shown):
        yield "  classDef external stroke-dasharray: 5 4"
    for needed, needing, reasons in edges_within(graph, nodes):
        yield f"  {keys[needing]} -->|{reasons}| {keys[needed]}"
