"""The programs of a sandbox: started, watched, started again when they end by themselves."""

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pacific_infra.errors import PacificError
from pacific_sandbox.files import private_directory
from pacific_sandbox.layout import Layout
from pacific_sandbox.processes.identity import ProcessIdentity, identify

_LAUNCHER = Path(__file__).with_name("launch.py")
_LOG_LIMIT = 20 * 2**20
"""Bytes after which a process's log is moved to ``PROCESS.log.1`` at its next start."""
_log = logging.getLogger(__name__)
_FIRST_DELAY = 0.5
_LAST_DELAY = 30.0
_STEADY = 30.0
"""Seconds that a process has to run for its next crash to count as a first one."""

ProcessState = Literal["starting", "running", "restarting", "stopped"]


@dataclass
class ProcessStatus:
    """What is said of a process in ``status``."""

    name: str
    state: ProcessState = "stopped"
    process: ProcessIdentity | None = None
    restarts: int = 0
    since: float = 0.0
    """Seconds since the epoch at which ``state`` began."""
    last_exit: str | None = None
    log: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class SandboxProcess:
    """A program that the daemon keeps running.

    ``ready`` is asked until it says yes; errors of the operating system count as no. ``changed`` is called whenever
    ``status`` has changed.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        ready: Callable[[], Awaitable[bool]],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.status = ProcessStatus(name, log=str(log))
        self._command = command
        self._ready = ready
        self._log = log
        self._environment = environment
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_ready = asyncio.Event()
        self._log_start = 0

    async def start(self, within: float) -> None:
        """Start it and wait until it is ready. Raises PacificError after ``within`` seconds."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._keep_running(), name=self.status.name)
        try:
            async with asyncio.timeout(within):
                await self._is_ready.wait()
        except TimeoutError:
            raise PacificError(
                f"{self.status.name} did not get ready within {within:.0f} s"
                + (f" (it last ended with {self.status.last_exit})" if self.status.last_exit else ""),
                fix=f"read `pacific sandbox logs {self.status.name}`",
            ) from None

    def has_said(self, text: bytes) -> bool:
        """Whether the program has written ``text`` since its last start."""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return text in log.read()

    async def stop(self, grace: float = 5.0) -> None:
        """End it: SIGTERM, and SIGKILL after ``grace`` seconds. It is not started again."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        process = self._process
        began = time.monotonic()
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                async with asyncio.timeout(grace):
                    await process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            _log.info("%s stopped in %.1f s", self.status.name, time.monotonic() - began)
        self._is_ready.clear()
        self._set("stopped", None)

    async def _keep_running(self) -> None:
        delay = _FIRST_DELAY
        while True:
            self._set("starting" if self.status.restarts == 0 else "restarting", None)
            started = time.monotonic()
            self._process = await self._spawn()
            self._set(self.status.state, identify(self._process.pid))
            watch = asyncio.create_task(self._announce_ready())
            try:
                code = await self._process.wait()
            finally:
                watch.cancel()
            self._is_ready.clear()
            self.status.last_exit = f"signal {-code}" if code < 0 else f"exit code {code}"
            self.status.restarts += 1
            _log.warning(
                "%s ended with %s; it is started again in %.1f s", self.status.name, self.status.last_exit, delay
            )
            self._set("restarting", None)
            if time.monotonic() - started > _STEADY:
                delay = _FIRST_DELAY
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LAST_DELAY)

    async def _spawn(self) -> asyncio.subprocess.Process:
        private_directory(self._log.parent)
        if self._log.exists() and self._log.stat().st_size > _LOG_LIMIT:
            self._log.replace(self._log.with_name(self._log.name + ".1"))
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._log_start = os.fstat(descriptor).st_size
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-S",
                str(_LAUNCHER),
                str(os.getpid()),
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                env={**os.environ, **self._environment} if self._environment else None,
            )
        finally:
            os.close(descriptor)

    async def _announce_ready(self) -> None:
        while not await self._probe():  # noqa: ASYNC110 - another process has no event to wait for
            await asyncio.sleep(0.05)
        self._is_ready.set()
        _log.info("%s is ready after %.1f s", self.status.name, time.time() - self.status.since)
        self._set("running", self.status.process)

    async def _probe(self) -> bool:
        try:
            async with asyncio.timeout(5.0):  # not wait_for, which in Python 3.11 may lose a cancellation
                return await self._ready()
        except (OSError, TimeoutError):
            return False

    def _set(self, state: ProcessState, process: ProcessIdentity | None) -> None:
        self.status.state = state
        self.status.process = process
        self.status.since = time.time()
        self._changed()


class Processes:
    """All programs that the daemon keeps running; ``changed`` is called when something about them has changed."""

    def __init__(self, layout: Layout, changed: Callable[[], None]) -> None:
        self._layout = layout
        self._changed = changed
        self._processes: dict[str, SandboxProcess] = {}

    def add(
        self,
        name: str,
        command: Sequence[str],
        ready: Callable[[], Awaitable[bool]],
        environment: Mapping[str, str] | None = None,
    ) -> SandboxProcess:
        """A new process; it is not started yet."""
        process = SandboxProcess(
            name, command, ready, self._layout.log(name), environment=environment, changed=self._changed
        )
        self._processes[name] = process
        return process

    async def remove(self, names: Sequence[str], grace: float = 5.0) -> None:
        """End processes, all at once, and forget them; SIGKILL after ``grace`` seconds."""
        processes = [process for name in names if (process := self._processes.get(name)) is not None]
        await asyncio.gather(*(process.stop(grace) for process in processes))
        for name in names:
            self._processes.pop(name, None)
        self._changed()

    async def stop_all(self, grace: float) -> None:
        """End all processes that still run; SIGKILL after ``grace`` seconds."""
        await self.remove(list(self._processes), grace)

    def as_json(self) -> list[dict[str, Any]]:
        """What is said of each process in ``status``."""
        return [process.status.as_json() for process in self._processes.values()]


async def accepts_connections(port: int) -> bool:
    """Whether something listens at 127.0.0.1:``port``."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    return True
