"""``pacific why``: the reasons behind the order."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from pacific_infra.cli.completion import complete_document
from pacific_infra.cli.document_graph import read_graph
from pacific_infra.cli.options import CURRENT_FOLDER, JsonOption, ProjectOption, StackOption
from pacific_infra.cli.result import print_json
from pacific_infra.graph import Dependency, DependencyGraph
from pacific_infra.graph.naming import find_node
from pacific_infra.graph.slices import after, before
from pacific_infra.graph.why import common_needs, why_after

DocumentArgument = Annotated[
    str,
    typer.Argument(
        metavar="A", help="A document: Kind/namespace/name or its ending.", autocompletion=complete_document
    ),
]
OtherArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="B", help="Another one: say why one of the two comes after the other.", autocompletion=complete_document
    ),
]


def why(
    document: DocumentArgument,
    other: OtherArgument = None,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    json_output: JsonOption = False,
) -> None:
    """Say what A waits for and what waits for it; with B, why one of them comes after the other.

    Reads documents only.
    """
    graph = read_graph(project, stack)
    node = find_node(graph, document)
    if other is None:
        answer, text = _explain_document(graph, node)
    else:
        answer, text = _explain_pair(graph, node, find_node(graph, other))
    if json_output:
        print_json("why", answer)
    else:
        typer.echo("\n".join(text))


def _explain_document(graph: DependencyGraph, node: str) -> tuple[dict[str, Any], list[str]]:
    needs, needed_by = graph.dependencies(node), graph.needed_by(node)
    ancestors, descendants = before(graph, node) - {node}, after(graph, node) - {node}
    answer = {
        "id": node,
        "place": graph.document(node).place(),
        "wave": graph.wave_of[node],
        "needs": [_dependency(need) for need in needs],
        "neededBy": list(needed_by),
        "before": sorted(ancestors),
        "after": sorted(descendants),
    }
    text = [f"{node} at {graph.document(node).place()}, wave {graph.wave_of[node]} of {len(graph.waves)}"]
    text.append(_counted("waits for", len(ancestors), len(graph.needs(node))))
    text += [f"  {need.target}  {_reason(need)}" for need in needs]
    text.append(_counted("is waited for by", len(descendants), len(needed_by)))
    text += [
        f"  {dependency.document.id}  {_reason(dependency)}"
        for name in needed_by
        for dependency in graph.reasons(name, node)
    ]
    return answer, text


def _counted(relation: str, documents: int, directly: int) -> str:
    """``waits for 4 documents, 2 of them directly:``."""
    if not documents:
        return f"{relation} nothing"
    return f"{relation} {documents} document{'' if documents == 1 else 's'}, {directly} of them directly:"


def _explain_pair(graph: DependencyGraph, first: str, second: str) -> tuple[dict[str, Any], list[str]]:
    path = why_after(graph, first, second)
    answer: dict[str, Any] = {
        "later": path.later if path.steps else None,
        "earlier": path.earlier if path.steps else None,
        "steps": [[_dependency(reason) for reason in step] for step in path.steps],
    }
    if not path.steps:
        common = sorted(common_needs(graph, first, second))
        text = [f"neither of {first} and {second} needs the other: they can be made at the same time"]
        text += [f"both need {', '.join(common)}"] if common else []
        return answer | {"both need": common}, text
    text = [f"{path.later} comes after {path.earlier}:"]
    text += [f"  {step[0].document.id} needs {step[0].target}  {_reasons(step)}" for step in path.steps]
    return answer, text


def _reasons(step: Sequence[Dependency]) -> str:
    return "; ".join(_reason(dependency) for dependency in step)


def _reason(dependency: Dependency) -> str:
    return f"{dependency.reason}: {dependency.field} at {dependency.place}"


def _dependency(dependency: Dependency) -> dict[str, str]:
    return {
        "node": dependency.document.id,
        "needs": dependency.target,
        "reason": dependency.reason,
        "field": dependency.field,
        "place": dependency.place,
    }
