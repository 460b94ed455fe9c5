"""Puts the commands together and turns errors into one clear sentence and an exit code."""

import atexit
import errno
import gc
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import typer

from pacific_infra.cli.commands import application
from pacific_infra.errors import PacificError, PacificErrors

INTERRUPTED = 130
"""Exit code after Ctrl-C, which is what typer returns for it too."""
MENDED_BY_USERS = frozenset(
    {
        errno.EACCES,
        errno.EDQUOT,
        errno.EEXIST,
        errno.EFBIG,
        errno.EISDIR,
        errno.ELOOP,
        errno.EMFILE,
        errno.ENAMETOOLONG,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)
"""What the system refuses because of how it is set up: a sentence is enough, a traceback says no more."""
COMPLETION = "_PACIFIC_COMPLETE"
"""What the shell's completion sets, as typer names it; the words are elsewhere then."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; ends the process with its exit code."""
    open_streams()
    long_lived_objects()
    # At its end Python looks for cycles among all that is left: a second after 500 documents.
    atexit.register(gc.freeze)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if COMPLETION in os.environ:
        from pacific_infra.cli.completion import command_word  # noqa: PLC0415 - it reads YAML

        named = command_word()
    else:
        named = next((word for word in words if not word.startswith("-")), "")
    try:
        require_folder()
        # Not standalone: there a mistyped option ends with 2, which is what --detailed-exitcode says of changes.
        code = application(named)(words, prog_name="pacific", standalone_mode=False)
    except PacificError as error:
        _fail(error, words)
    except typer.TyperException as error:
        if "--json" in words:
            _fail(PacificError(error.format_message()), words)
        from typer.rich_utils import rich_format_error  # noqa: PLC0415 - it imports what only errors and help need

        rich_format_error(error)  # type: ignore[arg-type]  # it asks for a class that typer keeps to itself
        raise SystemExit(1) from None
    except typer.Abort:
        _fail(PacificError("not confirmed"), words)
    except OSError as error:
        if error.errno not in MENDED_BY_USERS:
            raise
        try:
            sys.stdout.flush()
        except OSError:
            sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - Python flushes it once more at the end
        # Without a file it is standard output, which takes no JSON either.
        _fail(PacificError(str(error.strerror).lower(), place=error.filename), words if error.filename else ())
    if code == INTERRUPTED:
        typer.echo("interrupted", err=True)
    raise SystemExit(code if isinstance(code, int) else 0)


def open_streams() -> None:
    """Closed standard streams lead nowhere, and a sign that the terminal has no encoding of is a question mark."""
    # In this order: the lowest descriptors that are free are theirs.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 - open to the end
        elif isinstance(stream, io.TextIOWrapper) and mode == "w":
            stream.reconfigure(errors="replace")


def require_folder() -> None:
    """Raises PacificError where the folder that this runs in was deleted: no path can be read then."""
    try:
        os.getcwd()
    except FileNotFoundError:
        problem = "the current folder does not exist any more"
        raise PacificError(problem, fix="change to one that does: cd") from None


def _fail(error: PacificError, words: Sequence[str]) -> NoReturn:
    if "--json" in words:
        from pacific_infra.cli.result import print_json  # noqa: PLC0415 - it imports what only results need

        print_json("errors", {"errors": [_as_json(problem) for problem in _problems(error)]})
    else:
        typer.echo(f"error: {error}", err=True)
    raise SystemExit(1) from None


def _problems(error: PacificError) -> Sequence[PacificError]:
    return error.errors if isinstance(error, PacificErrors) else (error,)


def _as_json(error: PacificError) -> dict[str, object]:
    parts = {
        "message": error.problem,
        "place": error.place,
        "value": error.value if isinstance(error.value, (str, int, float, bool, type(None))) else repr(error.value),
        "allowed": error.allowed,
        "fix": error.fix,
    }
    return {key: value for key, value in parts.items() if value is not None}


OBJECTS = 200_000
"""New objects between two collections. Documents and graph live to the end; traversing them again and again took
30 to 70 % of the time of loading."""


def long_lived_objects() -> None:
    """Collect rarely, which suits a command that builds one large structure and ends."""
    gc.set_threshold(OBJECTS, 20, 20)
