"""The graph for networkx, which answers what a plan does not ask: slices, ways between documents, circles.

A module of its own: to import networkx takes longer than to plan a hundred documents, so only who asks pays for it.
"""

import networkx

from pacific_infra.graph.dependency_graph import Neighbours

Network = networkx.DiGraph


def network_of(neighbours: Neighbours) -> "Network[str]":
    """An edge from each id to each of its neighbours, in their order."""
    made: Network[str] = networkx.DiGraph()
    made.add_nodes_from(neighbours)
    made.add_edges_from((one, other) for one, others in neighbours.items() for other in others)
    return made
