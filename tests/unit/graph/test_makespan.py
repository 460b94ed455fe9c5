"""Longest way first comes within a tenth of the shortest time there is, which first come, first served does not."""

import pytest

from tests.benchmarks.makespan import FAMILIES, PARALLEL, measure

GOAL = 1.1


@pytest.mark.parametrize("family", FAMILIES)
def test_longest_way_first_is_within_a_tenth_of_the_bound(family: str) -> None:
    for parallel in PARALLEL:
        result = measure(family, parallel)
        assert 1.0 <= result["longest first"] <= GOAL
        assert result["longest first"] <= result["first come"]


def test_first_come_pays_for_the_chain_that_it_starts_last() -> None:
    assert measure("critical chain last", 16)["first come"] > GOAL
