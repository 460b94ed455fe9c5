"""The time of day by which a run measures how long something takes: it goes on evenly where the clock is set."""

import time

_BEGAN, _TICKS = time.time(), time.monotonic()


def steady_time() -> float:
    """Unix time, seconds: that of the clock when this process began, and what has gone by since."""
    return _BEGAN + time.monotonic() - _TICKS
