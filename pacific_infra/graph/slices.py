"""Parts of a graph: a document with its neighbours, what it needs or what needs it."""

import networkx

from pacific_infra.graph.dependency_graph import DependencyGraph
from pacific_infra.graph.network import network_of


def neighbourhood(graph: DependencyGraph, node: str, depth: int | None = None) -> frozenset[str]:
    """Ids at most ``depth`` steps from ``node``, whichever way they need each other; None: however far."""
    return _reached(graph, node, depth, up=True) | _reached(graph, node, depth, up=False)


def before(graph: DependencyGraph, node: str, depth: int | None = None) -> frozenset[str]:
    """``node`` and what it needs, at most ``depth`` steps away."""
    return _reached(graph, node, depth, up=True)


def after(graph: DependencyGraph, node: str, depth: int | None = None) -> frozenset[str]:
    """``node`` and what needs it, at most ``depth`` steps away."""
    return _reached(graph, node, depth, up=False)


def _reached(graph: DependencyGraph, node: str, depth: int | None, *, up: bool) -> frozenset[str]:
    neighbours = network_of(graph.predecessors if up else graph.successors)
    return frozenset(networkx.single_source_shortest_path_length(neighbours, node, cutoff=depth))
