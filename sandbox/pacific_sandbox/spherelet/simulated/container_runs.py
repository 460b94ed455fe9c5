"""The runs of one simulated container: starts, probes, ends, restarts with back-off. Pure.

The rules are the kubelet's (Kubernetes 1.33, ``pkg/kubelet/kuberuntime`` and ``pkg/kubelet/container``): the first
restart comes at once, the next after 10 s, 20 s, 40 s, up to 5 minutes; a run of more than 10 minutes starts the
count again.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.spherelet.pod_runtime import ContainerObservation, Notice, Termination
from pacific_sandbox.spherelet.simulated.probes import Probe, probe
from pacific_sandbox.spherelet.simulated.script import Script, understood

RestartPolicy = Literal["Always", "OnFailure", "Never"]
KILLED = 137


@dataclass(frozen=True)
class SimulatedTimes:
    """How long what takes, in seconds."""

    boot: float = 0.3
    init_container: float = 0.2
    """Run time of an init container whose command is not understood; it ends with exit code 0."""
    container: float = 1.0
    """Run time of a container that is to end and whose command is not understood; it ends with exit code 0."""
    stop: float = 0.1
    notice: float = 1.0
    """From a container's end until it is started again or its back-off begins."""
    back_off: float = 10.0
    """Pause before the second restart; it doubles."""
    longest_back_off: float = 300.0


@dataclass(frozen=True)
class Program:
    """What a container does whenever it is started."""

    container: Object
    duration: float
    exit_code: int
    script: Script | None
    """None: its command is not understood."""
    startup: Probe | None
    readiness: Probe | None
    liveness: Probe | None

    def run(self, start: float) -> "Run":
        """The run that begins at ``start``."""
        end, exit_code, failed = start + self.duration, self.exit_code, None
        started = start
        if self.startup is not None:
            looked = start + self.startup.delay
            started = looked + self.startup.passes_after if self.startup.failure is None else math.inf
            if self.startup.failure is not None and looked + self.startup.fails_after < end:
                end, exit_code, failed = looked + self.startup.fails_after, KILLED, self.startup
        if self.liveness is not None and self.liveness.failure is not None:
            killed = max(started, start + self.liveness.delay) + self.liveness.fails_after
            if killed < end:
                end, exit_code, failed = killed, KILLED, self.liveness
        ready, unready_from = started, math.inf
        if self.readiness is not None:
            looked = max(started, start + self.readiness.delay)
            if self.readiness.failure is None:
                ready = looked + self.readiness.passes_after
            else:
                ready, unready_from = math.inf, looked
        return Run(start, end, exit_code, started, ready, unready_from, failed)


@dataclass(frozen=True)
class Run:
    """One run of a container. Times are seconds since the epoch; infinite where something does not happen."""

    start: float
    end: float
    exit_code: int
    started: float
    """When its startup probe has succeeded."""
    ready: float
    unready_from: float
    """When its readiness probe fails for the first time."""
    killed_by: Probe | None

    @property
    def termination(self) -> Termination:
        """Its end."""
        reason = "Completed" if self.exit_code == 0 else "Error"
        return Termination(self.exit_code, reason, self.start, self.end)


@dataclass(frozen=True)
class History:
    """Where a container is in its runs."""

    run: Run
    """The one that goes on, or was the last."""
    restarts: int
    previous: Run | None
    next_start: float
    """When it is started again; infinite where it is not."""
    back_off: float
    """The pause before ``next_start``."""


def program(container: Object, default_duration: float) -> Program:
    """What a container's command and arguments say; one that is not understood runs for ``default_duration``."""
    environment = environment_of(container)
    words = [_expanded(word, environment) for word in (*container.get("command", ()), *container.get("args", ()))]
    script = understood(words, environment) if container.get("command") else None
    return Program(
        container,
        duration=default_duration if script is None else script.duration,
        exit_code=0 if script is None else script.exit_code,
        script=script,
        startup=probe(container, "startup", environment),
        readiness=probe(container, "readiness", environment),
        liveness=probe(container, "liveness", environment),
    )


def environment_of(container: Object) -> Mapping[str, str]:
    """The variables that the container's own description gives values to."""
    return {variable["name"]: variable["value"] for variable in container.get("env", ()) if "value" in variable}


