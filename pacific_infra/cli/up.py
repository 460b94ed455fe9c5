"""What ``pacific up`` does where there is something to do: plan the estate, ask, and converge it."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pacific_infra.cli.session import Session
from pacific_infra.cli.unchanged import LastRun, next_steps
from pacific_infra.errors import PacificErrors

_SHARED = ("pulumi:providers:", "pulumi:pulumi:StackReference")
"""Types of what several documents use."""

if TYPE_CHECKING:
    from pacific_infra.cli.record import Record
    from pacific_infra.converge.claims import Recorded
    from pacific_infra.converge.early_run import EarlyRun
    from pacific_infra.converge.engine_failures import OnEvent
    from pacific_infra.converge.existing_objects import ExistingObjects
    from pacific_infra.converge.rendering import RenderedResource
    from pacific_infra.converge.stack import EstateStack
    from pacific_infra.documents import Estate
    from pacific_infra.plan.plan import Plan
    from pacific_infra.plan.server_answers import ServerAnswers


@dataclass(frozen=True)
class UpOptions:
    """The options of one ``up``, by their names on the command line."""

    create: bool = False
    application: str | None = None
    parts: tuple[str, ...] | None = None
    """The documents of the application; None: all documents."""
    yes: bool = False
    plan_file: Path | None = None
    refresh: bool = False
    require_fit: bool = False
    rollback_to: int | None = None
    """The run of the history whose documents these are."""

    @property
    def command(self) -> str:
        """``up``, with what it is limited to."""
        return "up" if self.application is None else f"up --application {self.application}"


def plan_and_converge(session: Session, options: UpOptions, last_run: LastRun, *, json_output: bool) -> None:
    """Plan the session's documents, ask, and converge. Raises PacificError(s)."""
    with ExitStack() as early:
        run = _prepare(session, options, early)
        if run is not None:
            _converge(session, last_run, run, json_output=json_output)


@dataclass(frozen=True)
class _Run:
    """What is to be converged; every question has been asked."""

    options: UpOptions
    stack: "EstateStack"
    record: "Record"
    rendered: Sequence["RenderedResource"]
    targets: tuple[str, ...]
    """URNs that the run is limited to; none: it is not."""
    operations: Mapping[str, str]
    """What the plan calls the operations, by URN."""
    early: "EarlyRun | None"
    """The engine that has started already."""


def _prepare(session: Session, options: UpOptions, ends: ExitStack) -> _Run | None:
    """Read the actual state, plan and ask. None: there is nothing to do. Raises PacificError(s).

    ``ends``: at its end an engine that has started early, and was not needed, is ended.
    """
    from pacific_infra.cli.record import read_true_record  # noqa: PLC0415 - it imports Pulumi

    stack = session.open_stack(create=session.may_create("up", create=options.create, yes=options.yes))
    session.start_sandbox()
    record = read_true_record(session, stack)
    if options.yes and options.plan_file is None and is_left_to_the_engine(session, record.resources):
        return _Run(options, stack, record, (), (), {}, None)
    return _prepare_documents(session, options, stack, record, ends)


def is_left_to_the_engine(session: Session, recorded: Sequence["Recorded"]) -> bool:
    """Whether nothing can be checked before the run: another program than that of documents says what the stack has,
    and the stack has neither what others' objects may lie in (Supervisors, namespaces, clusters, definitions) nor
    kubeconfigs, by which it is found out whether another stack owns its objects by now.
    """
    # They import what asks a server.
    from pacific_infra.converge.definitions import DEFINITION  # noqa: PLC0415
    from pacific_infra.plan.changes import HOLDERS  # noqa: PLC0415

    return not session.has_documents and not any(
        resource["type"] in (DEFINITION, *HOLDERS) or "kubeconfigs" in (resource.get("outputs") or {})
        for resource in recorded
    )


