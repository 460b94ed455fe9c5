"""What holds for all tests."""

from collections import Counter
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.support")

from tests.support.needs import PREFIX  # noqa: E402 - what is imported before is not rewritten

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test in tests/provider has the marker ``provider``."""
    for item in items:
        if item.path.is_relative_to(FOLDER / "provider"):
            item.add_marker(pytest.mark.provider)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once for all skipped tests what they need."""
    reports = (report for report in terminalreporter.getreports("skipped") if isinstance(report.longrepr, tuple | list))
    reasons = (str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports)
    needs = Counter(reason for reason in reasons if reason.startswith(PREFIX))
    if needs:
        terminalreporter.section("not run on this computer")
        for reason, count in sorted(needs.items()):
            terminalreporter.line(f"{count} {'test' if count == 1 else 'tests'}: {reason}")
