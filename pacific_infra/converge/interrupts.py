"""What SIGINT and SIGTERM do while a run goes on."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interrupts_to(handle: Callable[[], object]) -> Iterator[None]:
    """In the block both signals call ``handle``; afterwards they do what they did before."""
    before = {number: signal.signal(number, lambda *_: handle()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
