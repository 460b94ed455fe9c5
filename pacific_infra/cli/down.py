"""``pacific down``: remove the estate, or one application of it."""

import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pacific_infra.cli.fleet import fleet_of
from pacific_infra.cli.options import (
    CURRENT_FOLDER,
    ApplicationOption,
    JsonOption,
    OnOption,
    ProjectOption,
    StackOption,
    WorkersOption,
    YesOption,
)
from pacific_infra.cli.result import result_console
from pacific_infra.cli.session import Session, begin, interactive
from pacific_infra.documents import Estate
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph.applications import parts_of
from pacific_infra.plan.removal import Removal, removal_json, removal_question, render_removal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pacific_infra.cli.record import Record
    from pacific_infra.converge.claims import Recorded
    from pacific_infra.converge.stack import EstateStack


def down(
    *,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    application: ApplicationOption = None,
    yes: YesOption = False,
    preview_only: Annotated[bool, typer.Option("--preview-only", help="Say what would go, and do nothing.")] = False,
    json_output: JsonOption = False,
    keep_sandbox: Annotated[
        bool, typer.Option("--keep-sandbox", help="Leave the embedded sandbox running in any case.")
    ] = False,
    workers: WorkersOption = None,
    on: OnOption = None,
) -> None:
    """Remove every resource of the stack, in reverse order, and stop the sandbox if no other stack uses it.

    Shows what goes, destroyed data first, and asks; a sandbox that is stopped keeps what was not removed.
    """
    session = _begin(project, stack)
    if not yes and not preview_only and not interactive():
        which = f" --application {application}" if application is not None else ""
        again = session.command(f"down{which} --yes")
        raise PacificError("no terminal to confirm on", fix=f"{again}, after --preview-only")
    if application is not None:
        parts_of(session.graph, application)
    options = DownOptions(application, yes, preview_only, keep_sandbox)
    if (fleet := fleet_of(session, on=on)) is not None:
        from pacific_infra.cli.fleet_down import remove_stacks  # noqa: PLC0415 - only for an estate in several stacks

        remove_stacks(fleet, options, workers, json_output=json_output)
        return
    if application is not None:
        remove_application(session, session.open_stack(), application, options, json_output=json_output)
        return
    remove(session, session.open_stack(), options, json_output=json_output)


@dataclass(frozen=True)
class DownOptions:
    """The options of one ``down``, by their names on the command line."""

    application: str | None = None
    yes: bool = False
    preview_only: bool = False
    keep_sandbox: bool = False

    @property
    def command(self) -> str:
        """``down``, with what it is limited to."""
        return "down" if self.application is None else f"down --application {self.application}"


def plan_removal(
    session: Session, opened: "EstateStack", options: DownOptions, *, json_output: bool
) -> "tuple[Record, Removal]":
    """Find out what goes, show it and ask."""
    from pacific_infra.cli.contents import find_deleted_contents  # noqa: PLC0415
    from pacific_infra.cli.record import record_to_remove  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.converge.applications import plan_removal_of_all  # noqa: PLC0415

    record = record_to_remove(session, opened)
    removal = plan_removal_of_all(session.graph, record.resources)
    left = find_deleted_contents(session, opened, record.resources, removal.targets).left
    removal = replace(removal, left=left)
    if options.preview_only or not options.yes:
        _show(session, removal, preview_only=options.preview_only, json_output=json_output)
    if not options.preview_only and not options.yes and removal.parts:
        typer.confirm(removal_question(removal, session.name), abort=True, err=True)
    return record, removal


def remove(session: Session, opened: "EstateStack", options: DownOptions, *, json_output: bool) -> None:
    """Remove the session's stack. Raises PacificError(s)."""
    from pacific_infra.cli.converging import converge, nothing_done, report  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.cli.preflight import check_before_removing  # noqa: PLC0415
    from pacific_infra.cli.record import forget  # noqa: PLC0415
    from pacific_infra.cli.sandbox_use import stop_sandbox  # noqa: PLC0415
    from pacific_infra.converge.history import Intent  # noqa: PLC0415

    record, removal = plan_removal(session, opened, options, json_output=json_output)
    if options.preview_only:
        return
    resources = record.resources
    if any(resource["type"] != "pulumi:pulumi:Stack" for resource in resources):
        check_before_removing(session, opened, resources, None)
    forget(session, opened, record)
    targets = removal.targets if removal.partial else ()
    operation = partial(opened.destroy, targets=targets)
    result = nothing_done()
    if resources:
        started = session.begun if options.yes else None
        result = converge(
            session,
            opened,
            "Removing",
            operation,
            Intent("down", Estate(())),
            recorded=resources,
            expected="delete",
            planned=removal.operations,
            started=started,
        )
    if not options.keep_sandbox:
        stop_sandbox(session)
    report(session, result, json_output=json_output, command="down", next_steps=[session.command("up")])


