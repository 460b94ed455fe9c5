"""How a rule of a model says what is wrong, so that the reader of the file can add the place."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pydantic_core import PydanticCustomError

from pacific_infra.documents.source import Path


class Problem(NamedTuple):
    """One thing wrong in a document; ``path`` is relative to the model or field that found it."""

    text: str
    path: Path = ()
    value: object = None
    allowed: str | None = None
    fix: str | None = None
    file: str | None = None
    """The file that the field at ``path`` names, relative to the document, where the problem is in that file."""
    line: int | None = None
    """Line in that file, or in the text of the field where no file is named; from 1."""


def problems_error(*problems: Problem) -> PydanticCustomError:
    """The error that carries ``problems`` through pydantic to the reader of the file."""
    text = "; ".join(problem.text for problem in problems)
    return PydanticCustomError("pacific", "{text}", {"text": text, "problems": problems})


def raise_problems(problems: Sequence[Problem]) -> None:
    """Raise what was found, if anything."""
    if problems:
        raise problems_error(*problems)


def repeated(field: str, names: Sequence[str], rest: Path = ()) -> Iterator[Problem]:
    """One problem for each of ``names``, the items of ``field``, that was there before; ``rest`` leads to the name."""
    if len(set(names)) == len(names):
        return
    counts = Counter(names)
    for index, name in enumerate(names):
        if counts[name] > 1 and names.index(name) != index:
            yield Problem(f"{field} names this twice", (field, index, *rest), name, fix="remove one")
