"""Puts the commands together and turns errors into one clear sentence and an exit code."""

import json
import sys
from collections.abc import Sequence

import typer

from pacific_infra import __version__
from pacific_infra.cli import (
    capacity,
    down,
    drift,
    fault,
    graph,
    importing,
    login,
    outputs,
    plan,
    policy,
    sandbox,
    schema,
    status,
    toolchain,
    up,
    why,
)
from pacific_infra.cli.collection import long_lived_objects
from pacific_infra.errors import PacificError, PacificErrors

app = typer.Typer(
    help="Declare, plan and converge a VMware vSphere Supervisor as one dependency graph.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(plan.plan)
app.command()(up.up)
app.command()(down.down)
app.command()(status.status)
app.command()(outputs.outputs)
app.command("import")(importing.import_)
app.command()(login.login)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})(
    login.credential
)
app.command()(graph.graph)
app.command()(why.why)
app.command()(capacity.capacity)
app.command()(policy.policy)
app.command()(drift.drift)
app.command()(schema.schema)
sandbox.app.add_typer(fault.app, name="fault")
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(toolchain.app, name="toolchain")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends the process with its exit code."""
    long_lived_objects()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(words)
    except PacificError as error:
        if "--json" in words:
            typer.echo(json.dumps({"errors": [_as_json(one) for one in _each(error)]}, indent=2))
        else:
            typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise SystemExit(130) from None


def _each(error: PacificError) -> Sequence[PacificError]:
    return error.errors if isinstance(error, PacificErrors) else (error,)


def _as_json(error: PacificError) -> dict[str, object]:
    parts = {
        "message": error.what,
        "place": error.place,
        "value": error.value if isinstance(error.value, (str, int, float, bool, type(None))) else repr(error.value),
        "allowed": error.allowed,
        "fix": error.fix,
    }
    return {key: value for key, value in parts.items() if value is not None}
