"""Level-triggered reconciling: one task an object, which repeatedly brings the actual state to the recorded one."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from enum import Enum

_log = logging.getLogger(__name__)
_LAST_RETRY = 30.0


class Outcome(Enum):
    """What one pass of reconciling came to."""

    SETTLED = "as it should be"
    WAITING = "something is under way: look again soon"
    DELETED = "the object is no more"


class ReconcilingLoops:
    """Runs ``reconcile(name)`` for each object that was woken, until it is gone.

    ``failed(name, error)`` is told of each failure; the next pass comes after a pause that doubles.
    """

    def __init__(
        self,
        reconcile: Callable[[str], Awaitable[Outcome]],
        failed: Callable[[str, Exception], None],
        *,
        resynchronization: float,
        first_retry: float,
    ) -> None:
        self._reconcile = reconcile
        self._failed = failed
        self._resynchronization = resynchronization
        self._first_retry = first_retry
        self._events: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def wake(self, name: str) -> None:
        """Look at ``name`` now."""
        self._events.setdefault(name, asyncio.Event()).set()
        if name not in self._tasks:
            self._tasks[name] = asyncio.create_task(self._run(name), name=f"reconcile {name}")

    async def stop(self) -> None:
        """End all tasks."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, name: str) -> None:
        event = self._events[name]
        retry = self._first_retry
        while True:
            event.clear()
            try:
                outcome = await self._reconcile(name)
            except Exception as error:  # noqa: BLE001 - any failure is reported and tried again
                _log.warning("%s: %s; again in %.1f s", name, error, retry, exc_info=True)
                self._failed(name, error)
                pause, retry = retry, min(retry * 2, _LAST_RETRY)
            else:
                if outcome is Outcome.DELETED and not event.is_set():
                    del self._tasks[name], self._events[name]
                    return
                retry = self._first_retry
                pause = self._resynchronization if outcome is Outcome.SETTLED else self._first_retry
            # Not wait_for, which in Python 3.11 may lose a cancellation.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await event.wait()
