"""A PodRuntime that runs nothing: each container passes through its states in time (see ``simulated``)."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.times import seconds_of
from pacific_sandbox.spherelet.pod_runtime import LogRequest, PodObservation, RuntimeCannot, Terminal
from pacific_sandbox.spherelet.simulated.container_runs import Program, Run, SimulatedTimes, environment_of
from pacific_sandbox.spherelet.simulated.log_lines import asked_for, encoded, written
from pacific_sandbox.spherelet.simulated.pod_timeline import (
    ContainerAt,
    containers_at,
    created_at,
    observation,
    stopped_after,
)
from pacific_sandbox.spherelet.simulated.script import understood

__all__ = ["SimulatedRuntime", "SimulatedTimes"]

_LOOK = 0.25
"""Seconds between two reads of a log that is followed."""


class SimulatedRuntime:
    """Containers that do what their commands say, as far as these are understood, without a process anywhere."""

    def __init__(self, times: SimulatedTimes | None = None, clock: Callable[[], float] = time.time) -> None:
        self._times = times or SimulatedTimes()
        self._clock = clock
        self._created: dict[str, float] = {}
        self._ended: dict[str, float] = {}
        """When the containers of a pod that is to go have ended."""

    def listen(self, changed: Callable[[str], None]) -> None:
        """Nothing is told: every change is known before and said in ``next_change``."""

    async def observe(self, pod: Object, address: str) -> PodObservation:
        """The states at this time."""
        return observation(pod, self._creation(pod), self._clock(), self._times)

    async def stop(self, pod: Object) -> float | None:
        """Containers end after their preStop hooks and a moment, at the latest at the end of the grace period."""
        metadata = pod["metadata"]
        uid = metadata["uid"]
        if uid not in self._created and created_at(pod) is None:
            return None
        if uid not in self._ended:
            grace = float(metadata.get("deletionGracePeriodSeconds", 0))
            since, now = seconds_of(metadata["deletionTimestamp"]) - grace, self._clock()
            # The API server cuts the time to a second: a wish of this second is one of now.
            since = now if since <= now < since + 1 else since
            self._ended[uid] = since + stopped_after(pod, grace, self._times)
        left = self._ended[uid] - self._clock()
        return left if left > 0 else None

    async def logs(self, pod: Object, request: LogRequest) -> AsyncIterator[bytes]:
        """What the container's command prints; see ``simulated.log_lines``."""
        program, run = self._run(pod, request)
        now, left = self._clock(), math.inf if request.limit_bytes is None else request.limit_bytes
        lines = asked_for(written(program, run, -math.inf, now), request)
        while True:
            for line in lines:
                data = encoded(line, timestamps=request.timestamps)
                yield data[: int(min(left, len(data)))]
                left -= len(data)
                if left <= 0:
                    return
            end = min(run.end, self._ended.get(pod["metadata"]["uid"], math.inf))
            if not request.follow or now >= end or pod["metadata"]["uid"] not in self._created:
                return
            await asyncio.sleep(_LOOK)
            before, now = now, self._clock()
            lines = written(program, run, before, min(now, end))

    async def execute(self, pod: Object, container: str, command: Sequence[str], terminal: Terminal) -> int:
        """The few commands that containers understand, too; nothing runs that others could be run beside."""
        spec = pod["spec"]
        described = next(
            definition
            for definition in (*spec["containers"], *spec.get("initContainers", ()))
            if definition["name"] == container
        )
        script = understood(command, environment_of(described))
        if script is None:
            raise RuntimeCannot(
                f"the simulated runtime runs no processes and cannot run {command[0]!r} in container {container}; "
                "it understands sleep, true, false, echo and sh -c with these"
            )
        at = 0.0
        for line in script.output(-math.inf, script.duration):
            await asyncio.sleep(line.at - at)
            at = line.at
            await terminal.write(f"{line.text}\n".encode(), error=line.error)
        await asyncio.sleep(script.duration - at if script.duration < math.inf else 86400.0)
        return script.exit_code

    async def connect(self, pod: Object, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Nothing listens in a pod that runs nothing."""
        raise RuntimeCannot("nothing listens in a simulated pod; with --runtime qemu its programs do")

    def forget(self, uid: str) -> None:
        """Drop what is kept for the pod."""
        self._created.pop(uid, None)
        self._ended.pop(uid, None)

    def _creation(self, pod: Object) -> float:
        uid = pod["metadata"]["uid"]
        if uid not in self._created:
            self._created[uid] = created_at(pod) or self._clock()
        return self._created[uid]

    def _run(self, pod: Object, request: LogRequest) -> tuple[Program, Run]:
        uid, now = pod["metadata"]["uid"], self._clock()
        created = self._created.get(uid) or created_at(pod)
        running: ContainerAt | None = None
        if created is not None:
            all_ = containers_at(pod, created, now, self._times)
            running = next(
                (container for container in all_ if container.program.container["name"] == request.container), None
            )
        if running is None or running.history is None:
            raise RuntimeCannot(f"the simulated runtime has not started container {request.container}")
        run = running.history.previous if request.previous else running.history.run
        if request.previous and now >= running.history.run.end and running.history.next_start < math.inf:
            # Between two runs the last one is the one before the next.
            run = running.history.run
        if run is None:
            raise RuntimeCannot(f"container {request.container} has not been restarted: it has no previous run")
        return running.program, run
