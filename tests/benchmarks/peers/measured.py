"""Time and memory of one command with all that it starts."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LIMIT = 1800
"""Seconds after which a command is ended."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one command took. Raises nothing by itself; see ``measured``."""

    wall: float
    """Seconds from start to end."""
    cpu: float
    """Seconds of all processors, user and system, of the command and of what it waited for."""
    peak: float
    """MiB of memory of the greatest of its processes at its greatest."""
    written: float
    """MiB that it and what it waited for wrote to files."""
    output: str
    """What it wrote on standard output."""

    def as_json(self) -> dict[str, float]:
        """Rounded, for a result file."""
        return {
            "s": round(self.wall, 2),
            "CPU s": round(self.cpu, 2),
            "peak MiB": round(self.peak),
            "MiB written": round(self.written, 1),
        }


def measured(command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Measured:
    """Run ``command``. Raises RuntimeError with its last words where it fails, or takes longer than LIMIT."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=output, stderr=errors)
        ended = 0
        while not ended:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if not ended and time.perf_counter() - began > LIMIT:
                process.kill()
            time.sleep(0 if ended else 0.002)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        text = output.read()
        if process.returncode:
            raise RuntimeError(f"{command[0]} ended with {process.returncode}:\n{(errors.read() or text)[-2000:]}")
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, usage.ru_oublock * 512 / 2**20, text)
