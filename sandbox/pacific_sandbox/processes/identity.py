"""Which process is meant, also after its number has been given to another one."""

import contextlib
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import psutil

_TOLERANCE = 0.05
"""Seconds: the start time is computed from clock ticks and the time of boot."""


class ProcessIdentity(NamedTuple):
    """A process number with the time at which that process began (seconds since the epoch)."""

    pid: int
    started: float

    @classmethod
    def from_json(cls, value: Any) -> Self | None:
        """Read back what JSON made of it; None for anything else."""
        match value:
            case [int(pid), float(started)]:
                return cls(pid, started)
        return None

    def find(self) -> psutil.Process | None:
        """The process, if it still runs."""
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _TOLERANCE
            if same and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None


def identify(pid: int) -> ProcessIdentity | None:
    """The identity of a process that runs now; None where it has ended."""
    with contextlib.suppress(psutil.Error):
        return ProcessIdentity(pid, psutil.Process(pid).create_time())
    return None


def end(identities: Sequence[ProcessIdentity], grace: float) -> None:
    """End those that still run: SIGTERM, after ``grace`` seconds SIGKILL."""
    for send in (psutil.Process.terminate, psutil.Process.kill):
        for identity in identities:
            process = identity.find()
            if process is not None:
                with contextlib.suppress(psutil.Error):
                    send(process)
        # Not psutil.wait_procs: it counts a dead process that its parent has not collected yet as alive.
        deadline = time.monotonic() + grace
        while any(identity.find() for identity in identities) and time.monotonic() < deadline:
            time.sleep(0.02)
