"""The locks on a stack of a file backend, and whether their owners are alive.

Pulumi's file backend writes ``.pulumi/locks/organization/PROJECT/STACK/ID.json`` with pid, user, host and time, and
leaves it when the process is killed (pulumi: pkg/backend/diy/lock.go). Only a lock of this computer whose process is
gone, or is another one of that number, is removed. Our locks say when their process was started, whatever the clock
says, and whose numbers they name: a container, and another computer of the same name, have numbers of their own.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil

from pacific_infra.errors import PacificError
from pacific_infra.record.backend import PROCESS_STARTED, BackendLock, StackFiles
from pacific_infra.record.bucket import BackendFile
from pacific_infra.record.journal import settle
from pacific_infra.record.processes import MACHINE, is_here, is_of_earlier_start, started_at, still_runs


@dataclass(frozen=True)
class HeldLock:
    """A lock as its owner wrote it."""

    file: BackendFile
    pid: int
    user: str
    host: str
    since: datetime
    process_started: float | None = None
    """As ``started_at`` has it; None in a lock of plain Pulumi."""
    machine: str | None = None
    """As ``this_machine`` has it; None in a lock of plain Pulumi."""

    @property
    def is_local(self) -> bool:
        """Whether its owner's number is, or was, that of a process of this computer."""
        return is_here(self.host, self.machine)


def read_locks(backend: BackendFile, project: str, stack: str) -> Iterator[HeldLock]:
    """The locks of a stack, without those that are half written or of another version of Pulumi."""
    for file in sorted(StackFiles(backend, project, stack).locks.glob("*.json"), key=str):
        try:
            lock = json.loads(file.read_bytes())
            since = datetime.fromisoformat(lock["timestamp"])
            started, machine = lock.get(PROCESS_STARTED), lock.get(MACHINE)
            yield HeldLock(
                file,
                int(lock["pid"]),
                str(lock.get("username", "")),
                str(lock["hostname"]),
                since,
                None if started is None else float(started),
                None if machine is None else str(machine),
            )
        except (OSError, ValueError, KeyError, TypeError):
            continue


def remove_stale_locks(
    backend: BackendFile,
    project: str,
    stack: str,
    *,
    process_started_at: Callable[[int], float | None] = started_at,
) -> list[int]:
    """Remove the locks that dead processes left on a stack of the file backend at ``backend``; returns their pids."""
    removed = []
    for lock in read_locks(backend, project, stack):
        dead = lock.is_local and not _is_alive(lock, process_started_at)
        if dead or is_of_earlier_start(lock.host, lock.machine):
            lock.file.unlink(missing_ok=True)
            removed.append(lock.pid)
    return removed


def _is_alive(lock: HeldLock, process_started_at: Callable[[int], float | None]) -> bool:
    """Whether its owner runs; a lock of plain Pulumi says no more of it than the time of day."""
    if lock.process_started is not None:
        return still_runs(lock.pid, lock.process_started)
    started = process_started_at(lock.pid)
    return started is not None and started + psutil.boot_time() <= lock.since.timestamp() + 60


@contextmanager
def locked(files: StackFiles) -> Iterator[None]:
    """Hold the stack's own lock in the block, with what a run has left settled. Raises PacificError."""
    remove_stale_locks(files.backend, files.project, files.stack)
    lock = BackendLock(files)
    try:
        lock.acquire()
    except PacificError:
        raise lock_refusal(files.project, files.stack, files.backend, datetime.now(UTC)) from None
    try:
        settle(files)
        yield
    finally:
        lock.release()


def lock_refusal(project: str, stack: str, backend: BackendFile | None, now: datetime) -> PacificError:
    """Why nothing can be done on the stack: who works on it, since when, as which process of which computer."""
    locks = list(read_locks(backend, project, stack)) if backend is not None else []
    if not locks:
        return PacificError(
            f"the stack {project}/{stack} is locked by another run",
            fix=f"wait for it to end; where its process died: pulumi cancel -s {stack}",
        )
    lock = locks[0]
    minutes = max(0, int((now - lock.since).total_seconds() // 60))
    if lock.is_local:
        fix = f"wait for it to end, or end it: kill -INT {lock.pid}"
    else:
        fix = f"wait for it to end; where process {lock.pid} of {lock.host} is dead: pulumi cancel -s {stack}"
    return PacificError(
        f"the stack {project}/{stack} is locked by {lock.user or 'somebody'}: process {lock.pid} on {lock.host}, "
        f"since {lock.since:%Y-%m-%d %H:%M:%S} ({minutes} min)",
        fix=fix,
    )
