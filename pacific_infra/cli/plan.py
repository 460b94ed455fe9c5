"""``pacific plan``: what ``up`` would do, in dependency order."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pacific_infra.cli.fleet import Fleet, fleet_of
from pacific_infra.cli.options import (
    CURRENT_FOLDER,
    ApplicationOption,
    CreateOption,
    EngineOption,
    JsonOption,
    PartitionOption,
    PricesOption,
    ProjectOption,
    RefreshOption,
    SiteOption,
    StackOption,
    WorkersOption,
)
from pacific_infra.cli.result import after_result, clock, result_console
from pacific_infra.cli.session import Session, begin
from pacific_infra.cli.unchanged import LastRun
from pacific_infra.converge.last_run import unchanged_changes
from pacific_infra.errors import PacificError
from pacific_infra.graph.applications import parts_of
from pacific_infra.plan import (
    Assessment,
    Plan,
    Standing,
    assess,
    build_plan,
    plan_json_text,
    render_markdown,
    render_tree,
)
from pacific_infra.plan.capacity import Site, read_site
from pacific_infra.plan.capacity.prices import Prices, read_prices
from pacific_infra.plan.durations import Forecast, History, forecast
from pacific_infra.plan.html import render_html
from pacific_infra.plan.plan import only
from pacific_infra.plan.policy import all_rules
from pacific_infra.plan.replacement import check_replacements
from pacific_infra.plan.saved_plan import save_plan
from pacific_infra.plan.server_answers import ServerAnswers
from pacific_infra.plan.tree import no_changes_line

if TYPE_CHECKING:
    from pacific_infra.converge.claims import Recorded
    from pacific_infra.converge.existing_objects import ExistingObjects
    from pacific_infra.converge.stack import EstateStack


def plan(
    *,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    create: CreateOption = False,
    application: ApplicationOption = None,
    refresh: RefreshOption = False,
    json_output: JsonOption = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print markdown, for a pull request.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Also write one page to look at in a browser, without a network.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", help="Also write the plan to a file, for: pacific up --plan FILE")
    ] = None,
    site_file: SiteOption = None,
    price_file: PricesOption = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 where there are changes.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Show the whole plan also where nothing changes, with capacity and policy.")
    ] = False,
    engine: EngineOption = False,
    partition: PartitionOption = None,
    workers: WorkersOption = None,
) -> None:
    """Show what up would do: each document by wave, its changes property by property, destroyed data first."""
    session = begin(project, stack)
    parts = parts_of(session.graph, application) if application is not None else None
    site = read_site(site_file) if site_file is not None else None
    assessment = assess_documents(session, site, read_prices(price_file) if price_file is not None else None)
    session.toolchain.install(session.remark)
    output = _Output(json_output, markdown, html, everything)
    if (fleet := fleet_of(session, partition, create=create)) is not None:
        fleet_options = _FleetOptions(workers or 1, engine, refresh, application, parts, save)
        _plan_fleet(fleet, output, assessment, fleet_options, exit_code=detailed_exitcode)
        return
    if not (engine or refresh or parts or save) and (resources := LastRun(session).unchanged_resources()) is not None:
        _show(session, build_plan(session.graph, unchanged_changes(resources)), assessment, output)
        return
    opened = session.open_stack(create=session.may_create("plan", create=create))
    session.start_sandbox()
    foreseen = foresee(session, opened, parts=parts, refresh=refresh)
    shown = foreseen.plan
    assessment = replace(assessment, answers=foreseen.answers)
    if application is not None and parts is not None:
        for problem in unmet_needs_of(session, foreseen.recorded, application):
            session.remark(f"warning: {problem}")
        shown = only(shown, parts)
    if save is not None:
        save_plan(save, shown, project=session.project.name, stack=session.project.stack)
    _show(session, shown, assessment, output)
    with after_result():
        foreseen.existing.require_owned()
        check_replacements(foreseen.plan, session.graph)
    if detailed_exitcode and shown.counts.changes:
        raise SystemExit(2)


@dataclass(frozen=True)
class _FleetOptions:
    """How an estate in several stacks is planned, by the names on the command line."""

    workers: int
    engine: bool
    refresh: bool
    application: str | None
    parts: tuple[str, ...] | None
    save: Path | None


def _plan_fleet(
    fleet: Fleet, output: "_Output", assessment: Assessment, options: _FleetOptions, *, exit_code: bool
) -> None:
    from pacific_infra.cli.fleet_plan import plan_stacks  # noqa: PLC0415 - only for an estate in several stacks
    from pacific_infra.cli.fleet_up import chosen_stacks, say_stacks, unmet_needs_of_stacks  # noqa: PLC0415

    chosen = chosen_stacks(fleet, everything=options.engine or options.refresh, parts=options.parts)
    say_stacks(fleet, chosen)
    if options.application is not None:
        for problem in unmet_needs_of_stacks(fleet, options.application):
            fleet.session.remark(f"warning: {problem}")
    planned = plan_stacks(fleet, chosen, options.workers, refresh=options.refresh, parts=options.parts)
    if options.save is not None:
        project = fleet.session.project
        save_plan(options.save, planned.plan, project=project.name, stack=project.stack)
    session = replace(fleet.session, graph=planned.graph)
    _show(session, planned.plan, replace(assessment, answers=planned.answers), output)
    with after_result():
        planned.require_allowed()
    if exit_code and (planned.plan.counts.changes or fleet.moves):
        raise SystemExit(2)


@dataclass(frozen=True)
class Foreseen:
    """What an ``up`` would do."""

    plan: Plan
    answers: ServerAnswers
    existing: "ExistingObjects"
    recorded: Sequence["Recorded"]
    """The stack's resources, without those that are lost."""


