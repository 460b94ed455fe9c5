"""``pacific why``: the reasons behind the order."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from pacific_infra.cli.completion import complete_document
from pacific_infra.cli.documents import read_graph
from pacific_infra.cli.options import HERE, JsonOption, ProjectOption, StackOption
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
    project: ProjectOption = HERE,
    stack: StackOption = None,
    json_output: JsonOption = False,
) -> None:
    """Say what A waits for and what waits for it; with B, why one of them comes after the other.

    Reads documents only.
    """
    graph = read_graph(project, stack)
    node = find_node(graph, document)
    if other is None:
        answer, text = _one(graph, node)
    else:
        answer, text = _two(graph, node, find_node(graph, other))
    if json_output:
        print_json("why", answer)
    else:
        typer.echo("\n".join(text))


def _one(graph: DependencyGraph, node: str) -> tuple[dict[str, Any], list[str]]:
    needs, needed_by = graph.dependencies(node), graph.needed_by(node)
    ancestors, descendants = before(graph, node) - {node}, after(graph, node) - {node}
    answer = {
        "id": node,
        "place": graph.document(node).place(),
        "wave": graph.wave_of[node],
        "needs": [_dependency(one) for one in needs],
        "neededBy": list(needed_by),
        "before": sorted(ancestors),
        "after": sorted(descendants),
    }
    text = [f"{node} at {graph.document(node).place()}, wave {graph.wave_of[node]} of {len(graph.waves)}"]
    text.append(f"waits for {len(ancestors)} documents, {len(graph.needs(node))} of them directly:")
    text += [f"  {one.target}  {one.reason}: {one.field} at {one.place}" for one in needs]
    text.append(f"{len(descendants)} documents wait for it, {len(needed_by)} of them directly:")
    text += [f"  {one.document.id}  {_reason(one)}" for name in needed_by for one in graph.reasons(name, node)]
    return answer, text


def _two(graph: DependencyGraph, one: str, other: str) -> tuple[dict[str, Any], list[str]]:
    found = why_after(graph, one, other)
    answer: dict[str, Any] = {
        "later": found.later if found.steps else None,
        "earlier": found.earlier if found.steps else None,
        "steps": [[_dependency(reason) for reason in step] for step in found.steps],
    }
    if not found.steps:
        common = sorted(common_needs(graph, one, other))
        text = [f"neither of {one} and {other} needs the other: they can be made at the same time"]
        text += [f"both need {', '.join(common)}"] if common else []
        return answer | {"both need": common}, text
    text = [f"{found.later} comes after {found.earlier}:"]
    text += [f"  {step[0].document.id} needs {step[0].target}  {_reasons(step)}" for step in found.steps]
    return answer, text


def _reasons(step: Sequence[Dependency]) -> str:
    return "; ".join(_reason(one) for one in step)


def _reason(one: Dependency) -> str:
    return f"{one.reason}: {one.field} at {one.place}"


def _dependency(one: Dependency) -> dict[str, str]:
    return {
        "node": one.document.id,
        "needs": one.target,
        "reason": one.reason,
        "field": one.field,
        "place": one.place,
    }
