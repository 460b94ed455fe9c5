"""Numbers of documents: each keeps its spelling until it is known whether a number or text is wanted.

Numbers travel to the API server as floating point of 64 bits (Pulumi's protocol); ``exact`` says which of them
arrive as written.
"""

import math
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema

from pacific_infra.documents.problems import Problem, problems_error
from pacific_infra.documents.source import Path

GREATEST_EXACT = 2**53 - 1
"""The greatest whole number up to which all are carried as written."""
EXACT_NUMBERS = f"whole numbers of {-GREATEST_EXACT} to {GREATEST_EXACT}, others of 15 digits from 1e-307 to 1e308"
"""In words, for messages."""
QUOTE_IF_TEXT = "write it in quotes if text is meant"
LONGEST_INTEGER = 300
"""Digits; a longer number is infinite as floating point."""
GREATEST_COUNT = 2**31 - 1
"""Kubernetes has whole numbers in 32 bits where it does not say otherwise."""

Count = Annotated[int, Field(ge=0, le=GREATEST_COUNT)]
PositiveCount = Annotated[int, Field(ge=1, le=GREATEST_COUNT)]
PERCENT = r"^([0-9]|[1-9][0-9]|100)%$"


def _count_or_percent(value: object) -> object:
    percent = isinstance(value, str) and re.fullmatch(PERCENT, value)
    if not percent and not (isinstance(value, int) and type(value) is not bool and 0 <= value <= GREATEST_COUNT):
        raise problems_error(Problem("not a number or a percentage", (), value, "a whole number, or 0% to 100%"))
    return value


CountOrPercent = Annotated[
    int | str,
    BeforeValidator(_count_or_percent),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": GREATEST_COUNT},
                {"type": "string", "pattern": PERCENT},
            ]
        }
    ),
]


class _Written:
    """A number that is spelled otherwise than Python spells it, such as 1.10; its text is the spelling."""

    text: str

    def __new__(cls, text: str, value: int | float | None = None) -> "_Written":
        number = super().__new__(cls, text if value is None else value)  # type: ignore[call-arg]
        number.text = text
        return number

    def __repr__(self) -> str:
        return self.text

    __str__ = __repr__

    def __getnewargs__(self) -> tuple[str, int | float]:
        return self.text, self.value

    @property
    def value(self) -> int | float:
        """The number alone."""
        raise NotImplementedError


class WrittenInteger(_Written, int):  # type: ignore[misc]
    """A whole number with its spelling, such as +5 or 9007199254740993."""

    @property
    def value(self) -> int:
        return int.__int__(self)


class WrittenFloat(_Written, float):  # type: ignore[misc]
    """A number with its spelling, such as 1.10 or 1e400 (which is infinite)."""

    @property
    def value(self) -> float:
        return float.__float__(self)


Number: TypeAlias = int | float


def integer(text: str) -> Number:
    """The whole number that ``text`` spells in decimal."""
    if len(text) > LONGEST_INTEGER:
        return WrittenFloat(text)
    number = int(text)
    plain = -GREATEST_EXACT <= number <= GREATEST_EXACT and str(number) == text
    return number if plain else WrittenInteger(text)


def floating(text: str) -> float:
    """The number that ``text`` spells in decimal, with a point or an exponent."""
    number = float(text)
    return number if repr(number) == text else WrittenFloat(text)


def decimal(number: WrittenFloat) -> Decimal:
    """The number that is written, without rounding. Raises InvalidOperation for one that has no such form."""
    return Decimal(number.text.replace("_", ""))


def exact(number: Number) -> bool:
    """Whether the API server gets the number that is written."""
    if isinstance(number, WrittenFloat):
        try:
            return math.isfinite(number) and decimal(number) == Decimal(repr(number.value))
        except InvalidOperation:
            return False
    return math.isfinite(number) if isinstance(number, float) else abs(number) <= GREATEST_EXACT


def inexact_numbers(value: Any, path: Path = ()) -> Iterator[tuple[Path, Number]]:
    """Each number in ``value`` that the API server would get as another one, and where it is."""
    if isinstance(value, dict):
        for key, held in value.items():
            yield from inexact_numbers(held, (*path, key))
    elif isinstance(value, list | tuple):
        for index, held in enumerate(value):
            yield from inexact_numbers(held, (*path, index))
    elif isinstance(value, int | float) and not exact(value):
        yield path, value
