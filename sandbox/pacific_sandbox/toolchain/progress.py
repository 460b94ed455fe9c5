"""Says what an installation is doing: step i of n, elapsed time, and what the step took last time."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from pacific_infra.toolchain.terminal_lines import Say

INTERVAL = 15.0
"""Seconds between two lines on the same step, where there is no line to overwrite."""


class Durations:
    """What each component took on this computer the last time, in seconds; a JSON file in the cache."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> Mapping[str, float]:
        """All that is known; nothing where the file is missing or damaged."""
        try:
            content = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return {}
        known = content.items() if isinstance(content, dict) else ()
        return {name: float(value) for name, value in known if isinstance(value, (int, float))}

    def record(self, name: str, seconds: float) -> None:
        """Remember one."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps({**self.read(), name: round(seconds, 1)}, indent=2))
        new.replace(self._file)


class Progress:
    """The lines of one installation of ``steps`` steps. ``live`` gets a line to overwrite, about once a second."""

    def __init__(
        self,
        say: Say,
        steps: int,
        durations: Mapping[str, float],
        *,
        live: Say | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._say = say
        self._live = live
        self._steps = steps
        self._durations = durations
        self._now = now
        self._step = 0
        self._title = ""
        self._began = self._spoke = now()

    @property
    def elapsed(self) -> float:
        """Seconds since the step began."""
        return self._now() - self._began

    def begin(self, name: str, title: str) -> None:
        """Go on to the next step."""
        self._step += 1
        self._title = title
        self._began = self._spoke = self._now()
        last = self._durations.get(name)
        self._say(f"{self._prefix()}" + (f" (took {clock(last)} last time)" if last is not None else ""))

    def tick(self, detail: str) -> None:
        """The step is still going on; ``detail`` says what it does or waits for."""
        line = f"{self._prefix()}: {clock(self.elapsed)}, {detail}"
        if self._live is not None:
            self._live(line)
        elif self._now() - self._spoke >= INTERVAL:
            self._spoke = self._now()
            self._say(line)

    def end(self) -> None:
        """The step is done."""
        self._say(f"{self._prefix()}: done in {clock(self.elapsed)}")

    def _prefix(self) -> str:
        return f"[{self._step}/{self._steps}] {self._title}"


def clock(seconds: float) -> str:
    """Minutes and seconds, as 5:18."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
