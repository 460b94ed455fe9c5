"""An ``up`` whose engine starts while the servers are still asked about it.

The engine, its plugins and the program come as far as the first change, which waits at a gate (``record/gate.py``).
Until the gate is opened, nothing is changed, recorded, locked or shown; where the run does not take place, the engine
is ended, and nothing tells of it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pulumi.automation import EngineEvent

from pacific_infra.converge.engine_failures import OnEvent
from pacific_infra.converge.stack import EstateStack
from pacific_infra.errors import PacificError
from pacific_infra.record.gate import Gates

ENDS_WITHIN = 5.0
"""Seconds for an engine that is not needed to end its plugins, which log out of vCenter; then it is killed."""


class EarlyRun:
    """An ``up`` that waits; made with ``starting_early``."""

    def __init__(self, stack: EstateStack) -> None:
        self._stack = stack
        self._gates = Gates()
        self._on_event: OnEvent | None = None
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = threading.Thread(target=self._run, name="early-run", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._stack.up(self._receive, gates=self._gates)
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits for the engine
            self._failure = error

    def _receive(self, event: EngineEvent, now: float) -> None:
        if self._on_event is not None:
            self._on_event(event, now)

    def let_program_run(self) -> None:
        """The program may run: no other one does any more in this process."""
        self._gates.program.open()

    def up(self, on_event: OnEvent) -> None:
        """Go on. Where that cannot be, since it was ended or another run has come between, begin anew: see
        EstateStack.up, also for what is raised.
        """
        self._on_event = on_event
        thread = self._thread
        if thread is not None:
            try:
                self._gates.changes.open()
            except (PacificError, OSError):
                self.end()
            else:
                self._thread = None
                thread.join()
                if self._failure is not None:
                    raise self._failure
                return
        self._stack.up(on_event)

    def end(self) -> None:
        """End the engine, where it still waits."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._gates.changes.refuse()
        self._gates.program.refuse()
        self._stack.process.end(ENDS_WITHIN)
        thread.join()


@contextmanager
def starting_early(stack: EstateStack) -> Iterator[EarlyRun]:
    """Start an ``up`` of all of the stack, which ``can_wait``; in the block it waits until it is told to go on. At the
    end of the block it is ended where it was not.
    """
    run = EarlyRun(stack)
    try:
        yield run
    finally:
        run.end()