def foresee(
    session: Session, opened: "EstateStack", *, parts: Sequence[str] | None = None, refresh: bool = False
) -> Foreseen:
    """Ask the servers and the engine what ``up`` would do. ``parts``: the documents that it is limited to; None: none.

    Raises PacificError(s).
    """
    from pacific_infra.cli.dry_run import dry_run_before_converging, rendered_resources  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.cli.existing_objects import find_existing  # noqa: PLC0415
    from pacific_infra.cli.preflight import check_before_converging  # noqa: PLC0415
    from pacific_infra.cli.record import planned_on, read_true_record  # noqa: PLC0415

    record = read_true_record(session, opened)
    recorded = record.resources
    check_before_converging(session, opened, recorded)
    rendered = rendered_resources(session, opened, recorded)
    existing = find_existing(session, opened, rendered, recorded, refresh=refresh, only=parts)
    report = dry_run_before_converging(
        session, opened, existing.allowed_resources(rendered), recorded, refresh=refresh, only=parts
    )
    with planned_on(opened, record, refresh=refresh) as planned:
        try:
            plan = make_plan(session, planned, recorded, refresh=refresh, lost=record.lost, standing=existing.standing)
        except PacificError:
            # An object of another owner is the likely reason: the engine asks the server to change it, if only to see.
            existing.require_owned()
            raise
    return Foreseen(plan, report, existing, recorded)


@dataclass(frozen=True)
class _Output:
    """In which forms a plan is shown, by their names on the command line."""

    json_output: bool
    markdown: bool
    html: Path | None
    everything: bool


def _show(session: Session, plan: Plan, assessment: Assessment, output: _Output) -> None:
    if output.html is not None:
        _write_page(session, plan, assessment, output.html)
    if output.json_output:
        sys.stdout.writelines(plan_json_text(plan, assessment))
    elif output.markdown:
        typer.echo(render_markdown(plan, assessment), nl=False)
    else:
        print_plan(plan, assessment, result_console(), everything=output.everything)
        _print_forecast(session, plan)


def _forecast(session: Session, plan: Plan) -> Forecast | None:
    """How long it will take by what was measured before; None where a kind was never measured, or nothing changes."""
    operations = {node.id: node.operation for node in plan.nodes if node.changes}
    durations = forecast(session.graph, operations, History.read(session.durations_file))
    return None if not operations or durations.guessed else durations


