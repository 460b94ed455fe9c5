"""The pods that a runtime has started: what those do alike that run real programs in them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol, TypeVar

from pacific_sandbox.crx.container_log import ContainerLogs
from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.spherelet.pod_runtime import LogRequest


class RunningPod(Protocol):
    """A pod from its start to its end."""

    logs: ContainerLogs

    def run_of(self, container: str) -> int:
        """The number of the container's present or last run."""

    def is_running(self, container: str) -> bool:
        """Whether the container's program runs."""

    async def forget(self) -> None:
        """Kill what still runs, and wait until it is gone."""


P = TypeVar("P", bound=RunningPod)


class RunningPods(dict[str, P]):
    """The pods by uid."""

    def __init__(self) -> None:
        super().__init__()
        self._ending: set[asyncio.Task[None]] = set()

    def of(self, pod: Object) -> P | None:
        """What was started for ``pod``, if anything was."""
        return self.get(pod["metadata"]["uid"])

    def forget(self, uid: str) -> bool:
        """Drop a pod, and begin to kill what still runs of it. False: there is none of this uid."""
        running = self.pop(uid, None)
        if running is None:
            return False
        ending = asyncio.create_task(running.forget())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        return True

    async def close(self) -> None:
        """Forget all pods, and wait until nothing of them runs."""
        for uid in list(self):
            self.forget(uid)
        await asyncio.gather(*self._ending)


async def read_logs(running: RunningPod, request: LogRequest) -> AsyncIterator[bytes]:
    """Parts of a container's log, as they come. Raises RuntimeCannot."""
    run = running.run_of(request.container)

    def ended() -> bool:
        return not running.is_running(request.container) or running.run_of(request.container) != run

    async for part in running.logs.read(request, run, ended=ended):
        yield part


def grace_period(pod: Object) -> float:
    """Seconds that a pod which is to end has for it."""
    grace = pod["metadata"].get("deletionGracePeriodSeconds")
    return float(pod["spec"].get("terminationGracePeriodSeconds", 30) if grace is None else grace)
