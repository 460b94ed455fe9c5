"""Between MHz, MiB and Kubernetes' quantities."""

from decimal import Decimal

import pytest

from pacific_sandbox.supervisor.quantities import cores, mebibytes, megahertz, parse_quantity


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [("250m", "0.25"), ("1.5", "1.5"), (2, "2"), ("1e3", "1000"), ("1Ki", "1024"), ("2M", "2e6"), ("1E", "1e18")],
)
def test_parse_quantity(quantity: str | int, expected: str) -> None:
    assert parse_quantity(quantity) == Decimal(expected)


@pytest.mark.parametrize("quantity", ["", "Mi", "1Mb", "abc"])
def test_what_is_no_quantity_is_an_error(quantity: str) -> None:
    with pytest.raises((ArithmeticError, KeyError)):
        parse_quantity(quantity)


def test_a_core_has_2000_megahertz() -> None:
    assert (cores(200), cores(40000), cores(0), cores(10)) == ("100m", "20", "0", "5m")
    assert (megahertz("100m"), megahertz("20"), megahertz(2)) == (200, 40000, 4000)


def test_mebibytes_round_up() -> None:
    assert (mebibytes("1Gi"), mebibytes("1"), mebibytes("1M"), mebibytes(0)) == (1024, 1, 1, 0)
