"""What holds for all tests."""

import gc
import signal
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

pytest.register_assert_rewrite("tests.support")

from tests.support.needs import PREFIX  # noqa: E402 - what is imported before is not rewritten
from tests.support.scheduling import BothEnds  # noqa: E402

FOLDER = Path(__file__).parent


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BothEnds | None:
    """With ``--dist loadfile``, which pyproject.toml asks for."""
    return BothEnds(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_configure() -> None:
    """Take Ctrl-C. A shell's background has its programs ignore it, and so the commands that tests interrupt."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect tests without garbage collection, and leave what they are made of out of it: it is there to the end.

    Otherwise each test that makes many objects has the collector go over half a million others.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test in tests/provider has the marker ``provider``. One in tests/integration is not traced for coverage.

    It runs its programs as processes, which coverage does not see, and tracing doubles the time of all else.
    """
    for item in items:
        if item.path.is_relative_to(FOLDER / "provider"):
            item.add_marker(pytest.mark.provider)
        elif item.path.is_relative_to(FOLDER / "integration"):
            item.add_marker(pytest.mark.no_cover)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once for all skipped tests what they need."""
    reports = (report for report in terminalreporter.getreports("skipped") if isinstance(report.longrepr, tuple | list))
    reasons = (str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports)
    needs = Counter(reason for reason in reasons if reason.startswith(PREFIX))
    if needs:
        terminalreporter.section("not run on this computer")
        for reason, count in sorted(needs.items()):
            terminalreporter.line(f"{count} {'test' if count == 1 else 'tests'}: {reason}")
