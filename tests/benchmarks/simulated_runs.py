"""How long the engine would take for a graph, without running it."""

import heapq
from collections.abc import Mapping, Sequence

from pacific_infra.graph import DependencyGraph
from pacific_infra.graph.critical_path import Schedule, longest_first


def lower_bound(schedule: Schedule, parallel: int) -> float:
    """Seconds below which no order gets with ``parallel`` things done at a time."""
    return max(schedule.makespan, schedule.work / parallel)


def simulated_makespan(
    graph: DependencyGraph, durations: Mapping[str, float], parallel: int, order: Sequence[str] | None = None
) -> float:
    """Seconds that the engine would take with ``parallel`` at a time.

    Of what can begin, what comes first in ``order`` does; None: the longest remaining way first.
    """
    rank = {node: number for number, node in enumerate(order or longest_first(graph, durations))}
    waiting = {node: len(graph.predecessors[node]) for node in graph.order}
    ready = [(rank[node], node) for node in graph.order if not waiting[node]]
    heapq.heapify(ready)
    running: list[tuple[float, str]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < parallel:
            node = heapq.heappop(ready)[1]
            heapq.heappush(running, (now + durations.get(node, 0.0), node))
        now, done = heapq.heappop(running)
        for needing in graph.successors[done]:
            waiting[needing] -= 1
            if not waiting[needing]:
                heapq.heappush(ready, (rank[needing], needing))
    return now
