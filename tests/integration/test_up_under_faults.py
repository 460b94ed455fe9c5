"""``pacific up`` on an empty sandbox two of whose parts are killed: it converges, and nothing is there twice.

Under faults of the APIs the first ``up`` of test_estate is.
"""

import pytest

from tests.faults.kill_parts import run

pytestmark = pytest.mark.sandbox


def test_two_killed_parts_do_not_keep_up_from_converging() -> None:
    (round_,) = run(times=1, seed=6, kills=2)
    assert round_.part.count(", ") == 1
    assert round_.problems == []
