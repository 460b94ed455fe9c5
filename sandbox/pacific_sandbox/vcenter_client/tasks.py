"""Waits for tasks of vCenter: for all of them with one request at a time, however many there are."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from pacific_sandbox.vcenter_client.session import TASK_SECONDS, VCenterUnavailable

_PAUSE: Final = 0.005
"""Seconds between two looks, for each task that is waited for. One alone is looked at soon, many together."""
_LONGEST: Final = 0.05
_SLOW: Final = 0.5
"""Seconds between two looks at tasks of which none ends."""


class Tasks:
    """The tasks that are waited for."""

    def __init__(self, ended: Callable[[Sequence[Any]], Awaitable[Mapping[str, Any]]]) -> None:
        """``ended`` is asked which tasks have ended: by identifier, with the result or the fault. It raises
        VCenterUnavailable where vCenter does not answer, and so does who waits for one of them."""
        self._ended = ended
        self._waiting: dict[str, tuple[Any, asyncio.Future[Any]]] = {}
        self._looks: asyncio.Task[None] | None = None

    async def result(self, task: Any) -> Any:
        """The task's result, or its fault raised. VCenterUnavailable where it does not end within a minute."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[task._moId] = (task, future)
        if self._looks is None or self._looks.done():
            self._looks = asyncio.create_task(self._look(), name="tasks of vCenter")
        try:
            async with asyncio.timeout(TASK_SECONDS):
                return await future
        except TimeoutError:
            raise VCenterUnavailable(f"task {task._moId} did not end within {TASK_SECONDS:.0f} s") from None
        finally:
            self._waiting.pop(task._moId, None)

    async def _look(self) -> None:
        pause = 0.0
        while self._waiting:
            await asyncio.sleep(max(pause, min(_PAUSE * len(self._waiting), _LONGEST)))
            waiting = dict(self._waiting)
            try:
                ended = await self._ended([task for task, _ in waiting.values()])
            except VCenterUnavailable as error:
                ended = dict.fromkeys(waiting, error)
            pause = 0.0 if ended else min(max(pause * 2, _PAUSE), _SLOW)
            for moid, outcome in ended.items():
                future = waiting[moid][1]
                self._waiting.pop(moid, None)
                if future.done():
                    continue  # Who waited for it has been cancelled.
                if isinstance(outcome, BaseException):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)