def _print_forecast(session: Session, plan: Plan) -> None:
    durations = _forecast(session, plan)
    if durations is not None:
        way = " > ".join(node for node in durations.likely.critical_path if durations.likely.spans[node].takes)
        likely, late = clock(ceil(durations.likely.makespan)), clock(ceil(durations.late.makespan))
        typer.echo(f"It takes about {likely}, at most {late} in nine of ten runs; everything waits for {way}")


def _write_page(session: Session, plan: Plan, assessment: Assessment, file: Path) -> None:
    title = f"Plan of {session.project.name}/{session.project.stack}"
    text = render_html(plan, session.graph, assessment, _forecast(session, plan), title=title)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PacificError(f"the page cannot be written ({error.strerror})", place=str(file)) from None


def assess_documents(session: Session, site: Site | None = None, prices: Prices | None = None) -> Assessment:
    """Capacity and policy of the session's documents. Raises PacificErrors for exceptions that are none."""
    return assess(session.graph, all_rules(), date.today(), site, prices)


def make_plan(
    session: Session,
    stack: "EstateStack",
    recorded: Sequence["Recorded"],
    *,
    refresh: bool = False,
    lost: Sequence[str] = (),
    standing: Mapping[str, Standing] | None = None,
) -> Plan:
    """Preview with the engine and join the result with the graph.

    ``recorded``: the stack's resources. ``gone``: what is not there any more, to be said. ``standing``: what is there
    already of what is new, by URN: it is shown, and not refused by the provider. Raises EngineFailed with the engine's
    own words, and PacificErrors where what the stack does not own would be deleted with something.
    """
    from pacific_infra.cli.contents import find_deleted_contents  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.converge.engine_failures import collect  # noqa: PLC0415
    from pacific_infra.converge.preview import PreviewChanges  # noqa: PLC0415

    text = f"planning {session.name}: the engine compares every document with what is recorded"
    with session.saying(text), stack.showing_owners():
        foreseen = collect(PreviewChanges, partial(stack.preview, refresh=refresh), session.graph.estate)
    plan = replace(build_plan(session.graph, foreseen.changes, standing), lost=tuple(lost))
    return replace(plan, left=find_deleted_contents(session, stack, recorded, plan.going).left)


def unmet_needs_of(session: Session, resources: Sequence["Recorded"], application: str) -> list[PacificError]:
    """What the application needs that is not part of it and not there: ``up --application`` refuses it.

    ``resources``: those that the stack has recorded.
    """
    from pacific_infra.converge.applications import unmet_needs  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.converge.recorded_nodes import recorded_nodes  # noqa: PLC0415

    recorded = recorded_nodes(session.graph, resources)
    return list(unmet_needs(session.graph, application, parts_of(session.graph, application), recorded))


def print_plan(plan: Plan, assessment: Assessment, console: Console, *, everything: bool = False) -> None:
    """Draw the plan as a tree by wave, then whether it fits and which rules it does not keep.

    A plan without changes is one line, unless ``everything`` is wanted.
    """
    if plan.counts.changes or everything:
        console.print(render_tree(plan, assessment))
    else:
        console.print(no_changes_line(plan), highlight=False)


def print_verdicts(session: Session, assessment: Assessment) -> None:
    """Report, before a run without a confirmation, whether it fits, and what rules and servers say."""
    if not assessment.empty:
        session.remark(assessment.capacity_line)
        for severity, text in assessment.capacity_advice():
            session.remark(f"  {severity}: {text}")
        session.remark(assessment.policy_line)
    if assessment.answers is not None and assessment.answers.has_answers:
        session.remark(assessment.answers.line)
        for severity, text in assessment.answers.advice():
            session.remark(f"  {severity}: {text}")


def check_fit(assessment: Assessment) -> None:
    """Raises PacificError where the documents ask for more than their namespaces' limits."""
    if not assessment.capacity.fits:
        raise PacificError("it does not fit, and --require-fit is given: nothing was done", fix="see the lines above")
