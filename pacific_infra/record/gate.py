"""Where a run waits that has started before it is known whether it may take place."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


class Gate:
    """Closed until ``open`` or ``refuse`` is called, once, by another thread than those that wait."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._decided = threading.Event()
        self._opened = False
        self._before: list[Callable[[], object]] = []

    def before_opening(self, act: Callable[[], object]) -> None:
        """Have ``act`` called by who opens the gate, before those that wait go on; at once where it is open."""
        with self._mutex:
            if self._opened:
                act()
            else:
                self._before.append(act)

    def open(self) -> None:
        """Let those that wait go on. Raises what an act before the opening does; the gate then stays closed."""
        with self._mutex:
            for act in self._before:
                act()
            self._opened = True
        self._decided.set()

    def refuse(self) -> None:
        """Turn back those that wait, and those that come; nothing where it has been opened."""
        self._decided.set()

    @property
    def opened(self) -> bool:
        """Whether it has been opened."""
        return self._opened

    @property
    def refused(self) -> bool:
        """Whether nobody will go through it any more."""
        return self._decided.is_set() and not self._opened

    def passes(self) -> bool:
        """Wait until it is decided; whether to go on."""
        self._decided.wait()
        return self._opened


@dataclass(frozen=True)
class Gates:
    """The two at which an early run waits."""

    program: Gate = field(default_factory=Gate)
    """Before its program runs: a process runs one at a time."""
    changes: Gate = field(default_factory=Gate)
    """Before it changes anything, and before anything is recorded of it."""
