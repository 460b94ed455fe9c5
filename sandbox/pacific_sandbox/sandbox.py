"""The embedded sandbox: a simulated vCenter with real Kubernetes control planes, on this computer."""

import contextlib
import fcntl
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_sandbox.configuration import (
    DEFAULT_HOSTS,
    DEFAULT_TOKEN_LIFETIME,
    NEWEST_VCENTER,
    Runtime,
    SandboxConfiguration,
    choose_runtime,
)
from pacific_sandbox.files import private_directory, read_json
from pacific_sandbox.layout import Layout
from pacific_sandbox.processes.identity import ProcessIdentity, end
from pacific_sandbox.programs import Toolchain
from pacific_sandbox.users import ADMINISTRATOR

UP_WITHIN = 90.0
"""Seconds that ``up`` waits for the simulated vCenter."""
_DOWN_WITHIN = 30.0
"""Seconds for the daemon to end its processes; what is left then is killed."""
_SEEN_WITHIN = 30.0
"""Seconds until a daemon that starts holds its lock, and until the lock of one that has ended is free. It usually
takes less than one; a busy computer may stand still for many.
"""
_STARTS = 3
"""How often one ``up`` starts the daemon again after it was killed."""
DATACENTER = "dc-01"


@dataclass(frozen=True)
class ProcessReport:
    """A process as ``status`` shows it."""

    name: str
    state: str
    """starting, running, restarting or stopped"""
    pid: int | None
    restarts: int
    last_exit: str | None
    memory: int
    """MiB resident; on Linux with its share of what it shares with others (proportional set size)."""


@dataclass(frozen=True)
class SandboxStatus:
    """A sandbox as ``status`` shows it."""

    directory: Path
    phase: str
    """down, starting, ready, stopping or failed"""
    vcenter: str | None
    """``127.0.0.1:port`` of the simulated vCenter while it is up."""
    error: str | None
    processes: Sequence[ProcessReport]

    @property
    def memory(self) -> int:
        """MiB resident of all processes together."""
        return sum(process.memory for process in self.processes)


