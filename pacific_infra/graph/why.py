"""Why a document comes after another one, or why it is there at all."""

from dataclasses import dataclass
from itertools import pairwise

from pacific_infra.graph.dependency_graph import Dependency, DependencyGraph, reached


@dataclass(frozen=True)
class Why:
    """Reasons from ``later`` back to ``earlier``; none where neither needs the other."""

    earlier: str
    later: str
    steps: tuple[tuple[Dependency, ...], ...]
    """For each step of the way, beginning at ``later``, all reasons why that document needs the next one."""


def why_after(graph: DependencyGraph, one: str, other: str) -> Why:
    """A shortest way of reasons between two documents; which of them is later is found out."""
    for later, earlier in ((one, other), (other, one)):
        # Backwards, so that among ways of one length it is the one by the first reasons: where it lies, what it names.
        through = reached(graph.predecessors, later)
        if earlier not in through:
            continue
        way = [earlier]
        while way[-1] != later:
            way.append(through[way[-1]])
        way.reverse()
        steps = [graph.reasons(needing, needed) for needing, needed in pairwise(way)]
        return Why(earlier, later, tuple(steps))
    return Why(other, one, ())


def common_needs(graph: DependencyGraph, one: str, other: str) -> frozenset[str]:
    """What both need; for two documents of which neither needs the other."""
    return graph.ancestors(one) & graph.ancestors(other)
