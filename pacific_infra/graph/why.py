"""Why a document comes after another one."""

from dataclasses import dataclass
from itertools import pairwise

import networkx

from pacific_infra.graph.dependency_graph import Dependency, DependencyGraph
from pacific_infra.graph.network import network_of
from pacific_infra.graph.slices import before


@dataclass(frozen=True)
class Why:
    """Reasons from ``later`` back to ``earlier``; none where neither needs the other."""

    earlier: str
    later: str
    steps: tuple[tuple[Dependency, ...], ...]
    """For each step of the way, beginning at ``later``, all reasons why that document needs the next one."""


def why_after(graph: DependencyGraph, node: str, other: str) -> Why:
    """A shortest way of reasons between two documents; which of them is later is found out."""
    # Backwards: the needed of a document are in the order of its reasons, where it lies first, then what it names.
    needed = network_of(graph.predecessors)
    for later, earlier in ((node, other), (other, node)):
        path = networkx.single_source_shortest_path(needed, later).get(earlier)
        if path is not None:
            steps = [graph.reasons(needing, target) for needing, target in pairwise(path)]
            return Why(earlier, later, tuple(steps))
    return Why(other, node, ())


def common_needs(graph: DependencyGraph, node: str, other: str) -> frozenset[str]:
    """What both need; for two documents of which neither needs the other."""
    return (before(graph, node) & before(graph, other)) - {node, other}
