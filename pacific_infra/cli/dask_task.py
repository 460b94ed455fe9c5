"""One stack's work on a worker of a Dask cluster. What is here runs there; it knows nothing of the cluster.

The worker starts a process for each piece of work, and that one another, as ``pacific`` does for its own workers: so a
killed engine is told from a failed one, and nothing goes on when the worker ends. Credentials come from the worker's
environment; what is sent is the stack's documents and the project's files.
"""

import copyreg
import hashlib
import io
import os
import pickle
import platform
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil

from pacific_infra import __version__
from pacific_infra.cli.workers import LocalWorkers, Outcome, killed_by, stop_with_parent
from pacific_infra.converge.project import Project
from pacific_infra.converge.stack_lock import read_locks, remove_stale_locks
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph
from pacific_infra.record.backends import backend_folder, backend_of
from pacific_infra.record.processes import started_at, still_runs, this_machine
from pacific_infra.record.secrets import Decrypter, WrongPassphrase, passphrase_of
from pacific_infra.settings import Settings
from pacific_infra.steady_time import steady_time
from pacific_infra.toolchain import Toolchain, find_toolchain

MOST_BYTES = 64 * 2**20
"""Largest size of a project's packed files."""
LEFT_OUT = ("node_modules", "__pycache__", "sdks")
"""Folders that are not sent, beside hidden ones."""
OF_A_MACHINE = ("passwordFile", "kubeconfig")
"""Settings under ``pacific:`` that name files with credentials: each machine has its own."""
FOLLOWED = 0.5
"""Seconds between two looks at the output of a process."""
LARGEST_PART = 2**16
"""Bytes of output that are sent at a time."""
_RUNNING: dict[str, subprocess.Popen[bytes]] = {}
"""The processes of this worker, by the work that they do."""


@dataclass(frozen=True)
class Place:
    """Where a worker runs."""

    machine: str
    """By which processes of this machine are told from those of another: containers have numbers of their own."""
    pid: int
    started: float
    """As ``started_at`` has it."""

    @property
    def host(self) -> str:
        """The machine's name."""
        return self.machine.partition(" ")[0]


def place() -> Place:
    """Where this process runs."""
    return Place(f"{socket.gethostname()} {this_machine()}", os.getpid(), started_at(os.getpid()) or 0.0)


@dataclass(frozen=True)
class Order:
    """A piece of work, as it is sent."""

    name: str
    project: Project
    """With the folder that it has at the sender's."""
    files: bytes
    """The project's files, as ``packed`` makes them."""
    key: str
    """A key that only this piece of work has: its processes are known by it."""
    content: bytes
    """What is to be done, as ``sent`` makes it: only the process that does it reads it."""


def sent(graph: DependencyGraph, operations: int | None, work: Callable[[Any], Any]) -> bytes:
    """A stack's documents and what is to be done with them. ``work``: takes a session of the stack."""
    copyreg.pickle(MappingProxyType, _as_mapping)
    return pickle.dumps((graph, operations, work))


def _as_mapping(proxy: MappingProxyType[Any, Any]) -> tuple[Callable[..., Any], tuple[dict[Any, Any]]]:
    return _read_only, (dict(proxy),)


def _read_only(mapping: Mapping[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(mapping)


def packed(project: Project) -> bytes:
    """The project's files but hidden ones and those with credentials. Raises PacificError where they are too large."""
    kept_back = {
        (project.directory / str(named)).resolve()
        for key in OF_A_MACHINE
        if (named := project.configuration.get(f"pacific:{key}")) is not None
    }
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz", compresslevel=6) as files:
        for folder, folders, names in os.walk(project.directory):
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in LEFT_OUT)
            for name in sorted(names):
                file = Path(folder) / name
                if not name.startswith(".") and file.is_file() and file.resolve() not in kept_back:
                    files.add(file, str(file.relative_to(project.directory)), filter=_plain)
                if archive.tell() > MOST_BYTES:
                    problem = "the project's files are too large to be sent to workers"
                    fix = "move what no document needs out of the folder, or name it with a dot in front"
                    allowed = f"{MOST_BYTES // 2**20} MiB packed"
                    raise PacificError(problem, place=str(project.directory), allowed=allowed, fix=fix)
    return archive.getvalue()


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def unpacked(files: bytes, project: Project) -> Path:
    """The folder with these files on this machine, made the first time. Paths of credentials are its own."""
    digest = hashlib.sha256(files).hexdigest()
    folder = Settings.read().cache_directory / "projects" / digest[:32] / project.name
    if folder.is_dir():
        return folder
    folder.parent.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (
        tempfile.TemporaryDirectory(dir=folder.parent.parent) as new,
        tarfile.open(fileobj=io.BytesIO(files)) as archive,
    ):
        target = Path(new) / project.name
        archive.extractall(target, filter="data")
        folder.parent.mkdir(exist_ok=True, mode=0o700)
        if not folder.is_dir():
            target.replace(folder)
    return folder


def do(order: Order, shown: Callable[[bytes], object]) -> Outcome:
    """Do the work in a process of its own and wait for its end; ``shown`` gets its output."""
    begun = steady_time()
    with tempfile.TemporaryDirectory(prefix="pacific-work-") as folder:
        log = Path(folder) / f"{order.name}.log"
        log.touch(0o600)
        command = [sys.executable, "-m", __name__, str(os.getpid()), folder, order.key]
        pipe = subprocess.PIPE
        with (
            log.open("ab") as errors,
            subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, start_new_session=True) as process,
        ):
            _RUNNING[order.name] = process
            try:
                _hand_over(process, order)
                with log.open("rb") as output:
                    while process.poll() is None:
                        _follow(output, shown)
                        time.sleep(FOLLOWED)
                    _follow(output, shown)
                result = process.stdout.read() if process.stdout is not None else b""
            finally:
                del _RUNNING[order.name]
        seconds = steady_time() - begun
        if process.returncode > 0:
            problem = PacificError(f"its process ended with exit code {process.returncode}", fix="see its output")
            return Outcome(order.name, seconds, errors=(problem,))
        if not result:
            return Outcome(order.name, seconds, lost=killed_by(-process.returncode))
        outcome: Outcome = pickle.loads(result)  # noqa: S301 - of a process that this one has started
        return outcome


