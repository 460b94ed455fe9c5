"""Asyncio without waiting: where nothing is to be done but to wait for a timer, the clock jumps to it.

For code that only sleeps and calls fakes. Whatever waits for a socket, a process or a thread would time out at once.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        result = super().select(0)
        if not result and timeout is None:
            raise RuntimeError("everything waits, and for no timer")
        if not result and timeout:
            self.skipped += timeout
        return result


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._skipping = _Selector()
        super().__init__(self._skipping)

    def time(self) -> float:
        return super().time() + self._skipping.skipped


def run(scenario: Coroutine[Any, Any, T]) -> T:
    """``asyncio.run`` in skipped time."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(scenario)
