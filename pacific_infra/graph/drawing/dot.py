"""Graphviz' DOT language: an arrow leads from a document to what it needs."""

import json
from collections.abc import Collection, Iterator

from pacific_infra.graph.dependency_graph import DependencyGraph
from pacific_infra.graph.edges import edges_within


def dot(graph: DependencyGraph, nodes: Collection[str]) -> str:
    """The documents ``nodes`` and their dependencies, documents of a wave side by side, external ones dashed."""
    return "\n".join(_lines(graph, nodes)) + "\n"


def _lines(graph: DependencyGraph, nodes: Collection[str]) -> Iterator[str]:
    yield "digraph estate {"
    yield "  rankdir=RL; node [shape=box, fontname=Helvetica]; edge [fontname=Helvetica, fontsize=9];"
    for wave in graph.waves:
        shown = [node for node in wave if node in nodes]
        if shown:
            names = "; ".join(json.dumps(node) for node in shown)
            yield f"  {{ rank=same; {names} }}"
    for node in graph.order:
        if node in nodes and graph.document(node).external:
            yield f"  {json.dumps(node)} [style=dashed, color=gray40];"
    for needed, needing, reasons in edges_within(graph, nodes):
        style = ", style=dashed" if reasons == "containment" else ""
        yield f"  {json.dumps(needing)} -> {json.dumps(needed)} [label={json.dumps(reasons)}{style}];"
    yield "}"
