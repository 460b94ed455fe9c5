from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacific_infra.documents.quantity import _memory_fix, mhz, mib, parse_frequency, parse_quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("250m", Decimal("0.25")),
        ("2", Decimal(2)),
        ("0.5", Decimal("0.5")),
        (".5", Decimal("0.5")),
        ("1e3", Decimal(1000)),
        ("1E3", Decimal(1000)),
        ("1E", Decimal(10**18)),
        ("64k", Decimal(64_000)),
        ("64Ki", Decimal(65_536)),
        ("1.5Gi", Decimal(1_610_612_736)),
        ("100n", Decimal("1e-7")),
    ],
)
def test_quantity(text: str, number: Decimal) -> None:
    assert parse_quantity(text) == number


@pytest.mark.parametrize(
    "text", ["", "Gi", "1 Gi", "1GiB", "1K", "-1", "1e", "1.2.3", "0x10", "1e999", "٣", "NaN", "1\n"]
)
def test_no_quantity(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its text is the quantity, which may be empty
        parse_quantity(text)


@pytest.mark.parametrize(("text", "expected"), [("40GHz", 40_000), ("1.5GHz", 1_500), ("500MHz", 500)])
def test_frequency(text: str, expected: int) -> None:
    assert mhz(text) == expected


@pytest.mark.parametrize("text", ["40", "40 GHz", "40ghz", "GHz", "-1GHz", "40Gi"])
def test_no_frequency(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        parse_frequency(text)


@pytest.mark.parametrize(("text", "expected"), [("64Gi", 65_536), ("1M", 1), ("64G", 61_036), ("1", 1), ("1Mi", 1)])
def test_mebibytes_are_rounded_up(text: str, expected: int) -> None:
    assert mib(text) == expected


@given(st.integers(min_value=0, max_value=10**9), st.sampled_from(["", "k", "M", "Ki", "Mi", "Gi"]))
def test_quantities_keep_their_order(number: int, suffix: str) -> None:
    assert parse_quantity(f"{number}{suffix}") < parse_quantity(f"{number + 1}{suffix}")


@pytest.mark.parametrize(
    ("text", "fix"),
    [("1gi", "write 1Gi"), ("2 GB", "write 2Gi"), ("1m", "write 1Mi"), ("1ei", "write 1Ei")]
    + [(text, None) for text in ("0Gi", "1e-1", "1e", "4GHz", "x", "1.2.3Gi", "0.0Mi")],
)
def test_a_fix_is_offered_only_where_it_is_one(text: str, fix: str | None) -> None:
    assert _memory_fix(text) == fix
