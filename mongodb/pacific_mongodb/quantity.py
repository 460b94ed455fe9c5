"""Kubernetes quantities, such as 10Gi."""

import re
from decimal import Decimal

_PATTERN = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:([KMGTPE]i|[numkMGTPE])|[eE]([+-]?[0-9]+))?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def parse_quantity(text: str) -> Decimal:
    """The number. Raises ValueError for what is no quantity above or equal to 0."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ValueError(f"not a quantity: {text!r}")
    number, suffix, exponent = match.groups()
    if suffix in _BINARY:
        return Decimal(number) * Decimal(1024 ** int(_BINARY[suffix]))
    return Decimal(number).scaleb(_DECIMAL.get(suffix, int(exponent or 0)))
