"""A PodRuntime that runs nothing: each container passes through its states in time."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

from pacific_infra.sandbox.kubernetes_api import Object
from pacific_infra.sandbox.reconcile.times import seconds_of
from pacific_infra.sandbox.spherelet.pod_runtime import (
    ContainerObservation,
    LogRequest,
    PodObservation,
    RuntimeCannot,
    Terminal,
    runs_once,
)


@dataclass(frozen=True)
class SimulatedTimes:
    """How long what takes, in seconds."""

    boot: float = 0.3
    init_container: float = 0.2
    container: float = 1.0
    """Run time of a container that is to end; it ends with exit code 0."""
    stop: float = 0.1


class SimulatedRuntime:
    """Containers that start, get ready after their readiness probe's initial delay, and end if they are to end."""

    def __init__(self, times: SimulatedTimes | None = None, clock: Callable[[], float] = time.time) -> None:
        self._times = times or SimulatedTimes()
        self._clock = clock
        self._created: dict[str, float] = {}
        self._stopping: dict[str, float] = {}

    def listen(self, changed: Callable[[str], None]) -> None:
        """Nothing is told: every change is known before and said in ``next_change``."""

    async def observe(self, pod: Object, address: str) -> PodObservation:
        """The states at this time."""
        uid = pod["metadata"]["uid"]
        if uid not in self._created:
            self._created[uid] = created_at(pod, self._times) or self._clock()
        return observation(pod, self._created[uid], self._clock(), self._times)

    async def stop(self, pod: Object) -> float | None:
        """Containers end a moment after they were asked."""
        uid = pod["metadata"]["uid"]
        if uid not in self._created:
            return None
        left = self._stopping.setdefault(uid, self._clock() + self._times.stop) - self._clock()
        return left if left > 0 else None

    async def logs(self, pod: Object, request: LogRequest) -> AsyncIterator[bytes]:
        """One line: nothing runs that could write."""
        yield f"simulated runtime: {request.container} writes nothing\n".encode()

    async def execute(self, pod: Object, container: str, command: Sequence[str], terminal: Terminal) -> int:
        """Nothing runs that could be entered."""
        raise RuntimeCannot("the simulated runtime runs no processes")

    def forget(self, uid: str) -> None:
        """Drop what is kept for the pod."""
        self._created.pop(uid, None)
        self._stopping.pop(uid, None)


def created_at(pod: Object, times: SimulatedTimes) -> float | None:
    """When a pod was created that another process has run before, from its status; None where it has not started."""
    status = pod.get("status", {})
    first = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())][:1]
    for container in first:
        state = container.get("state", {})
        started = state.get("running", state.get("terminated", {})).get("startedAt")
        if started:
            return seconds_of(started) - times.boot
    return None


def observation(pod: Object, created: float, now: float, times: SimulatedTimes) -> PodObservation:
    """What the pod's containers do at ``now``, given when its machine was created. Pure."""
    spec = pod["spec"]
    at = created + times.boot
    changes: list[float] = []
    init = []
    for container in spec.get("initContainers", ()):
        if container.get("restartPolicy") == "Always":
            ready_at = at + _initial_delay(container)
            init.append(
                _container(container["name"], now, start=at, end=None, ready_at=ready_at, waiting="PodInitializing")
            )
            changes += [at, ready_at]
        else:
            end = at + times.init_container
            run = _container(container["name"], now, start=at, end=end, ready_at=end, waiting="PodInitializing")
            # An init container counts as ready once it has succeeded.
            init.append(replace(run, ready=run.state == "terminated"))
            changes += [at, end]
            at = end
    waiting = "PodInitializing" if init else "ContainerCreating"
    containers = []
    for container in spec["containers"]:
        end_at = at + times.container if runs_once(pod) else None
        ready_at = at + _initial_delay(container)
        containers.append(_container(container["name"], now, start=at, end=end_at, ready_at=ready_at, waiting=waiting))
        changes += [at, ready_at, *([end_at] if end_at is not None else [])]
    return PodObservation(init, containers, _next(changes, now))


def _initial_delay(container: Object) -> float:
    return float(container.get("readinessProbe", {}).get("initialDelaySeconds", 0))


def _container(
    name: str, now: float, *, start: float, end: float | None, ready_at: float, waiting: str
) -> ContainerObservation:
    if now < start:
        return ContainerObservation(name, "waiting", reason=waiting)
    if end is not None and now >= end:
        return ContainerObservation(name, "terminated", reason="Completed", started_at=start, finished_at=end)
    return ContainerObservation(name, "running", started_at=start, ready=now >= ready_at)


def _next(changes: Sequence[float], now: float) -> float | None:
    coming = [change - now for change in changes if change > now]
    return min(coming) if coming else None
