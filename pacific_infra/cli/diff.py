"""``pacific diff``: how the documents of two runs differ."""

from dataclasses import asdict
from typing import Annotated

import typer

from pacific_infra.cli.document_graph import graph_of
from pacific_infra.cli.history import RunArgument, files_of
from pacific_infra.cli.options import CURRENT_FOLDER, JsonOption, ProjectOption, StackOption
from pacific_infra.cli.result import print_json
from pacific_infra.converge.project import find_project
from pacific_infra.documents.plain_values import plain_documents
from pacific_infra.plan.document_diff import document_change_lines, document_changes


def diff(
    first: RunArgument,
    second: Annotated[
        int | None, typer.Argument(metavar="[M]", help="Number of the other run; else the documents of now.")
    ] = None,
    *,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    json_output: JsonOption = False,
) -> None:
    """Compare the documents of two runs of the history, or of one with those that there are now.

    Values and overlays are put in. Of manifests of Secrets the values are not compared: the history has none.
    """
    named = find_project(project, stack)
    files = files_of(named)
    before = files.documents(files.run(first))
    after = plain_documents(graph_of(named).estate) if second is None else files.documents(files.run(second))
    changes = document_changes(before, after)
    if json_output:
        print_json("diff", {"first": first, "second": second, "documents": [asdict(change) for change in changes]})
        return
    lines = document_change_lines(changes)
    other = "the documents of now" if second is None else f"those of run {second}"
    typer.echo("\n".join(lines) if lines else f"the documents of run {first} and {other} are the same")
