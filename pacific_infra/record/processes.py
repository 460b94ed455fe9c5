"""Which process is meant, also after its number has been given to another one."""

import psutil

_TOLERANCE = 0.05
"""Seconds: both times are made of clock ticks."""


def started_at(pid: int) -> float | None:
    """When the process with this pid was started, in seconds since this computer was; None where there is none.

    Not in the time of day: a clock that is set would make another process of it. One that has ended and that nobody
    has asked how is none: in a container there may be nobody who does.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return process.create_time() - psutil.boot_time()
    except psutil.NoSuchProcess:
        return None


def still_runs(pid: int, started: float) -> bool:
    """Whether the process with this pid is the one that ``started_at`` had said this of."""
    now = started_at(pid)
    return now is not None and abs(now - started) < _TOLERANCE
