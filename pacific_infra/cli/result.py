"""Where a command's result is drawn."""

import os
import sys

from rich.console import Console

UNBOUNDED = 1000
"""Columns where nobody says how wide it is: in a file or a pipe lines are not broken."""


def result_console() -> Console:
    """Standard output: as wide as the terminal, or as COLUMNS says."""
    bounded = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if bounded else UNBOUNDED)


def clock(seconds: float) -> str:
    """``m:ss``, or ``h:mm:ss`` from an hour on."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
