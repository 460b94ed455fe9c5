"""The dependency graph of an estate: what needs what, why, and in which waves it can be made."""

from pacific_infra.graph.build import build_graph
from pacific_infra.graph.dependency_graph import Dependency, DependencyGraph

__all__ = ["Dependency", "DependencyGraph", "build_graph"]
