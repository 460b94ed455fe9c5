"""An event loop whose clock jumps: what waits for a time gets it at once, in order, and minutes cost nothing."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class JumpingLoop(asyncio.SelectorEventLoop):
    """Where nothing can be done now, its clock goes to what is due next; all of a test has to be in this process."""

    def __init__(self) -> None:
        selector = selectors.DefaultSelector()
        super().__init__(selector)
        self._jumped = 0.0
        look = selector.select

        def select(timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            result = look(None if timeout is None else 0)
            if not result and timeout is not None:
                self._jumped += timeout
            return result

        selector.select = select  # type: ignore[method-assign]

    def time(self) -> float:
        return super().time() + self._jumped


def run(body: Coroutine[Any, Any, T]) -> T:
    """As ``asyncio.run``."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(body)
