"""The graph for networkx, which answers what a plan does not ask: slices, ways between documents, cycles.

A separate module, because importing networkx takes longer than planning a hundred documents.
"""

import networkx

from pacific_infra.graph.dependency_graph import Neighbours

Network = networkx.DiGraph


def network_of(neighbours: Neighbours) -> "Network[str]":
    """An edge from each id to each of its neighbours, in their order."""
    network: Network[str] = networkx.DiGraph()
    network.add_nodes_from(neighbours)
    network.add_edges_from(
        (node, neighbour) for node, neighbours_of_node in neighbours.items() for neighbour in neighbours_of_node
    )
    return network
