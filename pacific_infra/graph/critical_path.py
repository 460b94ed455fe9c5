"""How long an estate takes at least, and which documents have time to spare."""

from collections.abc import Mapping
from dataclasses import dataclass

from pacific_infra.graph.dependency_graph import DependencyGraph


@dataclass(frozen=True, slots=True)
class Span:
    """When one document is made, in seconds from the beginning, where everything is made as soon as it can be."""

    start: float
    end: float
    slack: float
    """Seconds by which it could be later without the whole being later; 0 on the critical path."""

    @property
    def takes(self) -> float:
        """Seconds from start to end."""
        return self.end - self.start


@dataclass(frozen=True)
class Schedule:
    """What the durations say of a graph, with no limit to what is done at a time."""

    spans: Mapping[str, Span]
    critical_path: tuple[str, ...]
    """Ids from first to last: each begins when the one before it ends; shortening anything else gains nothing."""
    makespan: float
    """Seconds that the whole takes at least."""
    work: float
    """Sum of all durations, in seconds."""


def schedule(graph: DependencyGraph, durations: Mapping[str, float]) -> Schedule:
    """Earliest spans, slack and the critical path. Takes time in proportion to nodes and edges.

    ``durations``: seconds of each id; one that is missing takes none.
    """
    start: dict[str, float] = {}
    end: dict[str, float] = {}
    for node in graph.order:
        start[node] = max((end[needed] for needed in graph.predecessors[node]), default=0.0)
        end[node] = start[node] + durations.get(node, 0.0)
    makespan = max(end.values(), default=0.0)
    latest: dict[str, float] = {}
    for node in reversed(graph.order):
        latest_end = min((latest[needing] for needing in graph.successors[node]), default=makespan)
        latest[node] = latest_end - durations.get(node, 0.0)
    spans = {node: Span(start[node], end[node], max(0.0, latest[node] - start[node])) for node in graph.order}
    return Schedule(spans, _critical_path(graph, end, start), makespan, sum(end[n] - start[n] for n in graph.order))


def longest_first(graph: DependencyGraph, durations: Mapping[str, float]) -> tuple[str, ...]:
    """All ids, each after all that it needs: those with the longest way to the end of everything first."""
    remaining: dict[str, float] = {}
    for node in reversed(graph.order):
        longest = max((remaining[needing] for needing in graph.successors[node]), default=0.0)
        remaining[node] = longest + durations.get(node, 0.0)
    # What is needed has a way that is as long at least, and comes in an earlier wave.
    return tuple(sorted(graph.order, key=lambda node: (-remaining[node], graph.wave_of[node], node)))


def _critical_path(graph: DependencyGraph, end: Mapping[str, float], start: Mapping[str, float]) -> tuple[str, ...]:
    if not end:
        return ()
    # Among equals the one with the most before it, then by id, so that the answer is always the same.
    step = min((node for node in end), key=lambda node: (-end[node], -graph.wave_of[node], node))
    way = [step]
    while graph.predecessors[step]:
        step = min(graph.predecessors[step], key=lambda node: (-end[node], -graph.wave_of[node], node))
        way.append(step)
    return tuple(reversed(way))
