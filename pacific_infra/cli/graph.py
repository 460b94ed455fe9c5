"""``pacific graph``: the estate's dependency graph, for people and for tools that draw."""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated

import typer

from pacific_infra.cli.completion import complete_document
from pacific_infra.cli.document_graph import read_graph
from pacific_infra.cli.options import CURRENT_FOLDER, JsonOption, ProjectOption, StackOption
from pacific_infra.cli.result import result_console
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph
from pacific_infra.graph.drawing import containment_tree, dot, graph_json, mermaid
from pacific_infra.graph.naming import find_node
from pacific_infra.graph.slices import after, before, neighbourhood


class Form(StrEnum):
    """How the graph is written."""

    TREE = "tree"
    DOT = "dot"
    MERMAID = "mermaid"
    JSON = "json"


_SLICES: Mapping[str, Callable[[DependencyGraph, str, int | None], frozenset[str]]] = {
    "--around": neighbourhood,
    "--before": before,
    "--after": after,
}


def graph(
    *,
    form: Annotated[Form, typer.Option("--output", "-o", help="The form to write.")] = Form.TREE,
    around_node: Annotated[
        str | None,
        typer.Option("--around", help="Only what is around this document.", autocompletion=complete_document),
    ] = None,
    before_node: Annotated[
        str | None,
        typer.Option("--before", help="Only this document and what it needs.", autocompletion=complete_document),
    ] = None,
    after_node: Annotated[
        str | None,
        typer.Option("--after", help="Only this document and what needs it.", autocompletion=complete_document),
    ] = None,
    depth: Annotated[int | None, typer.Option(min=1, help="At most so many steps away.")] = None,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    json_output: JsonOption = False,
) -> None:
    """Write the graph of documents, or a part of it, as a tree, DOT (Graphviz), Mermaid or JSON.

    Reads documents only.
    """
    network = read_graph(project, stack)
    chosen = {"--around": around_node, "--before": before_node, "--after": after_node}
    chosen_options = {option: name for option, name in chosen.items() if name is not None}
    if len(chosen_options) > 1:
        raise PacificError("one part at a time", value=" ".join(chosen_options), allowed="one of " + ", ".join(chosen))
    if depth is not None and not chosen_options:
        raise PacificError("--depth counts from a document", value=depth, fix="add --around, --before or --after")
    nodes = frozenset(network.order)
    for option, name in chosen_options.items():
        nodes = _SLICES[option](network, find_node(network, name), depth)
    if json_output or form is Form.JSON:
        typer.echo(json.dumps(graph_json(network, nodes), indent=2))
    elif form is Form.TREE:
        result_console().print(containment_tree(network, nodes))
    else:
        typer.echo((dot if form is Form.DOT else mermaid)(network, nodes), nl=False)
