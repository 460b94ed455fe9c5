"""Cycles among documents that wait for each other."""

from collections.abc import Iterator

import networkx

from pacific_infra.graph.dependency_graph import Neighbours
from pacific_infra.graph.network import network_of


def groups_in_cycles(successors: Neighbours) -> Iterator[set[str]]:
    """Each group of two ids or more that wait for each other."""
    return (group for group in networkx.strongly_connected_components(network_of(successors)) if len(group) > 1)


def cycles(successors: Neighbours) -> Iterator[list[str]]:
    """One for each group of ids that wait for each other, by the group's first id: a shortest path from it along
    ``successors`` back to it; first and last are the same.
    """
    whole = network_of(successors)
    for start, group in sorted((min(group), group) for group in networkx.strongly_connected_components(whole)):
        if len(group) == 1 and not whole.has_edge(start, start):
            continue
        within = whole.subgraph(group)
        paths = (networkx.shortest_path(within, needing, start) for needing in sorted(within.successors(start)))
        yield [start, *min(paths, key=len)]
