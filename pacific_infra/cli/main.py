"""Puts the commands together and turns errors into one clear sentence and an exit code."""

import json
import os
import sys
from collections.abc import Sequence

import typer

from pacific_infra.cli.collection import long_lived_objects
from pacific_infra.cli.commands import application
from pacific_infra.errors import PacificError, PacificErrors

COMPLETION = "_PACIFIC_COMPLETE"
"""What the shell's completion sets, as typer names it; the words are elsewhere then."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends the process with its exit code."""
    long_lived_objects()
    words = list(sys.argv[1:] if arguments is None else arguments)
    named = next((word for word in words if not word.startswith("-")), "")
    try:
        application(None if COMPLETION in os.environ else named)(words)
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
