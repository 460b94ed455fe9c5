"""The containment tree for the terminal: Supervisors, their namespaces, and the documents in these."""

from collections import defaultdict
from collections.abc import Collection

from rich.text import Text
from rich.tree import Tree

from pacific_infra.graph.dependency_graph import DependencyGraph


def containment_tree(graph: DependencyGraph, nodes: Collection[str]) -> Tree:
    """A tree that rich prints; each document with its wave and the documents that it needs except its container."""
    contents: dict[str | None, list[str]] = defaultdict(list)
    for node in graph.order:
        if node in nodes:
            container = graph.container(node)
            contents[container if container in nodes else None].append(node)
    tree = Tree(Text(f"{len(nodes)} documents in {len(graph.waves)} waves", style="bold"))
    ways = [(tree, node) for node in reversed(contents[None])]
    while ways:
        branch, node = ways.pop()
        added = branch.add(_line(graph, node))
        ways += [(added, child) for child in reversed(contents[node])]
    return tree


def _line(graph: DependencyGraph, node: str) -> Text:
    needs: dict[str, set[str]] = defaultdict(set)
    for dependency in graph.dependencies(node):
        if dependency.reason != "containment":
            needs[dependency.target].add(dependency.reason)
    external = graph.document(node).external
    line = Text(node, style="cyan" if external else "").append("  external" if external else "", style="dim")
    line.append(f"  wave {graph.wave_of[node]}", style="dim")
    if needs:
        after = ", ".join(f"{target} ({', '.join(sorted(reasons))})" for target, reasons in needs.items())
        line.append(f"  after {after}", style="dim")
    return line
