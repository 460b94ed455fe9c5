"""Lines that say what an installation is doing."""

import os
import sys
from collections.abc import Callable

Say = Callable[[str], object]


class TerminalLines:
    """Writes lines to standard error; on a terminal the running step keeps one line there and overwrites it."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._open = False

    @property
    def live(self) -> Say | None:
        """The overwriting form, on a terminal."""
        return self._overwrite if self._terminal else None

    def say(self, text: str) -> None:
        """Write one line."""
        if self._open:
            sys.stderr.write("\r\033[K")
            self._open = False
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def _overwrite(self, text: str) -> None:
        width = os.get_terminal_size(sys.stderr.fileno()).columns
        sys.stderr.write(f"\r\033[K{text[: max(width - 1, 1)]}")
        sys.stderr.flush()
        self._open = True
