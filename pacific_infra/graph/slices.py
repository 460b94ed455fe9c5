"""Parts of a graph: a document with what is around it, before it or after it."""

from collections.abc import Collection

from pacific_infra.graph.dependency_graph import DependencyGraph, reached


def around(graph: DependencyGraph, node: str, depth: int | None = None) -> frozenset[str]:
    """Ids at most ``depth`` steps from ``node``, whichever way they need each other; None: however far."""
    return _reached(graph, node, depth, up=True) | _reached(graph, node, depth, up=False)


def before(graph: DependencyGraph, node: str, depth: int | None = None) -> frozenset[str]:
    """``node`` and what it needs, at most ``depth`` steps away."""
    return _reached(graph, node, depth, up=True)


def after(graph: DependencyGraph, node: str, depth: int | None = None) -> frozenset[str]:
    """``node`` and what needs it, at most ``depth`` steps away."""
    return _reached(graph, node, depth, up=False)


def edges_within(graph: DependencyGraph, nodes: Collection[str]) -> list[tuple[str, str, str]]:
    """Needed id, needing id and the reasons, of the dependencies among ``nodes``, each pair once, sorted."""
    reasons: dict[tuple[str, str], set[str]] = {}
    for node in nodes:
        for dependency in graph.dependencies(node):
            if dependency.target in nodes:
                reasons.setdefault((dependency.target, node), set()).add(dependency.reason)
    return [(needed, needing, ", ".join(sorted(found))) for (needed, needing), found in sorted(reasons.items())]


def _reached(graph: DependencyGraph, node: str, depth: int | None, *, up: bool) -> frozenset[str]:
    return frozenset(reached(graph.predecessors if up else graph.successors, node, depth))
