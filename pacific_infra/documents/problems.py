"""How a rule of a model says what is wrong, so that the reader of the file can add the place."""

from collections.abc import Sequence
from typing import NamedTuple

from pydantic_core import PydanticCustomError

from pacific_infra.documents.source import Path


class Problem(NamedTuple):
    """One thing wrong in a document; ``path`` is relative to the model or field that found it."""

    what: str
    path: Path = ()
    value: object = None
    allowed: str | None = None
    fix: str | None = None


def problems_error(*problems: Problem) -> PydanticCustomError:
    """The error that carries ``problems`` through pydantic to the reader of the file."""
    text = "; ".join(problem.what for problem in problems)
    return PydanticCustomError("pacific", "{text}", {"text": text, "problems": problems})


def raise_problems(problems: Sequence[Problem]) -> None:
    """Raise what was found, if anything."""
    if problems:
        raise problems_error(*problems)