def _prepare_documents(
    session: Session, options: UpOptions, stack: "EstateStack", record: "Record", ends: ExitStack
) -> _Run | None:
    """Check the documents, plan and ask, as ``_prepare``."""
    from pacific_infra.cli.plan import (  # noqa: PLC0415 - it imports models of documents
        assess_documents,
        check_fit,
        make_plan,
        print_plan,
        print_verdicts,
        unmet_needs_of,
    )
    from pacific_infra.cli.preflight import check_before_converging  # noqa: PLC0415 - the same
    from pacific_infra.cli.record import planned_on  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.converge.immutable import may_replace  # noqa: PLC0415
    from pacific_infra.plan.plan import only  # noqa: PLC0415
    from pacific_infra.plan.replacement import check_replacements  # noqa: PLC0415
    from pacific_infra.plan.saved_plan import check_saved_plan  # noqa: PLC0415
    from pacific_infra.plan.tree import question  # noqa: PLC0415

    parts, recorded = options.parts, record.resources
    check_before_converging(session, stack, recorded)
    if options.application is not None and (problems := unmet_needs_of(session, recorded, options.application)):
        raise PacificErrors(problems)
    replaces = may_replace(recorded, session.graph.estate)
    is_planned = options.plan_file is not None or not options.yes or parts is not None or replaces
    is_planned = is_planned or _holds_of_others(session, stack, recorded)
    early = None if is_planned else _started_early(session, options, stack, record, ends)
    answers = _ask_servers(session, options, stack, recorded, early)
    assessment = replace(assess_documents(session), answers=answers.report)
    if options.yes:
        print_verdicts(session, assessment)
    if options.require_fit:
        check_fit(assessment)
    targets: tuple[str, ...] = ()
    operations: Mapping[str, str] = {}
    if not is_planned and session.has_documents:
        operations = _operations(session, answers, recorded)
    elif is_planned:
        with planned_on(stack, record, refresh=options.refresh) as planned:
            plan = make_plan(
                session,
                planned,
                recorded,
                refresh=options.refresh,
                lost=record.lost,
                standing=answers.existing.standing,
            )
        check_replacements(plan, session.graph)
        operations = plan.operations
        if parts is not None:
            targets, plan = _targets(plan, {*parts, *session.graph.elsewhere}), only(plan, parts)
        if options.plan_file is not None:
            check_saved_plan(options.plan_file, plan, project=session.project.name, stack=session.project.stack)
        if not options.yes:
            print_plan(plan, assessment, session.console)
            if not plan.counts.changes:
                return None
            typer.confirm(question(plan, "Converge", session.name), abort=True, err=True)
    return _Run(options, stack, record, answers.rendered, targets, operations, early)


def _holds_of_others(session: Session, stack: "EstateStack", recorded: "Sequence[Recorded]") -> bool:
    """Whether a program has Supervisors or namespaces with objects of others. Only its plan tells whether they go."""
    from pacific_infra.cli.contents import find_deleted_contents  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.plan.changes import HOLDERS  # noqa: PLC0415

    if session.has_documents:
        return False
    holders = {resource["urn"] for resource in recorded if resource["type"] in HOLDERS}
    try:
        find_deleted_contents(session, stack, recorded, holders)
    except PacificErrors:
        return True
    return False


def _started_early(
    session: Session, options: UpOptions, stack: "EstateStack", record: "Record", ends: ExitStack
) -> "EarlyRun | None":
    """The engine of a run without a plan, started while the servers are asked; None where something has to be done
    between their answers and the run, or it cannot wait.
    """
    from pacific_infra.converge.autoscalers import leaving_autoscalers  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.converge.early_run import starting_early  # noqa: PLC0415

    if options.refresh or record.forgotten or not stack.can_wait:
        return None
    if leaving_autoscalers(record.resources, session.graph.estate):
        return None
    return ends.enter_context(starting_early(stack))


@dataclass(frozen=True)
class _Answers:
    """What the servers say before the run."""

    rendered: Sequence["RenderedResource"]
    existing: "ExistingObjects"
    report: "ServerAnswers"


def _ask_servers(
    session: Session,
    options: UpOptions,
    stack: "EstateStack",
    recorded: "Sequence[Recorded]",
    early: "EarlyRun | None",
) -> _Answers:
    """Ask the servers whose objects there are, and what they would refuse. Raises PacificError(s)."""
    from pacific_infra.cli.dry_run import (  # noqa: PLC0415 - it imports Pulumi
        dry_run_before_converging,
        rendered_resources,
        templates_to_hand_over,
    )
    from pacific_infra.cli.existing_objects import require_owned_objects  # noqa: PLC0415

    rendered = rendered_resources(session, stack, recorded)
    if early is not None:
        early.let_program_run()
    existing = require_owned_objects(session, stack, rendered, recorded, refresh=options.refresh, only=options.parts)
    report = dry_run_before_converging(session, stack, rendered, recorded, refresh=options.refresh, only=options.parts)
    takes_fields = report.taken_over or report.handed_over or templates_to_hand_over(rendered, recorded)
    if early is not None and takes_fields:
        # An engine that takes fields over is told so when it starts.
        early.end()
    return _Answers(rendered, existing, report)


