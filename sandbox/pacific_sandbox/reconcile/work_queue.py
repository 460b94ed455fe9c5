"""Keys of objects that are to be looked at: each by one task at a time, again after a failure."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from pacific_sandbox.kubernetes_api import KubernetesError, KubernetesUnreachable
from pacific_sandbox.vcenter_client.session import VCenterUnavailable

K = TypeVar("K", bound=Hashable)

_FIRST_DELAY = 0.25
_LAST_DELAY = 15.0
_CONCURRENCY = 32
_log = logging.getLogger(__name__)


class WorkQueue(Generic[K]):
    """Runs ``reconcile`` for every key that was added, at most 32 at a time and never two for one key.

    ``reconcile`` answers after how many seconds it wants to look again, or None. An exception means: again after a
    delay that doubles from 0.25 s to 15 s; the other keys do not notice. Nothing runs while nothing is to be done.
    """

    def __init__(self, name: str, reconcile: Callable[[K], Awaitable[float | None]]) -> None:
        self._name = name
        self._reconcile = reconcile
        self._slots = asyncio.Semaphore(_CONCURRENCY)
        self._tasks: dict[K, asyncio.Task[None]] = {}
        self._again: set[K] = set()
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._delays: dict[K, float] = {}

    def add(self, key: K, after: float = 0.0) -> None:
        """Look at ``key`` now, or in ``after`` seconds; the sooner of two wishes counts."""
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if timer is not None:
            if after > 0 and timer.when() <= loop.time() + after:
                return
            timer.cancel()
            del self._timers[key]
        if after > 0:
            self._timers[key] = loop.call_later(after, self._due, key)
        elif key in self._tasks:
            self._again.add(key)
        else:
            self._tasks[key] = asyncio.create_task(self._work(key), name=f"{self._name} {key}")

    @property
    def is_crowded(self) -> bool:
        """Whether more keys wait for their turn than have it."""
        return len(self._tasks) > 2 * _CONCURRENCY

    def close(self) -> None:
        """Stop: running work is cancelled."""
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks.values():
            task.cancel()

    def _due(self, key: K) -> None:
        self._timers.pop(key, None)
        self.add(key)

    async def _work(self, key: K) -> None:
        try:
            async with self._slots:
                after = await self._attempt(key)
        finally:
            del self._tasks[key]
        if key in self._again:
            self._again.discard(key)
            self.add(key)
        elif after is not None:
            self.add(key, after)

    async def _attempt(self, key: K) -> float | None:
        self._again.discard(key)
        try:
            after = await self._reconcile(key)
        except KubernetesError as error:
            if error.code == 409:  # Somebody wrote at the same time: the watch brings it, look again at once.
                return _FIRST_DELAY
            if error.code == 404 or "being terminated" in error.message:
                # It, or its namespace, goes: the watch tells the rest.
                _log.debug("%s %s: %s", self._name, key, error)
                return None
            return self._failed(key, error)
        except (VCenterUnavailable, KubernetesUnreachable) as error:
            return self._failed(key, error)
        except Exception as error:  # noqa: BLE001 - one object's error stops no other
            _log.debug("%s %s", self._name, key, exc_info=True)
            return self._failed(key, error)
        self._delays.pop(key, None)
        return after

    def _failed(self, key: K, error: Exception) -> float:
        delay = self._delays.get(key, _FIRST_DELAY)
        self._delays[key] = min(delay * 2, _LAST_DELAY)
        _log.warning("%s %s: %s: %s; again in %.2f s", self._name, key, type(error).__name__, error, delay)
        return delay
