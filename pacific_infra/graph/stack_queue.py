"""In which order the stacks of an estate are run, and which are not run because another one has failed. Pure."""

import heapq
from collections.abc import Mapping

from pacific_infra.graph.critical_path import longest_first
from pacific_infra.graph.dependency_graph import DependencyGraph


class StackQueue:
    """Gives each stack when all that it needs are done, of those that can begin the one with the longest way behind
    it first.
    """

    def __init__(self, stacks: DependencyGraph, costs: Mapping[str, float]) -> None:
        """``costs``: seconds, or another measure, of each stack."""
        self._stacks = stacks
        self._rank = {stack: number for number, stack in enumerate(longest_first(stacks, costs))}
        self._missing = {stack: len(needed) for stack, needed in stacks.predecessors.items()}
        self._ready = [(self._rank[stack], stack) for stack, number in self._missing.items() if not number]
        heapq.heapify(self._ready)
        self.stopped: dict[str, str] = {}
        """Stacks that are not run, each with the failed one that it needs."""

    def next(self) -> str | None:
        """A stack that can begin; None: none can, until another one is done, or ever."""
        return heapq.heappop(self._ready)[1] if self._ready else None

    def done(self, stack: str) -> None:
        """The stack is as it should be."""
        for needing in self._stacks.successors[stack]:
            self._missing[needing] -= 1
            if not self._missing[needing]:
                heapq.heappush(self._ready, (self._rank[needing], needing))

    def failed(self, stack: str) -> None:
        """The stack is not as it should be: what needs it is stopped."""
        waiting = [*self._stacks.successors[stack]]
        while waiting:
            needing = waiting.pop()
            if needing not in self.stopped:
                self.stopped[needing] = stack
                waiting += self._stacks.successors[needing]
