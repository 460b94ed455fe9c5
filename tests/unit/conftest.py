"""What holds for the tests of tests/unit."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def _variables_of_pulumi_are_not_the_callers() -> Iterator[None]:
    """``./run`` exports the backend and the passphrase of its user; no unit test depends on them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PULUMI_")]:
            patch.delenv(name)
        yield
