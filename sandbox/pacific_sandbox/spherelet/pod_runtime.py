"""What runs a pod's containers: the interface that every runtime has, the simulated one and others."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pacific_sandbox.kubernetes_api import Object


@dataclass(frozen=True)
class Termination:
    """The end of a container's run. Times are seconds since the epoch."""

    exit_code: int
    reason: str
    started_at: float
    finished_at: float
    message: str = ""


@dataclass(frozen=True)
class Notice:
    """Something for an event: recorded once for each run of the container."""

    container: str
    reason: str
    message: str
    restart_count: int
    warning: bool = True


@dataclass(frozen=True)
class ContainerObservation:
    """What a container does now. Times are seconds since the epoch."""

    name: str
    state: Literal["waiting", "running", "terminated"]
    reason: str = ""
    message: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    exit_code: int = 0
    ready: bool = False
    restart_count: int = 0
    started: bool | None = None
    """Whether its startup probe has succeeded; None: it has none, or the runtime does not look."""
    previous: Termination | None = None
    """The end of the run before this one; of one that waits to be started again, its last run's."""


@dataclass(frozen=True)
class PodObservation:
    """What a pod's containers do now, in the order of its spec."""

    init_containers: Sequence[ContainerObservation]
    containers: Sequence[ContainerObservation]
    next_change: float | None
    """Seconds after which something is known to change; None where the runtime tells by itself, or nothing will."""
    notices: Sequence[Notice] = ()
    """What has been noticed of the current runs (failed probes, back-off)."""


@dataclass(frozen=True)
class LogRequest:
    """Which part of a container's log is wanted, as the kubelet API asks for it."""

    container: str
    follow: bool = False
    previous: bool = False
    """Whether the lines of the run before the last restart are asked for."""
    timestamps: bool = False
    tail_lines: int | None = None
    since: float | None = None
    """Seconds since the epoch."""
    limit_bytes: int | None = None


class Terminal(Protocol):
    """The other end of a command that is run in a container: a user's kubectl."""

    tty: bool

    async def read(self) -> bytes:
        """Some of the standard input; empty at its end."""

    async def write(self, data: bytes, *, error: bool = False) -> None:
        """Send standard output, or with ``error`` standard error."""

    async def resized(self) -> tuple[int, int]:
        """Wait for the terminal's next size: columns, rows."""


class RuntimeCannot(Exception):
    """The runtime cannot do what was asked; its text says what and what to do instead, in one line."""


class PodRuntime(Protocol):
    """Runs the containers of pods. The pod's machine in vCenter is not its business."""

    def listen(self, changed: Callable[[str], None]) -> None:
        """Have ``changed`` called with a pod's uid when there is something new to observe."""

    async def observe(self, pod: Object, address: str) -> PodObservation:
        """Start the pod with this address, if it is not started, and say what it does. Can be repeated."""

    async def stop(self, pod: Object) -> float | None:
        """End the pod's containers within its grace period: None once they have ended, else seconds to ask again."""

    def logs(self, pod: Object, request: LogRequest) -> AsyncIterator[bytes]:
        """Parts of a container's log, as they come. Raises RuntimeCannot."""

    async def execute(self, pod: Object, container: str, command: Sequence[str], terminal: Terminal) -> int:
        """Run a command in a container: its exit code. Raises RuntimeCannot."""

    async def connect(self, pod: Object, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A TCP connection to a port of the pod. Raises RuntimeCannot and OSError."""

    def forget(self, uid: str) -> None:
        """The pod is gone: drop what is kept for it; what still runs is killed."""


def runs_once(pod: Object) -> bool:
    """Whether the pod's containers are meant to end (Jobs)."""
    policy: Any = pod["spec"].get("restartPolicy", "Always")
    return bool(policy != "Always")
