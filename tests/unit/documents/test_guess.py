"""Only names that are really near are guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacific_infra.documents.guess import FARTHEST, distance, nearest
from pacific_infra.documents.kind_schemas import json_schema

FIELDS = sorted({field for schema in json_schema()["$defs"].values() for field in schema.get("properties", {})})
WORDS = st.text(alphabet="abcd", max_size=8)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("memry", ["memory"]),
        ("replica", ["replicas"]),
        ("target_port", ["targetPort"]),
        ("ENVIRONMENT", ["environment"]),
        ("contianers", ["containers"]),
        ("finalizers", []),
        ("preemptionPolicy", []),
        ("x", []),
        ("", []),
    ],
)
def test_guesses(name: str, meant: list[str]) -> None:
    assert nearest(name, FIELDS) == meant


@given(st.sampled_from(FIELDS), st.integers(0, 40), st.sampled_from("aeiou"))
def test_a_letter_too_much_is_seen_through(name: str, at: int, letter: str) -> None:
    assert name in nearest(name[:at] + letter + name[at:], FIELDS, most=9)


@given(WORDS, WORDS)
def test_distances_are_the_same_both_ways_and_bounded_by_the_length(item: str, other: str) -> None:
    far = distance(item, other, 99)
    assert far == distance(other, item, 99)
    assert abs(len(item) - len(other)) <= far <= max(len(item), len(other))
    assert (distance(item, other, FARTHEST) > FARTHEST) == (far > FARTHEST)
