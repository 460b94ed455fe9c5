"""``pacific rollback``: back to the documents of an earlier run."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from pacific_infra.cli.document_graph import graph_of
from pacific_infra.cli.fleet import Fleet, fleet_of
from pacific_infra.cli.history import RunArgument, documents_text, files_of
from pacific_infra.cli.options import CURRENT_FOLDER, JsonOption, ProjectOption, StackOption, YesOption
from pacific_infra.cli.plan import assess_documents, make_plan, print_plan
from pacific_infra.cli.result import day_and_time, result_console
from pacific_infra.cli.session import Session, begin_on, command_line, interactive
from pacific_infra.cli.unchanged import LastRun
from pacific_infra.cli.up import UpOptions, plan_and_converge
from pacific_infra.converge.history import can_go_back_to, ended
from pacific_infra.converge.project import Project, find_project
from pacific_infra.documents.plain_values import plain_documents, withholds
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.record.history import Run


def rollback(
    number: RunArgument,
    *,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    yes: YesOption = False,
    preview_only: Annotated[bool, typer.Option("--preview-only", help="Show the plan, and do nothing.")] = False,
    json_output: JsonOption = False,
) -> None:
    """Plan going back to the documents of an earlier run, ask, and converge.

    Your files stay as they are. Secrets and the rest of the configuration are those of now. What was deleted since is
    made again, without the data that it had.
    """
    named = find_project(project, stack)
    files = files_of(named)
    run = ended(files.run(number))
    if not can_go_back_to(run):
        good = [str(other.number) for other in map(ended, files.runs()) if can_go_back_to(other)]
        raise PacificError(
            f"run {number} ({run.command}, {run.result}) did not leave the stack as its documents say",
            value=number,
            allowed=good or None,
            fix="name a whole up that is done" if good else "none is there yet; pacific up converges the documents",
        )
    if not yes and not preview_only and not interactive():
        fix = f"{command_line(named, f'rollback {number} --yes')}, after --preview-only"
        raise PacificError("no terminal to confirm on", fix=fix)
    documents = _complete(named, run, files.documents(run))
    with _project_with(named, number, documents) as changed:
        session = begin_on(changed)
        session.toolchain.install(session.remark)
        session.remark(f"going back to the documents of run {number}, {day_and_time(run.began)}; your files stay")
        options = UpOptions(yes=yes, rollback_to=number)
        if (fleet := fleet_of(session)) is not None:
            _roll_back_fleet(fleet, options, preview_only=preview_only, json_output=json_output)
            return
        if preview_only:
            _preview(session)
            return
        _remark_lost_data(session)
        plan_and_converge(session, options, LastRun(session), json_output=json_output)
        again = session.command("up")
        session.remark(
            f"the files still say what they said: {again} goes forward again; pacific diff {number} compares"
        )


def _roll_back_fleet(fleet: Fleet, options: UpOptions, *, preview_only: bool, json_output: bool) -> None:
    from pacific_infra.cli.fleet_plan import plan_stacks  # noqa: PLC0415 - only for an estate in several stacks
    from pacific_infra.cli.fleet_up import chosen_stacks, converge_stacks  # noqa: PLC0415

    if preview_only:
        planned = plan_stacks(fleet, chosen_stacks(fleet, everything=False), 1)
        print_plan(planned.plan, assess_documents(fleet.session), result_console())
    else:
        converge_stacks(fleet, options, 1, everything=False, json_output=json_output)


def _preview(session: Session) -> None:
    from pacific_infra.cli.record import planned_on, read_true_record  # noqa: PLC0415 - it imports Pulumi

    opened = session.open_stack()
    session.start_sandbox()
    record = read_true_record(session, opened)
    _remark_lost_data(session)
    with planned_on(opened, record) as planned:
        shown = make_plan(session, planned, record.resources, lost=record.lost)
    print_plan(shown, assess_documents(session), result_console())


def _complete(project: Project, run: Run, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The documents of a run, those whose secrets were withheld as they are now. Raises PacificErrors where such a one
    is another now: its secrets are not in the history.
    """
    withheld = {node for node, content in documents.items() if withholds(content)}
    if not withheld:
        return dict(documents)
    estate = graph_of(project).estate
    now = plain_documents(estate)
    errors = [
        PacificError(
            f"the history has no secrets, and the manifests of {node} hold some that it had at run {run.number}",
            place=estate.by_id[node].place() if node in estate.by_id else None,
            fix=f"get its file back from the commit {run.commit or 'of then'}, and go back again",
        )
        for node in sorted(withheld)
        if now.get(node) != documents[node]
    ]
    if errors:
        raise PacificErrors(errors)
    full = {node: estate.by_id[node].model_dump(mode="json", exclude_unset=True) for node in withheld}
    return {**documents, **full}


@contextmanager
def _project_with(project: Project, number: int, documents: Mapping[str, Mapping[str, Any]]) -> Iterator[Project]:
    """The project with these documents in place of its own, without overlays, in the block."""
    from pacific_infra.converge.run_settings import run_settings  # noqa: PLC0415 - only where it is needed

    with tempfile.TemporaryDirectory(prefix=f"pacific-run-{number}-") as folder:
        file = Path(folder) / "documents.yaml"
        file.touch(mode=0o600)
        file.write_text(documents_text(documents), encoding="utf-8")
        values = {f"{project.name}:documents": [str(file)], f"{project.name}:overlays": []}
        with run_settings(project, values) as settings, naming_run(number, file):
            yield replace(project, configuration={**project.configuration, **values}, run_settings=settings)


@contextmanager
def naming_run(number: int, file: Path) -> Iterator[None]:
    """Errors of the block that name a line of ``file``, which nobody has, name the run whose documents it holds."""
    try:
        yield
    except PacificError as error:
        errors = error.errors if isinstance(error, PacificErrors) else (error,)
        if not any((refusal.place or "").startswith(str(file)) for refusal in errors):
            raise
        raise PacificErrors([_of_run(refusal, number, file) for refusal in errors]) from error


def _of_run(error: PacificError, number: int, file: Path) -> PacificError:
    place = error.place.replace(f"{file}:", f"run {number}, line ") if error.place is not None else None
    return PacificError(error.problem, place=place, value=error.value, allowed=error.allowed, fix=error.fix)


def _remark_lost_data(session: Session) -> None:
    for node in _without_data(session):
        session.remark(f"warning: {node} comes back empty: what it held was deleted with it")


def _without_data(session: Session) -> Sequence[str]:
    """Documents that hold data and are not recorded now: what they are made of again has none of it."""
    from pacific_infra.converge.recorded_nodes import recorded_nodes  # noqa: PLC0415 - it imports Pulumi

    nodes = recorded_nodes(session.graph, session.open_stack().resources())
    return [
        document.id
        for document in session.graph.estate
        if document.holds_data and nodes[document.id].state == "missing" and document.deletion_policy != "Retain"
    ]