def _expanded(word: str, environment: Mapping[str, str]) -> str:
    """``$(NAME)`` as Kubernetes replaces it in commands."""
    for name, value in environment.items():
        word = word.replace(f"$({name})", value)
    return word


def histories(program: Program, start: float, policy: RestartPolicy, times: SimulatedTimes) -> Iterator[History]:
    """The runs in order; endless where the container always crashes."""
    previous, restarts, back_off = None, 0, 0.0
    while True:
        run = program.run(start)
        again = run.end < math.inf and (policy == "Always" or (policy == "OnFailure" and run.exit_code != 0))
        if run.end - run.start > 2 * times.longest_back_off:
            back_off = 0.0
        start = run.end + max(times.notice, back_off) if again else math.inf
        yield History(run, restarts, previous, start, back_off)
        if not again:
            return
        back_off = min(2 * back_off, times.longest_back_off) if back_off else times.back_off
        previous, restarts = run, restarts + 1


def history_at(program: Program, start: float, now: float, policy: RestartPolicy, times: SimulatedTimes) -> History:
    """The one of the run that goes on at ``now``, or of the last before it."""
    for history in histories(program, start, policy, times):
        if history.next_start > now:
            break
    return history


def ended(history: History, now: float) -> bool:
    """Whether the container has ended for good."""
    return now >= history.run.end and math.isinf(history.next_start)


def cut(history: History, at: float) -> History:
    """The history of a container that is told to end at ``at``, with exit code 0."""
    if history.run.end <= at:
        return replace(history, next_start=math.inf)
    return replace(history, run=replace(history.run, end=at, exit_code=0, killed_by=None), next_start=math.inf)


def observe(pod: Object, program: Program, history: History, now: float, times: SimulatedTimes) -> ContainerObservation:
    """What the container does at ``now``, not before its first start."""
    run, name = history.run, program.container["name"]
    if now < run.end:
        return ContainerObservation(
            name,
            "running",
            started_at=run.start,
            ready=now >= run.ready,
            restart_count=history.restarts,
            started=now >= run.started,
            previous=history.previous.termination if history.previous else None,
        )
    if now >= run.end + times.notice and history.next_start < math.inf:
        metadata = pod["metadata"]
        who = f"{name} pod={metadata.get('name')}_{metadata.get('namespace')}({metadata['uid']})"
        return ContainerObservation(
            name,
            "waiting",
            reason="CrashLoopBackOff",
            message=f"back-off {_duration(history.back_off)} restarting failed container={who}",
            restart_count=history.restarts,
            previous=run.termination,
        )
    return ContainerObservation(
        name,
        "terminated",
        reason=run.termination.reason,
        started_at=run.start,
        finished_at=run.end,
        exit_code=run.exit_code,
        restart_count=history.restarts,
        previous=history.previous.termination if history.previous else None,
    )


def changes(history: History, times: SimulatedTimes) -> Iterator[float]:
    """When the container does something else."""
    run = history.run
    yield from (run.start, run.started, run.ready, run.unready_from, run.end, run.end + times.notice)
    yield history.next_start


def notices(pod: Object, program: Program, history: History, now: float, times: SimulatedTimes) -> Iterator[Notice]:
    """What the kubelet would say in events of the current run, beside starts."""
    run, name, metadata = history.run, program.container["name"], pod["metadata"]
    if program.readiness is not None and min(now, run.end) >= run.unready_from:
        yield Notice(name, "Unhealthy", f"Readiness probe failed: {program.readiness.failure}", history.restarts)
    if run.killed_by is not None and now >= run.end:
        kind = run.killed_by.kind
        yield Notice(name, "Unhealthy", f"{kind.capitalize()} probe failed: {run.killed_by.failure}", history.restarts)
        will = ", will be restarted" if history.next_start < math.inf else ""
        message = f"Container {name} failed {kind} probe{will}"
        yield Notice(name, "Killing", message, history.restarts, warning=False)
    if run.end + times.notice <= now < history.next_start < math.inf:
        who = f"{name} in pod {metadata.get('name')}_{metadata.get('namespace')}({metadata['uid']})"
        yield Notice(name, "BackOff", f"Back-off restarting failed container {who}", history.restarts)


def _duration(seconds: float) -> str:
    """As Go prints it: ``10s``, ``2m40s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
