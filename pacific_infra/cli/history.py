"""``pacific history``: what was run on the stack, run by run."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.table import Table

from pacific_infra.cli.options import CURRENT_FOLDER, JsonOption, ProjectOption, StackOption
from pacific_infra.cli.result import clock, counts_text, day_and_time, print_json, result_console
from pacific_infra.cli.session import history_of
from pacific_infra.converge.history import ended
from pacific_infra.converge.project import Project, find_project
from pacific_infra.documents.files import shown
from pacific_infra.errors import PacificError
from pacific_infra.record.history import HistoryFiles, Run
from pacific_infra.settings import Settings
from pacific_infra.toolchain import find_toolchain

RunArgument = Annotated[int, typer.Argument(metavar="N", help="Number of the run, as pacific history shows it.")]

app = typer.Typer(
    help="Say what was run on the stack: who ran it, when, from which commit, what it changed and how it ended."
)


@app.callback(invoke_without_command=True)
def history(
    context: typer.Context,
    *,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    json_output: JsonOption = False,
) -> None:
    """Say what was run on the stack, the last run last."""
    if context.invoked_subcommand is not None:
        return
    named = find_project(project, stack)
    files = files_of(named)
    runs = [ended(run) for run in files.runs()]
    if json_output:
        document = {"stack": f"{named.name}/{named.stack}", "runs": [run_json(run) for run in runs]}
        print_json("history", document)
        return
    if not files.beside_state:
        typer.echo(f"of this computer alone: the state is not in files, the history is in {files.folder}", err=True)
    if not runs:
        typer.echo("nothing was run yet")
        return
    table = Table("run", "when", "who", "command", "commit", "result", "took", "changes", box=None, pad_edge=False)
    for run in runs:
        took = "" if run.seconds is None else clock(run.seconds)
        commit = short_commit(run)
        table.add_row(
            str(run.number),
            day_and_time(run.began),
            who(run),
            command_of(run),
            commit,
            run.result,
            took,
            changes_of(run),
        )
    result_console().print(table, highlight=False, markup=False)


@app.command()
def show(
    number: RunArgument,
    *,
    documents: Annotated[
        Path | None, typer.Option("--documents", help="Also write the run's documents to this file, as YAML.")
    ] = None,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    json_output: JsonOption = False,
) -> None:
    """Say all that is known of one run, and write its documents."""
    files = files_of(find_project(project, stack))
    run = ended(files.run(number))
    content = files.documents(run)
    if documents is not None:
        _write(documents, content)
    if json_output:
        print_json("run", {**run_json(run), "documents": content})
        return
    lines = [
        f"run {run.number}: {command_of(run)}, {run.result}",
        f"  began      {day_and_time(run.began)}" + ("" if run.seconds is None else f", took {clock(run.seconds)}"),
        f"  by         {who(run)}",
        f"  commit     {run.commit or 'none: the folder is in no git work tree'}",
        *([f"  plan       {run.plan}"] if run.plan else ()),
        f"  documents  {len(content)}, sha256 {run.documents}",
        f"  changes    {changes_of(run) or 'none'}",
    ]
    lines += [f"    {node}: {counts_text(changes)}" for node, changes in run.changes.items()]
    lines += [f"  error: {error}" for error in run.errors]
    typer.echo("\n".join(map(shown, lines)))


def files_of(project: Project) -> HistoryFiles:
    """The history of the project's stack. Documents are not read, nothing is started."""
    settings = Settings.read().with_backend(project.backend_url)
    return history_of(project, settings, find_toolchain(settings)).files


def who(run: Run) -> str:
    """``USER@HOST``."""
    return f"{run.writer.user}@{run.writer.host}"


def command_of(run: Run) -> str:
    """The command, with the run that it went back to."""
    return run.command if run.rollback_to is None else f"{run.command} (rollback to {run.rollback_to})"


def short_commit(run: Run) -> str:
    """The beginning of the commit, with a plus where files differed from it."""
    if run.commit is None:
        return ""
    commit, changed, _ = run.commit.partition("+")
    return f"{commit[:10]}{changed}"


def changes_of(run: Run) -> str:
    """``2 created, 1 updated``: what was changed."""
    return counts_text({operation: count for operation, count in run.counts.items() if operation != "same"})


def run_json(run: Run) -> dict[str, Any]:
    """The run for programs."""
    plain = asdict(run)
    writer = plain.pop("writer")
    return {
        "number": run.number,
        "command": run.command,
        "rollbackTo": plain["rollback_to"],
        "began": run.began,
        "seconds": run.seconds,
        "result": run.result,
        "user": writer["user"],
        "host": writer["host"],
        "commit": run.commit,
        "plan": run.plan,
        "documentsDigest": run.documents,
        "counts": plain["counts"],
        "changes": plain["changes"],
        "errors": list(run.errors),
    }


def _write(file: Path, documents: Mapping[str, Mapping[str, Any]]) -> None:
    try:
        file.write_text(documents_text(documents), encoding="utf-8")
    except OSError as error:
        raise PacificError(f"the documents cannot be written ({error.strerror})", place=str(file)) from None


def documents_text(documents: Mapping[str, Mapping[str, Any]]) -> str:
    """Documents as one file that can be read again."""
    plain = [dict(content) for content in documents.values()]
    return yaml.safe_dump_all(plain, sort_keys=False, allow_unicode=True, width=120)