class Sandbox:
    """The sandbox in one folder. Every method can be repeated, and called from several processes at once."""

    def __init__(
        self,
        directory: Path,
        toolchain: Toolchain,
        *,
        token_lifetime: float = DEFAULT_TOKEN_LIFETIME,
        hosts: int = DEFAULT_HOSTS,
        runtime: Runtime | None = None,
        runtime_required: bool = False,
        vcenter_version: str | None = None,
    ) -> None:
        """``token_lifetime``: seconds that a login at a Supervisor lasts; taken over by the next ``up``.

        ``hosts``: how many ESXi hosts each cluster has; taken over at the next start.
        ``runtime``: what runs pods; None: as the last time, at first ``simulated``. ``runtime_required``: nothing else
        will do, neither where machines are not installed nor where the sandbox runs with another.
        ``vcenter_version``: one of VCENTER_VERSIONS, taken over when vCenter starts; None: the last one, at first 9.1.
        """
        self._layout = Layout(directory.absolute())
        self._toolchain = toolchain
        self._token_lifetime = token_lifetime
        self._hosts = hosts
        self._runtime = runtime
        self._runtime_required = runtime_required
        self._vcenter_version = vcenter_version

    @property
    def directory(self) -> Path:
        """The folder with everything that belongs to it."""
        return self._layout.root

    def up(self, progress: Callable[[str], object] = lambda _: None) -> VCenterSettings:
        """Start it, unless it runs; returns when the simulated vCenter answers.

        ``progress`` gets a line whenever another process is waited for. Raises PacificError where a program of the
        toolchain is missing, a process does not start, or it takes longer than ``UP_WITHIN``.
        """
        self._check_folder()
        before = SandboxConfiguration.read(self._layout.mark) if self._layout.mark.exists() else None
        runtime, crx = choose_runtime(
            self._runtime, before, self._toolchain.directory, progress, required=self._runtime_required
        )
        if before is not None and before.crx != crx and self._is_locked():
            if self._runtime_required and before.runtime != runtime:
                raise PacificError(
                    f"the sandbox runs with {before.runtime} pods, and {runtime} is required",
                    value=str(self.directory),
                    fix="run `pacific sandbox down`, then the same command",
                )
            progress("sandbox: it runs already; pods run the new way after `pacific sandbox down` and `up`")
        configuration = SandboxConfiguration(
            control_plane=self._toolchain.program("control-plane"),
            vcenter_simulator=self._toolchain.program("vcenter-simulator"),
            vm_operator=self._toolchain.directory("vm-operator"),
            token_lifetime=self._token_lifetime,
            hosts=self._hosts,
            runtime=runtime,
            crx=crx,
            vcenter_version=self._vcenter_version or (before.vcenter_version if before else NEWEST_VCENTER),
        )
        private_directory(self.directory)
        configuration.write(self._layout.mark)
        deadline = time.monotonic() + UP_WITHIN
        started: float | None = None
        starts = 0
        announced = ""
        while True:
            # A daemon that another `down` is just ending is waited for, and then replaced.
            if started is None and not self._is_locked():
                started = time.time()
                starts += 1
                self._start_daemon()
            status = self._status(_uncounted)
            if status.phase == "ready":
                return self.settings()
            if started is not None and self._has_failed(status, started):
                # One that ends by itself, or because of `down`, says so; this one was killed.
                if status.error is None and self._stored().get("phase") != "down" and starts < _STARTS:
                    started = None
                    continue
                raise PacificError(
                    f"the sandbox did not start: {status.error or 'its daemon ended'}",
                    value=str(self.directory),
                    fix="read `pacific sandbox logs daemon`",
                )
            late = (process.name for process in status.processes if process.state != "running")
            waiting = ", ".join(late) or "the daemon"
            if time.monotonic() > deadline:
                raise PacificError(
                    f"the sandbox was not up within {UP_WITHIN:.0f} s; it waits for {waiting}",
                    value=str(self.directory),
                    fix="read `pacific sandbox logs daemon`, then `pacific sandbox down` and `pacific sandbox up`",
                )
            if waiting != announced:
                announced = waiting
                progress(f"sandbox: waiting for {waiting}")
            time.sleep(0.05)

    def status(self) -> SandboxStatus:
        """What runs now, with its memory, which the system counts page by page: a tenth of a second."""
        return self._status(_memory)

    def _status(self, memory: Callable[[ProcessIdentity | None], int]) -> SandboxStatus:
        stored = self._stored()
        process = ProcessIdentity.from_json(stored.get("process"))
        if process is None or process.find() is None or not self._is_locked():
            error = stored.get("error") if stored.get("phase") == "failed" else None
            return SandboxStatus(self.directory, "failed" if error else "down", None, error, ())
        daemon = ProcessReport("daemon", "running", process.pid, 0, None, memory(process))
        processes = [daemon, *(_report(entry, memory) for entry in stored.get("processes", ()))]
        return SandboxStatus(self.directory, stored["phase"], stored["vcenter"], stored["error"], processes)

    @property
    def ca_file(self) -> Path:
        """Who signs its vCenter's certificate; it is there once the sandbox has been up."""
        return self._layout.ca_file

    def settings(self) -> VCenterSettings:
        """How to reach its vCenter. Raises PacificError where it is not up."""
        status = self._status(_uncounted)
        if status.phase != "ready" or status.vcenter is None:
            raise PacificError(
                f"the sandbox is {status.phase}", value=str(self.directory), fix="run `pacific sandbox up`"
            )
        return VCenterSettings(
            server=status.vcenter,
            username=ADMINISTRATOR,
            password_file=self._layout.administrator_password,
            ca_file=self._layout.ca_file,
        )

    def down(self) -> bool:
        """Stop all its processes and keep its state; False where none ran. Raises PacificError if it does not end."""
        was_up = self._is_locked()
        stored = self._stored()
        processes = [identity for entry in (stored, *stored.get("processes", ())) if (identity := _identity(entry))]
        if was_up and processes:
            # The daemon first: it ends its processes in order. What is left after that is ended one by one.
            end(processes[:1], grace=_DOWN_WITHIN)
        end(processes[1:], grace=3.0)
        deadline = time.monotonic() + _SEEN_WITHIN
        while self._is_locked():
            if time.monotonic() > deadline:
                raise PacificError("the sandbox did not stop", value=str(self.directory), fix="try again")
            time.sleep(0.05)
        return was_up

    def reset(self) -> bool:
        """Stop it and delete its folder; False where there was none. Raises PacificError for a foreign folder."""
        self._check_folder()
        if not self.directory.exists():
            return False
        self.down()
        shutil.rmtree(self.directory)
        return True

    def logs(self, process: str) -> Path:
        """The log file of a process. Raises PacificError, with the processes that have one."""
        log = self._layout.log(process)
        if log.parent != self._layout.logs or not log.is_file():
            processes = sorted(file.stem for file in self._layout.logs.glob("*.log"))
            allowed = processes or "none yet: run `pacific sandbox up`"
            raise PacificError("no log of this process", value=process, allowed=allowed)
        return log

    @property
    def images(self) -> Path:
        """The folder of its container images, in the OCI image layout."""
        return self._layout.images

    @property
    def process_images(self) -> Path:
        """The folder that names the images whose marked pods run as processes of this computer."""
        return self._layout.process_images

    def supervisors(self) -> dict[str, Path]:
        """The folders of its Supervisors, by the names of their vSphere clusters."""
        files = self._layout.supervisor("").glob("*/controllers.json")
        return {read_json(file)["cluster_name"]: file.parent for file in files}

    def _check_folder(self) -> None:
        directory = self.directory
        if not directory.is_dir() or self._layout.mark.exists():
            return
        # Images may be built before the first `up`.
        early = (self._layout.images, self._layout.process_images)
        if any(path not in early for path in directory.iterdir()):
            raise PacificError(
                "this folder holds something else than a sandbox",
                value=str(directory),
                fix="name an empty or a new folder with --directory or PACIFIC_SANDBOX",
            )

    def _start_daemon(self) -> None:
        private_directory(self._layout.logs)
        command = [sys.executable, "-m", "pacific_sandbox.daemon", "--directory", str(self.directory)]
        with self._layout.log("daemon").open("ab") as log:
            # It forks itself into the background, so this returns at once.
            subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True, timeout=30)

    def _has_failed(self, status: SandboxStatus, started: float) -> bool:
        if status.phase not in ("failed", "down"):
            return False
        # Nobody holds the lock: either the daemon has ended, or it has not come so far yet.
        ended = self._stored().get("since", 0.0) >= started
        return ended or time.time() - started > _SEEN_WITHIN

    def _stored(self) -> dict[str, Any]:
        stored = read_json(self._layout.status)
        return stored if isinstance(stored, dict) else {}

    def _is_locked(self) -> bool:
        with contextlib.suppress(FileNotFoundError), self._layout.lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
        return False


def _identity(stored: dict[str, Any]) -> ProcessIdentity | None:
    return ProcessIdentity.from_json(stored.get("process"))


def _memory(process: ProcessIdentity | None) -> int:
    running = process.find() if process else None
    try:
        if running is None:
            return 0
        # Most processes are one program: on Linux its pages are shared out, elsewhere they count for each process.
        memory = running.memory_full_info() if psutil.LINUX else running.memory_info()
        return round(getattr(memory, "pss", memory.rss) / 2**20)
    except psutil.Error:
        return 0


def _uncounted(_process: ProcessIdentity | None) -> int:
    return 0


def _report(stored: dict[str, Any], memory: Callable[[ProcessIdentity | None], int]) -> ProcessReport:
    process = _identity(stored)
    return ProcessReport(
        name=stored["name"],
        state=stored["state"],
        pid=process.pid if process else None,
        restarts=stored["restarts"],
        last_exit=stored["last_exit"],
        memory=memory(process),
    )
