"""Quantities as the controller reads them."""

from decimal import Decimal

import pytest

from pacific_mongodb.quantity import parse_quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [("1Gi", 2**30), ("10G", 10**10), ("1500m", "1.5"), ("5", 5), ("1e3", 1000), ("1E", 10**18), ("0.5Ki", 512)],
)
def test_a_quantity_is_its_number(text: str, number: str | int) -> None:
    assert parse_quantity(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "Gi", "-1", "1 Gi", "1gi", "1e", "ten"])
def test_what_is_no_quantity_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        parse_quantity(text)
