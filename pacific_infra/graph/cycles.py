"""Circles among documents that wait for each other."""

from collections import deque
from collections.abc import Iterator

from pacific_infra.graph.dependency_graph import Neighbours


def circles(predecessors: Neighbours, successors: Neighbours) -> Iterator[list[str]]:
    """One for each group of ids that wait for each other, by the group's first id: a shortest way from it along
    ``successors`` back to it; first and last are the same. Takes time in proportion to ids and edges.
    """
    tangled = _waiting(predecessors, successors)
    # What only comes after a circle waits for ever as well, but is in none.
    tangled = _waiting(_within(successors, tangled), _within(predecessors, tangled))
    groups = _groups(_within(predecessors, tangled), _within(successors, tangled))
    for group in sorted(groups, key=min):
        yield _circle(successors, group)


def _waiting(predecessors: Neighbours, successors: Neighbours) -> set[str]:
    """The ids that are never ready where each is made after its predecessors."""
    missing = {node: len(needed) for node, needed in predecessors.items() if needed}
    ready = [node for node, needed in predecessors.items() if not needed]
    for node in ready:
        for needing in successors[node]:
            missing[needing] -= 1
            if not missing[needing]:
                del missing[needing]
                ready.append(needing)
    return set(missing)


def _within(neighbours: Neighbours, nodes: set[str]) -> Neighbours:
    return {node: tuple(one for one in neighbours[node] if one in nodes) for node in neighbours if node in nodes}


def _groups(predecessors: Neighbours, successors: Neighbours) -> Iterator[set[str]]:
    """Kosaraju's: the strongly connected groups of more than one id, or of one beside itself."""
    left: list[str] = []
    seen: set[str] = set()
    for root in successors:
        stack = [] if root in seen else [(root, iter(successors[root]))]
        seen.add(root)
        while stack:
            node, following = stack[-1]
            there = next((one for one in following if one not in seen), None)
            if there is None:
                left.append(node)
                stack.pop()
            else:
                seen.add(there)
                stack.append((there, iter(successors[there])))
    placed: set[str] = set()
    for root in reversed(left):
        if root in placed:
            continue
        placed.add(root)
        group = [root]
        for node in group:
            for needed in predecessors[node]:
                if needed not in placed:
                    placed.add(needed)
                    group.append(needed)
        if len(group) > 1 or root in successors[root]:
            yield set(group)


def _circle(successors: Neighbours, group: set[str]) -> list[str]:
    start = min(group)
    before: dict[str, str] = {}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for there in sorted(successors[here]):
            if there == start:
                way = [start, here]
                while way[-1] != start:
                    way.append(before[way[-1]])
                return way[::-1] if here != start else [start, start]
            if there in group and there not in before:
                before[there] = here
                queue.append(there)
    raise AssertionError("a strongly connected group has a circle through each of its nodes")
