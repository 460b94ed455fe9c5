"""Where a command's result is drawn, and in which form it is JSON."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import typer
from rich.console import Console

from pacific_infra.errors import PacificError

NARROWEST = 80
"""Columns of what is drawn: a narrower terminal breaks the lines, which says more than a table of first letters."""
UNBOUNDED = 1000
"""Columns where the width is unknown: in a file or a pipe, lines are not broken."""


def result_console() -> Console:
    """Standard output: as wide as the terminal, or as COLUMNS says, from ``NARROWEST`` on."""
    bounded = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=max(Console().width, NARROWEST) if bounded else UNBOUNDED, emoji=False)


def progress_console() -> Console:
    """Standard error: progress and remarks. Rich would take ``:key:`` in a name for an emoji."""
    return Console(stderr=True, emoji=False)


def counts_text(counts: Mapping[str, int]) -> str:
    """``2 created, 1 unchanged``: resources by what was done to them."""
    return ", ".join(f"{count} {_past_of(operation)}" for operation, count in sorted(counts.items()))


def _past_of(operation: str) -> str:
    return {"same": "unchanged", "keep": "kept"}.get(operation, operation.rstrip("e") + "ed")


def clock(seconds: float) -> str:
    """``m:ss``, or ``h:mm:ss`` from an hour on."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def day_and_time(seconds: float) -> str:
    """``2026-11-28 18:04:09`` in the local time zone, of seconds since the epoch."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")


def form(name: str) -> str:
    """``pacific.infra/NAME/v1``: what ``schema`` of a command's JSON says. Within a version a field may be added, none
    changes or goes.
    """
    return f"pacific.infra/{name}/v1"


def print_json(name: str, document: Mapping[str, Any]) -> None:
    """Print a result as one JSON object of the form ``name``, unless the document says its own."""
    typer.echo(json.dumps({"schema": form(name), **document}, indent=2))


@contextmanager
def after_result() -> Iterator[None]:
    """In the block an error is said on standard error alone: the result, which may be JSON, is printed already."""
    try:
        yield
    except PacificError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from None
