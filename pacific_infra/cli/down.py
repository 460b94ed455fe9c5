"""``pacific down``: remove the estate."""

from typing import Annotated

import typer

from pacific_infra.cli.options import HERE, JsonOption, ProjectOption, StackOption, YesOption
from pacific_infra.cli.session import begin, interactive
from pacific_infra.errors import PacificError


def down(
    project: ProjectOption = HERE,
    stack: StackOption = None,
    yes: YesOption = False,
    json_output: JsonOption = False,
    keep_sandbox: Annotated[bool, typer.Option(help="Leave the embedded sandbox running.")] = False,
) -> None:
    """Remove every resource of the stack, in reverse order, and stop the embedded sandbox where it was used."""
    session = begin(project, stack)
    from pacific_infra.cli.converging import converge, report  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.cli.definitions import check_definitions  # noqa: PLC0415

    if not yes:
        if not interactive():
            raise PacificError("there is nobody to ask", fix="pacific down --yes")
        typer.confirm(f"Remove all of {session.project.name}/{session.project.stack}?", abort=True, err=True)
    opened = session.open_stack()
    session.start_sandbox()
    check_definitions(session, opened, None)
    result = converge(session, opened, "Removing", opened.destroy, expected="delete")
    if session.sandbox is not None and not keep_sandbox:
        session.sandbox.down()
    report(session, result, json_output=json_output, next_steps=["pacific up"])
