"""What a simulated container has written, and which part of a log is asked for. Pure."""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from pacific_sandbox.spherelet.pod_runtime import LogRequest
from pacific_sandbox.spherelet.simulated.container_runs import Program, Run
from pacific_sandbox.spherelet.simulated.script import Line


def written(program: Program, run: Run, after: float, until: float) -> Iterator[Line]:
    """What a run writes later than ``after`` and not later than ``until`` (seconds since the epoch).

    A container whose command is not understood says when it starts and ends: nothing runs that could write.
    """
    until = min(until, run.end)
    if program.script is not None:
        for line in program.script.output(after - run.start, until - run.start):
            yield Line(run.start + line.at, line.text, line.error)
        return
    name, image = program.container["name"], program.container["image"]
    if after < run.start <= until:
        yield Line(run.start, f"simulated runtime: container {name} ({image}) started; nothing runs in it")
    if after < run.end <= until:
        yield Line(run.end, f"simulated runtime: container {name} ended with exit code {run.exit_code}")


def asked_for(lines: Iterable[Line], request: LogRequest) -> Iterable[Line]:
    """The lines that ``since`` and ``tail_lines`` leave."""
    since = request.since if request.since is not None else -math.inf
    chosen = (line for line in lines if line.at >= since)
    return chosen if request.tail_lines is None else deque(chosen, request.tail_lines)


def encoded(line: Line, *, timestamps: bool) -> bytes:
    """A line as the kubelet sends it."""
    if not timestamps:
        return f"{line.text}\n".encode()
    nanoseconds = round(line.at % 1 * 1e9) % 10**9
    time = datetime.fromtimestamp(math.floor(line.at), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{time}.{nanoseconds:09d}Z {line.text}\n".encode()
