"""Where a document was read, and the line of each of its fields."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import Any, TypeAlias

_UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a0-\uffff]")

Path: TypeAlias = tuple[str | int, ...]
"""The way to a field: names of objects, indices of lists."""


def printable(text: str) -> str:
    """``text`` with a question mark in place of each character that a terminal would act on."""
    return _UNPRINTABLE.sub("?", text)


@lru_cache(maxsize=4096)
def dotted(path: Path) -> str:
    """``spec.containers[0].name``."""
    text = "".join(f"[{element}]" if isinstance(element, int) else f".{element}" for element in path)
    return printable(text.removeprefix("."))


@dataclass(frozen=True, slots=True)
class Positions:
    """Lines of one value of a document and of what it holds; ``line`` counts from 1."""

    line: int
    fields: "dict[Any, Positions] | None" = None
    """For an object: its fields, each with the line of its name. For a list: its items, by index."""

    def line_of(self, path: Path) -> int:
        """Line of the part at ``path``; elements that are not there are passed over."""
        position = self
        for element in path:
            position = (position.fields or {}).get(element, position)
        return position.line


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The file and first line of a document. Lines of its fields are looked up only when somebody asks."""

    file: str
    line: int
    find_positions: Callable[[], Positions] | None = None

    def place(self, path: Path = ()) -> str:
        """``file:line`` of the field at ``path``."""
        if self.line == 0:
            return self.file
        if not path or self.find_positions is None:
            return f"{self.file}:{self.line}"
        return f"{self.file}:{self.find_positions().line_of(path)}"

    def place_in(self, file: str, line: int | None) -> str:
        """``file:line`` of a file that the document names."""
        path = PurePath(self.file).parent / file
        return str(path) if line is None else f"{path}:{line}"


PROGRAM = Source("<program>", 0)
"""The source of a document that Python code made."""
