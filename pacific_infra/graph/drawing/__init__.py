"""A graph, or a part of it, in the forms that other tools draw."""

from pacific_infra.graph.drawing.dot import dot
from pacific_infra.graph.drawing.graph_json import GRAPH_SCHEMA, graph_json
from pacific_infra.graph.drawing.mermaid import mermaid
from pacific_infra.graph.drawing.tree import containment_tree

__all__ = ["GRAPH_SCHEMA", "containment_tree", "dot", "graph_json", "mermaid"]