def _hand_over(process: subprocess.Popen[bytes], order: Order) -> None:
    try:
        if process.stdin is not None:
            pickle.dump(order, process.stdin)
            process.stdin.close()
    except BrokenPipeError:
        pass  # it ended before: its exit code says how


def _follow(output: io.BufferedReader, shown: Callable[[bytes], object]) -> None:
    while part := output.read(LARGEST_PART):
        shown(part)


def interrupt(names: Iterable[str]) -> None:
    """Interrupt the work of these names on this worker, as Ctrl-C does."""
    for name in names:
        if (process := _RUNNING.get(name)) is not None:
            process.send_signal(signal.SIGINT)


@dataclass(frozen=True)
class Facts:
    """What is known of a worker before it gets work."""

    machine: str
    versions: str
    """Versions of pacific and Python: documents are sent as Python's objects."""
    installed: bool
    """Whether it has an engine."""
    sees_backend: bool | None
    """Whether its backend is the one that the estate is in; None: it cannot be reached."""
    knows_passphrase: bool
    """Whether it has the one that the estate's secrets are encrypted with."""
    problem: str | None = None
    """Why its backend cannot be reached."""


def versions() -> str:
    """Those that have to be the same where work is sent and where it is done."""
    return f"pacific {__version__}, Python {'.'.join(platform.python_version_tuple()[:2])}"


def facts(backend_url: str | None, key: str, salt: str | None) -> Facts:
    """What this worker has. ``backend_url``: as Pulumi.yaml names it; ``key``: of a file that is in the backend;
    ``salt``: of the passphrase, as the stack's configuration has it.
    """
    settings = Settings.read().with_backend(backend_url)
    toolchain = find_toolchain(settings)
    sees: bool | None = None
    problem = None
    try:
        folder = backend_folder(backend_of(settings, toolchain.environment()))
        sees = folder is not None and (folder / key).is_file()
    except PacificError as error:
        problem = str(error)
    return Facts(place().machine, versions(), toolchain.installed, sees, _knows_passphrase(salt, toolchain), problem)


def _knows_passphrase(salt: str | None, toolchain: Toolchain) -> bool:
    phrase = passphrase_of({**os.environ, **toolchain.environment()})
    if salt is None or phrase is None:
        return salt is None
    try:
        Decrypter(salt, phrase).check()
    except WrongPassphrase:
        return False
    return True


def still_working(order: Order, worker: Place, patience: float) -> list[int]:
    """The processes of this machine that do this work, or may begin it, once ``patience`` is over or there are none.

    Locks of those that are dead are removed. ``worker``: the one that has the work.
    """
    project = order.project
    settings = Settings.read().with_backend(project.backend_url)
    backend = backend_of(settings, find_toolchain(settings).environment())
    folder, deadline = backend_folder(backend), time.monotonic() + patience
    while True:
        alive = {worker.pid} if still_runs(worker.pid, worker.started) else set()
        alive |= {process.pid for process in psutil.process_iter(["cmdline"]) if order.key in _words(process)}
        if folder is not None:
            remove_stale_locks(folder, project.name, project.stack)
            alive |= {lock.pid for lock in read_locks(folder, project.name, project.stack) if lock.is_local}
        if not alive or time.monotonic() > deadline:
            return sorted(alive)
        time.sleep(FOLLOWED)


def _words(process: psutil.Process) -> list[str]:
    return process.info["cmdline"] or []


def _main(worker: int, folder: Path) -> None:
    """In the process of a piece of work: do it in a child, and write what came of it to standard output."""
    stop_with_parent()
    if os.getppid() != worker:
        sys.exit(1)
    result = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    order: Order = pickle.load(sys.stdin.buffer)  # noqa: S301 - of the process that has started this one
    local = LocalWorkers(1, folder)
    with local.interruptible(lambda _: None):
        local.begin(order.name, lambda: _work(order))
        outcome = local.wait()
    pickle.dump(outcome, result)
    result.close()


def _work(order: Order) -> Any:
    from pacific_infra.cli.fleet_run import StackWork  # noqa: PLC0415 - only the process that works needs it
    from pacific_infra.cli.result import progress_console  # noqa: PLC0415 - the same
    from pacific_infra.cli.session import Session  # noqa: PLC0415

    directory = unpacked(order.files, order.project)
    os.chdir(directory)
    graph, operations, work = pickle.loads(order.content)  # noqa: S301 - a Dask worker runs what its cluster sends
    project = replace(order.project, directory=directory)
    settings = Settings.read().with_backend(project.backend_url)
    toolchain = find_toolchain(settings)
    session = Session(settings, project, graph, toolchain, progress_console(), operations=operations)
    return StackWork(session, work)()


if __name__ == "__main__":
    _main(int(sys.argv[1]), Path(sys.argv[2]))
