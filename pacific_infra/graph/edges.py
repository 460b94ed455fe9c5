"""The dependencies among some of a graph's documents, for drawings."""

from collections.abc import Collection

from pacific_infra.graph.dependency_graph import DependencyGraph


def edges_within(graph: DependencyGraph, nodes: Collection[str]) -> list[tuple[str, str, str]]:
    """Needed id, needing id and the reasons, of the dependencies among ``nodes``, each pair once, sorted."""
    reasons: dict[tuple[str, str], set[str]] = {}
    for node in nodes:
        for dependency in graph.dependencies(node):
            if dependency.target in nodes:
                reasons.setdefault((dependency.target, node), set()).add(dependency.reason)
    return [(needed, needing, ", ".join(sorted(names))) for (needed, needing), names in sorted(reasons.items())]
