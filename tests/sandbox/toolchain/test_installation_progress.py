from pathlib import Path

import pytest

from pacific_sandbox.toolchain.progress import Durations, Progress, clock


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def test_plain_lines_come_every_quarter_of_a_minute() -> None:
    lines: list[str] = []
    now = Clock()
    progress = Progress(lines.append, 2, {"engine": 241.4}, now=now)
    progress.begin("engine", "Pulumi 3.253.0")
    for _ in range(40):
        now.time += 1
        progress.tick("5 of at most 9 packages compiled")
    progress.end()
    progress.begin("yaml", "Pulumi YAML")
    assert lines == [
        "[1/2] Pulumi 3.253.0 (took 4:01 last time)",
        "[1/2] Pulumi 3.253.0: 0:15, 5 of at most 9 packages compiled",
        "[1/2] Pulumi 3.253.0: 0:30, 5 of at most 9 packages compiled",
        "[1/2] Pulumi 3.253.0: done in 0:40",
        "[2/2] Pulumi YAML",
    ]


def test_a_terminal_gets_every_tick() -> None:
    lines: list[str] = []
    live: list[str] = []
    now = Clock()
    progress = Progress(lines.append, 1, {}, live=live.append, now=now)
    progress.begin("engine", "Pulumi")
    for _ in range(3):
        now.time += 1
        progress.tick("fetching its sources")
    assert live[-1] == "[1/1] Pulumi: 0:03, fetching its sources"
    assert (len(live), len(lines)) == (3, 1)


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (318, "5:18"), (3725, "62:05")])
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_durations_are_kept_and_a_damaged_file_is_forgotten(tmp_path: Path) -> None:
    durations = Durations(tmp_path / "new" / "durations.json")
    assert durations.read() == {}
    durations.record("engine", 240.123)
    durations.record("yaml", 50)
    assert durations.read() == {"engine": 240.1, "yaml": 50.0}
    (tmp_path / "new" / "durations.json").write_text("[1")
    assert durations.read() == {}
