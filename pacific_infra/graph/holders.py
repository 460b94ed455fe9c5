"""The documents that contain others: a workload's namespace, a namespace's Supervisor, a manifest's cluster."""

from collections.abc import Iterator

from pacific_infra.graph.dependency_graph import DependencyGraph


def holders(graph: DependencyGraph, node: str) -> Iterator[str]:
    """The documents that contain ``node``, the nearest first; for an undeclared node they are read from its id."""
    document = graph.estate.by_id.get(node)
    if document is not None and document.guest_cluster is not None:
        yield document.guest_cluster
    holder: str | None
    if document is not None:
        holder = graph.container(node)
    else:
        holder = f"Namespace/{node.split('/')[1]}" if node.count("/") == 2 else None
    while holder is not None:
        yield holder
        holder = graph.container(holder) if holder in graph.wave_of else None
