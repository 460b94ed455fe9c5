"""What holds for all tests."""

from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.support")
FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test in tests/provider has the marker ``provider``."""
    for item in items:
        if item.path.is_relative_to(FOLDER / "provider"):
            item.add_marker(pytest.mark.provider)
