"""A graph as JSON, for other programs."""

from collections.abc import Collection
from typing import Any

from pacific_infra.graph.dependency_graph import DependencyGraph

GRAPH_SCHEMA = "pacific.infra/graph/v1"
"""Name and version of the form; a field may be added within a version, none changes or goes."""


def graph_json(graph: DependencyGraph, nodes: Collection[str]) -> dict[str, Any]:
    """The documents ``nodes`` with wave, place and uses of templates, and every dependency among them with its reason
    and place."""
    shown = [node for node in graph.order if node in nodes]
    uses = graph.estate.uses_of
    return {
        "schema": GRAPH_SCHEMA,
        "nodes": [
            {
                "id": node,
                "kind": graph.document(node).kind,
                "external": graph.document(node).external,
                "wave": graph.wave_of[node],
                "place": graph.document(node).place(),
                **({"uses": list(uses[node])} if node in uses else {}),
            }
            for node in shown
        ],
        "edges": [
            {
                "from": node,
                "to": dependency.target,
                "reason": dependency.reason,
                "field": dependency.field,
                "place": dependency.place,
            }
            for node in shown
            for dependency in graph.dependencies(node)
            if dependency.target in nodes
        ],
    }
