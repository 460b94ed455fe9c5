"""``pacific up``: converge the estate."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pacific_infra.cli.options import (
    HERE,
    ApplicationOption,
    CreateOption,
    JsonOption,
    ProjectOption,
    RefreshOption,
    StackOption,
    YesOption,
)
from pacific_infra.cli.plan import assess_documents, check_fit, in_the_way, make_plan, print_plan, print_verdicts
from pacific_infra.cli.session import begin, interactive
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph.applications import parts_of
from pacific_infra.plan.plan import Plan, only
from pacific_infra.plan.replacement import check_replacements
from pacific_infra.plan.saved_plan import check_saved_plan
from pacific_infra.plan.tree import question


def up(
    *,
    project: ProjectOption = HERE,
    stack: StackOption = None,
    create: CreateOption = False,
    application: ApplicationOption = None,
    yes: YesOption = False,
    plan_file: Annotated[
        Path | None, typer.Option("--plan", help="Apply this saved plan and nothing else (pacific plan --save FILE).")
    ] = None,
    refresh: RefreshOption = False,
    require_fit: Annotated[
        bool, typer.Option("--require-fit", help="Do nothing where the documents ask for more than there is.")
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """Bring everything to its desired state, in dependency order; shows the plan and asks first unless --yes."""
    session = begin(project, stack)
    parts = parts_of(session.graph, application) if application is not None else None
    if not yes and not interactive():
        raise PacificError("there is nobody to ask", fix="pacific up --yes, after reading pacific plan")
    from pacific_infra.cli.asking import ask_before_converging, rendered_resources  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.cli.autoscalers import remove_leaving_autoscalers  # noqa: PLC0415
    from pacific_infra.cli.converging import converge, report  # noqa: PLC0415
    from pacific_infra.cli.preflight import check_before_converging  # noqa: PLC0415
    from pacific_infra.cli.record import forget, planned_on, true_record  # noqa: PLC0415
    from pacific_infra.cli.standing import look_before_converging  # noqa: PLC0415
    from pacific_infra.converge.immutable import may_replace  # noqa: PLC0415

    session.toolchain.install(session.remark)
    opened = session.open_stack(create=session.may_create("up", create=create, yes=yes))
    session.start_sandbox()
    record = true_record(session, opened)
    check_before_converging(session, opened, record.resources)
    if application is not None and (problems := in_the_way(session, record.resources, application)):
        raise PacificErrors(problems)
    recorded = record.resources
    rendered = rendered_resources(session, opened, recorded)
    there = look_before_converging(session, opened, rendered, only=parts)
    there.require_ours()
    asked = ask_before_converging(session, opened, rendered, recorded, refresh=refresh, only=parts)
    assessment = replace(assess_documents(session), asked=asked)
    if yes:
        print_verdicts(session, assessment)
    if require_fit:
        check_fit(assessment)
    targets: tuple[str, ...] = ()
    replaces = may_replace(record.resources, session.graph.estate)
    if plan_file is not None or not yes or parts is not None or replaces:
        with planned_on(opened, record) as planned:
            plan = make_plan(session, planned, recorded, refresh=refresh, gone=record.gone, standing=there.standing)
        check_replacements(plan, session.graph)
        if parts is not None:
            targets, plan = _targets(plan, parts), only(plan, parts)
        if plan_file is not None:
            check_saved_plan(plan_file, plan, project=session.project.name, stack=session.project.stack)
        if not yes:
            print_plan(plan, assessment, session.console)
            if not plan.counts.changes:
                return
            typer.confirm(question(plan, "Converge", session.name), abort=True, err=True)
    forget(session, opened, record)
    remove_leaving_autoscalers(session, opened, record.resources, parts)
    operation = partial(opened.up, refresh=refresh, targets=targets)
    # The time for which the question stood is not the run's.
    started = session.begun if yes else None
    result = converge(session, opened, "Converging", operation, recorded=record.resources, only=parts, started=started)
    steps = [session.command(words) for words in ("outputs", "status", "down")]
    report(session, result, json_output=json_output, command="up", next_steps=steps)


def _targets(plan: Plan, parts: tuple[str, ...]) -> tuple[str, ...]:
    """URNs of all resources of the parts, and of new providers, which belong to no document."""
    own = [resource.urn for node in plan.nodes if node.id in parts for resource in node.resources]
    providers = [one.urn for one in plan.others if one.type.startswith("pulumi:providers:")]
    return (*own, *providers)
