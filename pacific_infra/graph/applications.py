"""An application's parts, and what they need that is not part of it."""

from collections.abc import Collection
from difflib import get_close_matches

from pacific_infra.errors import PacificError
from pacific_infra.graph.dependency_graph import Dependency, DependencyGraph


def parts_of(graph: DependencyGraph, application: str) -> tuple[str, ...]:
    """Ids of the parts of the application with this name, in dependency order. Raises PacificError for another."""
    parts = graph.applications.get(application)
    if parts is None:
        names = sorted(graph.applications)
        near = get_close_matches(application, names, n=1)
        fix = f"write {near[0]}" if near else "add a document of kind Application" if not names else None
        allowed = names or "the estate has none"
        raise PacificError("no such application in the estate", value=application, allowed=allowed, fix=fix)
    return tuple(node for node in graph.order if node in set(parts))


def needs_outside(graph: DependencyGraph, parts: Collection[str]) -> list[Dependency]:
    """What ``parts`` need directly of documents outside, the first reason of each pair, in dependency order."""
    needs: dict[tuple[str, str], Dependency] = {}
    for node in parts:
        for dependency in graph.dependencies(node):
            if dependency.target not in parts:
                needs.setdefault((node, dependency.target), dependency)
    return list(needs.values())