def _operations(session: Session, answers: _Answers, recorded: "Sequence[Recorded]") -> Mapping[str, str]:
    """What a plan would call the operations, where the engine's steps alone do not tell."""
    from pacific_infra.converge.rendering import expected_changes  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.plan.plan import build_plan  # noqa: PLC0415

    changes = [*expected_changes(answers.rendered, recorded)]
    if not answers.existing.standing and all(change.operation != "delete" for change in changes):
        return {}
    return build_plan(session.graph, changes, answers.existing.standing).operations


def _converge(session: Session, last_run: LastRun, run: _Run, *, json_output: bool) -> None:
    from pacific_infra.cli.converging import converge, report  # noqa: PLC0415
    from pacific_infra.cli.record import forget  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.converge.history import Intent  # noqa: PLC0415
    from pacific_infra.converge.pending import POWER_CYCLE, pending_machines  # noqa: PLC0415

    options, recorded = run.options, run.record.resources
    forget(session, run.stack, run.record)
    estate = session.graph.estate if session.has_documents else None
    if estate is not None:
        _make_way(run, estate)

    def begin_anew(on_event: "OnEvent") -> None:
        if estate is not None:
            _remove_leaving_autoscalers(session, run.stack, options.parts, on_event)
        run.stack.up(on_event, refresh=options.refresh, targets=run.targets)

    operation = begin_anew if run.early is None else run.early.up
    # The time for which the question stood is not the run's.
    started = session.begun if options.yes else None
    last_run.begin()
    plan = str(options.plan_file) if options.plan_file is not None else None
    intent = Intent(options.command, estate, plan, options.rollback_to)
    result = converge(
        session,
        run.stack,
        "Converging",
        operation,
        intent,
        recorded=recorded,
        only=options.parts,
        planned=run.operations,
        started=started,
    )
    if result.error is None and not result.interrupted and not run.targets:
        last_run.note()
    for node, remark in pending_machines(run.stack.resources()).items():
        session.remark(f"{node}: {remark}; fix: {POWER_CYCLE}")
    report(session, result, json_output=json_output, command="up", next_steps=next_steps(session))


def _make_way(run: _Run, estate: "Estate") -> None:
    """Do what has to be done before the engine comes to the objects of documents."""
    from pacific_infra.cli.dry_run import hand_over_claim_templates  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.cli.record import let_go  # noqa: PLC0415
    from pacific_infra.converge.immutable import replaced_machines  # noqa: PLC0415

    parts, recorded = run.options.parts, run.record.resources
    replaced = replaced_machines(recorded, estate)
    let_go(run.stack, [urn for urn, node in replaced.items() if parts is None or node in parts])
    hand_over_claim_templates(run.rendered, recorded)


def _remove_leaving_autoscalers(
    session: Session, stack: "EstateStack", parts: Collection[str] | None, on_event: "OnEvent"
) -> None:
    """Remove autoscalers whose workload stays, before its number of pods is set: they would set another meanwhile.

    ``parts``: only those of these documents. Raises EngineFailed.
    """
    from pulumi.automation import EngineEvent, OpType  # noqa: PLC0415

    from pacific_infra.cli.record import need_no_longer  # noqa: PLC0415
    from pacific_infra.converge.autoscalers import leaving_autoscalers  # noqa: PLC0415

    def changed(event: EngineEvent, now: float) -> None:
        step = event.resource_pre_event or event.res_outputs_event
        if step is None or step.metadata.op is not OpType.SAME:  # the run tells of what stays
            on_event(event, now)

    leaving = leaving_autoscalers(stack.resources(), session.graph.estate)
    leaving = [autoscaler for autoscaler in leaving if parts is None or autoscaler.document.id in parts]
    if leaving:
        names = ", ".join(autoscaler.document.id for autoscaler in leaving)
        urns = [autoscaler.urn for autoscaler in leaving]
        with session.saying(f"removing the autoscaler of {names}: it would go on setting the number of pods"):
            need_no_longer(stack, urns)
            stack.destroy(changed, targets=urns)


def _targets(plan: "Plan", parts: Collection[str]) -> tuple[str, ...]:
    """URNs of all resources of the parts, and of new providers and references to stacks, which are no document's."""
    urns = [resource.urn for node in plan.nodes if node.id in parts for resource in node.resources]
    return (*urns, *(resource.urn for resource in plan.others if resource.type.startswith(_SHARED)))
