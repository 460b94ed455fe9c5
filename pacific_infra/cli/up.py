"""``pacific up``: converge the estate."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from pacific_infra.cli.converging import converge, report
from pacific_infra.cli.options import HERE, JsonOption, ProjectOption, RefreshOption, StackOption, YesOption
from pacific_infra.cli.plan import assess_documents, make_plan, print_plan
from pacific_infra.cli.session import begin, interactive
from pacific_infra.errors import PacificError
from pacific_infra.plan.saved_plan import check_saved_plan


def up(
    *,
    project: ProjectOption = HERE,
    stack: StackOption = None,
    yes: YesOption = False,
    plan_file: Annotated[
        Path | None, typer.Option("--plan", help="Apply this saved plan and nothing else (pacific plan --save FILE).")
    ] = None,
    refresh: RefreshOption = False,
    json_output: JsonOption = False,
) -> None:
    """Bring everything to its desired state, in dependency order; shows the plan and asks first unless --yes."""
    session = begin(project, stack)
    if not yes and not interactive():
        raise PacificError("there is nobody to ask", fix="pacific up --yes, after reading pacific plan")
    session.toolchain.install(session.remark)
    opened = session.open_stack(create=True, refresh=refresh)
    session.start_sandbox()
    if plan_file is not None or not yes:
        plan = make_plan(session, opened, refresh=refresh)
        if plan_file is not None:
            check_saved_plan(plan_file, plan, project=session.project.name, stack=session.project.stack)
        if not yes:
            print_plan(plan, assess_documents(session), session.console)
            if not plan.counts.changes:
                return
            typer.confirm("Converge?", abort=True, err=True)
    result = converge(session, opened, "Converging", partial(opened.up, refresh=refresh))
    report(session, result, json_output=json_output, next_steps=["pacific outputs", "pacific status", "pacific down"])
