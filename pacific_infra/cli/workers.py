"""Work in processes of its own, each a fork of this one: what was read and checked here is there without reading again.

A worker's output goes to a file. It ends with this process, however that ends, and an interrupt reaches it once.
"""

import contextlib
import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing import connection, get_context
from pathlib import Path
from typing import Any, Protocol

import psutil

from pacific_infra.cli.main import INTERRUPTED
from pacific_infra.converge.interrupts import interrupts_to
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.steady_time import steady_time

_DIE_WITH_PARENT, _ADOPT_ORPHANS = 1, 36
"""PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER of Linux's prctl(2); other systems do without."""
PATIENCE = 10.0
"""Seconds that the engine of a killed worker has to end."""


@dataclass(frozen=True)
class Outcome:
    """How a piece of work ended."""

    name: str
    seconds: float
    value: Any = None
    """What it returned."""
    errors: tuple[PacificError, ...] = ()
    interrupted: bool = False
    lost: str | None = None
    """Where its process ended without saying how, or its machine is lost: what happened. It may be begun again."""

    @property
    def good(self) -> bool:
        """Whether it was done."""
        return not self.errors and not self.interrupted and self.lost is None


class Workers(Protocol):
    """Where work is done, several pieces at a time. To be used inside ``interruptible``, by one thread."""

    interrupts: int
    """How many there were."""

    @property
    def number(self) -> int:
        """Pieces of work at a time."""

    @property
    def busy(self) -> bool:
        """Whether no other can begin."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the work that goes on."""

    def begin(self, name: str, work: Callable[[], Any]) -> None:
        """Begin ``work``, which returns what can be sent from process to process."""

    def wait(self) -> Outcome:
        """Wait until one ends."""

    def interruptible(self, on_interrupt: Callable[[int], object]) -> AbstractContextManager[None]:
        """In the block SIGINT and SIGTERM are handed on to the workers; ``on_interrupt`` gets how many there were."""


class LocalWorkers:
    """Workers that are processes of this computer: at most ``number`` at a time, in a process with one thread."""

    def __init__(self, number: int, logs: Path) -> None:
        """``logs``: the folder of their output, a file each."""
        self.number = number
        self.logs = logs
        self.interrupts = 0
        self._running: dict[str, tuple[Any, Any, float]] = {}
        logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        _prctl(_ADOPT_ORPHANS, 1)

    @property
    def busy(self) -> bool:
        """Whether no other can begin."""
        return len(self._running) >= self.number

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the work that goes on."""
        return tuple(self._running)

    def log_of(self, name: str) -> Path:
        """The file with the output of a piece of work."""
        return self.logs / f"{name}.log"

    def begin(self, name: str, work: Callable[[], Any]) -> None:
        """Begin ``work``, which returns what can be sent from process to process."""
        receiving, sending = get_context("fork").Pipe(duplex=False)
        process = get_context("fork").Process(target=_run, args=(sending, work, self.log_of(name)), daemon=True)
        sys.stdout.flush()
        sys.stderr.flush()
        process.start()
        sending.close()
        self._running[name] = (process, receiving, steady_time())

    def wait(self) -> Outcome:
        """Wait until one ends."""
        while True:
            ready = connection.wait([receiving for _, receiving, _ in self._running.values()])
            for name, (process, receiving, begun) in self._running.items():
                if receiving in ready:
                    del self._running[name]
                    return self._outcome(name, process, receiving, steady_time() - begun)

    def _outcome(self, name: str, process: Any, receiving: Any, seconds: float) -> Outcome:
        try:
            value, errors, interrupted = receiving.recv()
        except EOFError:
            process.join()
            _end_orphans({running.pid for running, _, _ in self._running.values()})
            return Outcome(name, seconds, lost=killed_by(-(process.exitcode or 0)))
        finally:
            receiving.close()
        process.join()
        return outcome_of(name, seconds, value, errors, interrupted)

    @contextmanager
    def interruptible(self, on_interrupt: Callable[[int], object]) -> Iterator[None]:
        """In the block SIGINT and SIGTERM are handed on to the workers; ``on_interrupt`` gets how many there were."""

        def handle() -> None:
            self.interrupts += 1
            for process, _, _ in [*self._running.values()]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGINT)
            on_interrupt(self.interrupts)

        with interrupts_to(handle):
            yield


def killed_by(number: int) -> str:
    """What happened to a worker that this signal has ended."""
    return f"its worker was killed by signal {number}"


def outcome_of(name: str, seconds: float, value: Any, errors: list[dict[str, Any]], interrupted: bool) -> Outcome:
    """How work ended, from what its process sent."""
    return Outcome(name, seconds, value, tuple(PacificError(**error) for error in errors), interrupted)


def _run(sending: Any, work: Callable[[], Any], log: Path) -> None:
    """In the worker: do the work, and send what came of it."""
    os.setsid()
    stop_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    sys.stdout = sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115 - to the end
    value, errors, interrupted = None, list[PacificError](), False
    try:
        value = work()
    except PacificErrors as problems:
        errors += problems.errors
    except PacificError as problem:
        errors.append(problem)
    except KeyboardInterrupt:
        interrupted = True
    except SystemExit as end:
        interrupted = end.code == INTERRUPTED
        if end.code not in (None, 0, INTERRUPTED):
            errors.append(PacificError(f"it ended with exit code {end.code}", fix=f"see {log}"))
    except BaseException as error:  # noqa: BLE001 - said by who waits for it
        traceback.print_exc()
        errors.append(PacificError(f"it failed unexpectedly: {type(error).__name__}: {error}", fix=f"see {log}"))
    sending.send((value, [_parts(error) for error in errors], interrupted))
    sending.close()


def _parts(error: PacificError) -> dict[str, Any]:
    value = error.value if isinstance(error.value, str | int | float | bool | None) else str(error.value)
    return {"problem": error.problem, "place": error.place, "value": value, "allowed": error.allowed, "fix": error.fix}


def _end_orphans(workers: set[int | None]) -> None:
    """End the engine of a worker that was killed: adopted by this process, it would go on without a record."""
    me = psutil.Process()
    orphans = [child for child in me.children() if child.pid not in workers]
    orphans += [descendant for child in orphans for descendant in child.children(recursive=True)]
    for orphan in orphans:
        with contextlib.suppress(psutil.NoSuchProcess):
            orphan.kill()
    psutil.wait_procs(orphans, timeout=PATIENCE)


def stop_with_parent() -> None:
    """Have this process interrupted when the one that started it ends, however it does."""
    _prctl(_DIE_WITH_PARENT, signal.SIGINT)


def _prctl(option: int, value: int) -> None:
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
