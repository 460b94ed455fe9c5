"""``pacific up``. Where nothing is to be done, it says so without the engine and without reading documents."""

from pathlib import Path
from typing import Annotated

import typer

from pacific_infra.cli.options import (
    CURRENT_FOLDER,
    ApplicationOption,
    CreateOption,
    EngineOption,
    JsonOption,
    OnOption,
    PartitionOption,
    ProjectOption,
    RefreshOption,
    StackOption,
    WorkersOption,
    YesOption,
)
from pacific_infra.cli.session import begin, interactive
from pacific_infra.cli.unchanged import LastRun, in_one_stack, report_unchanged
from pacific_infra.errors import PacificError
from pacific_infra.graph.applications import parts_of


def up(
    *,
    project: ProjectOption = CURRENT_FOLDER,
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
    engine: EngineOption = False,
    partition: PartitionOption = None,
    workers: WorkersOption = None,
    on: OnOption = None,
    json_output: JsonOption = False,
) -> None:
    """Bring everything to its desired state, in dependency order; shows the plan and asks first unless --yes."""
    session = begin(project, stack, known=True)
    parts = parts_of(session.graph, application) if application is not None else None
    if not yes and not interactive():
        raise PacificError(
            "no terminal to confirm on", fix=f"{session.command('up --yes')}, after reading {session.command('plan')}"
        )
    session.toolchain.install(session.remark)
    if partition is not None or on is not None or not in_one_stack(session):
        from pacific_infra.cli.fleet import fleet_of  # noqa: PLC0415 - few estates are in several stacks
        from pacific_infra.cli.fleet_up import converge_stacks  # noqa: PLC0415
        from pacific_infra.cli.up import UpOptions  # noqa: PLC0415

        if (fleet := fleet_of(session, partition, create=create, on=on)) is not None:
            options = UpOptions(create, application, parts, yes, plan_file, refresh, require_fit)
            converge_stacks(fleet, options, workers, everything=engine, json_output=json_output)
            return
    last_run = LastRun(session)
    if not (engine or refresh or parts or plan_file) and (resources := last_run.unchanged_resources()) is not None:
        report_unchanged(session, resources, json_output=json_output)
        return
    from pacific_infra.cli.up import UpOptions, plan_and_converge  # noqa: PLC0415 - only where there is something to do

    options = UpOptions(create, application, parts, yes, plan_file, refresh, require_fit)
    plan_and_converge(session, options, last_run, json_output=json_output)
