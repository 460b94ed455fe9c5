"""``pacific promote``: how the documents and outputs of two stacks differ."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from pacific_infra.cli.completion import complete_stack
from pacific_infra.cli.options import CURRENT_FOLDER, JsonOption, ProjectOption
from pacific_infra.cli.outputs import recorded_outputs
from pacific_infra.cli.result import print_json
from pacific_infra.cli.session import Session, begin
from pacific_infra.documents.plain_values import plain_documents
from pacific_infra.errors import PacificError
from pacific_infra.plan.document_diff import DocumentChange, document_change_lines, document_changes

_SECRET = "[secret]"  # noqa: S105 - what is shown in its place


def promote(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="The stack that goes ahead.", autocompletion=complete_stack)
    ],
    target: Annotated[
        str, typer.Argument(metavar="TO", help="The stack that would follow.", autocompletion=complete_stack)
    ],
    project: ProjectOption = CURRENT_FOLDER,
    json_output: JsonOption = False,
) -> None:
    """Show what would change in TO if it had the documents of FROM, and how their outputs differ.

    Overlays and values are put in. Changes nothing. Exit code 2 where they differ.
    """
    if source == target:
        raise PacificError("these are one stack", value=source, fix="name two")
    first, second = begin(project, source), begin(project, target)
    documents = document_changes(plain_documents(second.graph.estate), plain_documents(first.graph.estate))
    outputs = output_changes(_outputs(second), _outputs(first))
    if json_output:
        print_json("promote", promotion_json(source, target, documents, outputs))
    else:
        typer.echo("\n".join(promotion_lines(source, target, documents, outputs)))
    if documents or outputs:
        raise SystemExit(2)


def _outputs(session: Session) -> Mapping[str, Any]:
    """Secret ones masked: whether these differ is not said. None where a stack with a file was not brought up yet."""
    project = session.project
    try:
        outputs = recorded_outputs(project)
    except PacificError as error:
        if project.stack not in project.declared_stacks:
            raise
        session.remark(f"the outputs of {project.name}/{project.stack} are not known: {error.problem}")
        return {}
    return {name: _SECRET if output.secret else output.value for name, output in outputs.items()}


def output_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[DocumentChange]:
    """Each output that is not in both or not the same. Pure."""
    return document_changes(
        {name: {"value": value} for name, value in before.items()},
        {name: {"value": value} for name, value in after.items()},
    )


def promotion_json(
    source: str, target: str, documents: Sequence[DocumentChange], outputs: Sequence[DocumentChange]
) -> dict[str, Any]:
    """For programs; ``old`` is what ``target`` has."""
    return {
        "from": source,
        "to": target,
        "documents": [asdict(change) for change in documents],
        "outputs": [
            {"name": change.id, **{key: value for key, value in asdict(change).items() if key != "id"}}
            for change in outputs
        ],
    }


def promotion_lines(
    source: str, target: str, documents: Sequence[DocumentChange], outputs: Sequence[DocumentChange]
) -> list[str]:
    """For people: - what only ``target`` has, + what only ``source`` has, ~ from the target's to the source's."""
    lines: list[str] = []
    for title, changes in (("documents", documents), ("outputs", outputs)):
        if changes:
            lines.append(f"{title} of {target} that are other in {source}: {len(changes)}")
            lines += [f"  {line}" for line in document_change_lines(changes)]
        else:
            lines.append(f"the {title} of {source} and {target} are the same")
    return lines