def _begin(project: Path, stack: str | None) -> Session:
    """Documents say in which order things go. Where they are broken, the refusal says how to go on without them."""
    try:
        return begin(project, stack)
    except PacificError as error:
        errors = error.errors if isinstance(error, PacificErrors) else (error,)
        which = f" --stack {stack}" if stack is not None else ""
        fix = f"fix this, or remove the recorded resources without reading documents: pulumi destroy{which}"
        raise PacificErrors([*errors, PacificError("nothing was removed", fix=fix)]) from None


def _show(session: Session, removal: Removal, *, preview_only: bool, json_output: bool) -> None:
    """The result is on standard output where it is all that was asked for."""
    if preview_only and json_output:
        typer.echo(json.dumps(removal_json(removal), indent=2))
        return
    console = result_console() if preview_only else session.console
    console.print(render_removal(removal, session.name))


def plan_application_removal(
    session: Session, opened: "EstateStack", application: str, options: DownOptions, *, json_output: bool
) -> "tuple[Record, Removal]":
    """Find out what goes, what is kept and why, show it and ask. Raises PacificErrors where others need it."""
    from pacific_infra.cli.record import record_to_remove  # noqa: PLC0415 - it imports Pulumi

    record = record_to_remove(session, opened)
    removal = _removal(session, opened, application, record.resources)
    _show(session, removal, preview_only=options.preview_only, json_output=json_output)
    if not options.preview_only and not options.yes and removal.targets:
        typer.confirm(removal_question(removal, session.name), abort=True, err=True)
    return record, removal


def remove_application(
    session: Session, opened: "EstateStack", application: str, options: DownOptions, *, json_output: bool
) -> None:
    """Remove the application's resources of this stack alone. Raises PacificError(s)."""
    from pacific_infra.cli.converging import converge, nothing_done, report  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.cli.record import forget  # noqa: PLC0415
    from pacific_infra.converge.history import Intent  # noqa: PLC0415

    record, removal = plan_application_removal(session, opened, application, options, json_output=json_output)
    if options.preview_only:
        return
    result = nothing_done()
    if removal.targets:
        forget(session, opened, record)
        operation = partial(opened.destroy, targets=removal.targets)
        concerned = [part.id for part in removal.parts]
        intent = Intent(options.command, estate_without(session, concerned))
        planned = removal.operations
        result = converge(
            session, opened, "Removing", operation, intent, expected="delete", only=concerned, planned=planned
        )
    again = f"{session.command('up')} (creates it again; to remove it permanently, remove its documents first)"
    report(session, result, json_output=json_output, command=options.command, next_steps=[again])


def _removal(session: Session, stack: "EstateStack", application: str, recorded: "Sequence[Recorded]") -> Removal:
    """What taking it down does. Raises PacificErrors with the documents outside that need it, and for definitions whose
    resources others have made.
    """
    from pacific_infra.cli.contents import find_deleted_contents  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.cli.preflight import check_before_removing  # noqa: PLC0415
    from pacific_infra.converge.applications import plan_removal  # noqa: PLC0415

    # What stands for a document of another stack goes with that stack's.
    parts = [part for part in parts_of(session.graph, application) if part not in session.graph.elsewhere]
    removal, problems = plan_removal(session.graph, application, parts, recorded)
    if problems:
        raise PacificErrors(problems)
    removal = replace(removal, left=find_deleted_contents(session, stack, recorded, removal.targets).left)
    check_before_removing(session, stack, recorded, estate_without(session, parts))
    return removal


def estate_without(session: Session, parts: "Collection[str]") -> Estate:
    """The session's documents but these."""
    return Estate(tuple(document for document in session.graph.estate if document.id not in parts))
