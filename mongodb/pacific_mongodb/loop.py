"""One task for each database, which reconciles it after each change, and periodically."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable

from aiohttp import ClientError

from pacific_mongodb.cluster import KubernetesError
from pacific_mongodb.metrics import Key, Metrics

Look = Callable[[str, str], Awaitable[float | None]]
FIRST_RETRY, LAST_RETRY = 0.5, 30.0
_log = logging.getLogger(__name__)


class Loop:
    """Never two looks at one database at a time; changes during a look bring another."""

    def __init__(self, look: Look, metrics: Metrics) -> None:
        self._look = look
        self._metrics = metrics
        self._changed: dict[Key, asyncio.Event] = {}
        self._tasks: dict[Key, asyncio.Task[None]] = {}

    def wake(self, namespace: str, name: str) -> None:
        """Something of this database has changed."""
        key = (namespace, name)
        self._changed.setdefault(key, asyncio.Event()).set()
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._keep(key))

    async def close(self) -> None:
        """End all tasks where they are: the next controller goes on from there."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, key: Key) -> None:
        changed = self._changed[key]
        failures = 0
        while True:
            changed.clear()
            began = time.monotonic()
            try:
                wait = await self._look(*key)
                failures = 0
                self._metrics.passed("done", time.monotonic() - began)
            except (KubernetesError, ClientError, TimeoutError, OSError) as error:
                wait = min(FIRST_RETRY * 2**failures, LAST_RETRY)
                failures += 1
                self._metrics.passed("failed", time.monotonic() - began)
                _log.warning("%s/%s: %s; again in %.1f s", *key, error, wait)
            except Exception:  # noqa: BLE001 - logged with its trace, and tried again
                # A fault of ours in one database must not end the work on it, nor on the others.
                wait = LAST_RETRY
                self._metrics.passed("failed", time.monotonic() - began)
                _log.exception("%s/%s: a fault of the controller; again in %.0f s", *key, wait)
            if wait is None and not changed.is_set():
                del self._tasks[key], self._changed[key]
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await changed.wait()
