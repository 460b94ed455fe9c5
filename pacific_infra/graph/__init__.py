"""The dependency graph of an estate: what needs what, why, and in which waves it can be made."""

from typing import TYPE_CHECKING, Any

from pacific_infra.graph.dependency_graph import Dependency, DependencyGraph

if TYPE_CHECKING:
    from pacific_infra.graph.build import build_graph

__all__ = ["Dependency", "DependencyGraph", "build_graph"]


def __getattr__(name: str) -> Any:
    # A graph that is known is used without the documents, which take most of a start to import.
    if name != "build_graph":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pacific_infra.graph.build import build_graph  # noqa: PLC0415

    return build_graph
