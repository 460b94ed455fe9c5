"""Names in documents, such as ``${values.replicas}``, and what is put in their place.

A field that is such a name and nothing else takes the value with its type, also an object or a list; within a longer
text a text, number or truth value is put in. ``$${values.`` stands for itself. Nothing is executed, a value names no
other one, and the limits of documents hold for what comes out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from pacific_infra.documents.guess import nearest
from pacific_infra.documents.source import Path, Source
from pacific_infra.documents.yaml_reader import MAXIMUM_DEPTH, MAXIMUM_VALUES
from pacific_infra.errors import PacificError

MAXIMUM_INSERTED = 1024**2
"""Characters of all values put into texts of one document."""
NAME = r"[A-Za-z][A-Za-z0-9_-]{0,62}"
"""A part of a name."""


class Absent:
    """The value of a name that may be left out: a field that is the name alone is left out too."""


ABSENT: Final = Absent()


@dataclass
class Scope:
    """Values by name, each with the place that says it."""

    roots: tuple[str, ...]
    """With which names begin, such as ``values``."""
    noun: str
    """What such a value is called in messages."""
    tree: dict[str, Any] = field(default_factory=dict)
    """The values: objects by root, in which names with dots lead further."""
    origins: dict[Path, tuple[Source, Path]] = field(default_factory=dict)
    """Documents that say the values at a path of ``tree``, and where in them."""

    @property
    def uses(self) -> re.Pattern[str]:
        """Matches each use in a text: a sign that it stands for itself, the root and the rest of the name."""
        return _uses(self.roots)

    def define(self, name: str) -> str:
        """What to do for a value with this name to exist."""
        raise NotImplementedError

    def origin(self, path: Path) -> tuple[Source, Path]:
        """The document that says the value at ``path``, and where in it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                source, start = self.origins[path[:length]]
                return source, (*start, *path[length:])
        source, start = next(origin for known, origin in self.origins.items() if known[: len(path)] == path)
        return source, start

    def place(self, path: Path) -> str:
        """``file:line`` of the value at ``path``."""
        source, within = self.origin(path)
        return source.place(within)

    def names(self, root: str) -> list[str]:
        """What can be named after ``root``, dotted."""
        return [joined(path) for path in _paths(self.tree[root], ())]

    def is_named_in(self, text: str) -> bool:
        """Whether ``text`` may name a value."""
        return any(f"${{{root}." in text for root in self.roots)


@lru_cache
def _uses(roots: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(\$?)\$\{{({'|'.join(roots)})\.([^{{}}]*)\}}?")


def is_name(text: str) -> bool:
    """Whether ``text`` is a name, dotted where it leads into an object."""
    return re.fullmatch(rf"{NAME}(\.{NAME})*", text) is not None


@dataclass
class Substitution:
    """Puts values into one document. Errors name the use's place."""

    scope: Scope
    source: Source
    """Places of the document."""
    errors: list[PacificError]
    definitions: dict[Path, tuple[str, Source, Path]] = field(default_factory=dict)
    """Name, document and path of the value that was put in at a path."""
    count: int = 0
    inserted: int = 0

    def of(self, value: Any, path: Path = ()) -> Any:
        """``value``, which is at ``path`` of the document, with all that it names put in."""
        if isinstance(value, str):
            return self._text(value, path) if self.scope.is_named_in(value) else value
        if isinstance(value, dict):
            fields = {key: self.of(held, (*path, key)) for key, held in value.items()}
            return {key: held for key, held in fields.items() if held is not ABSENT}
        if isinstance(value, list):
            items = [self.of(held, (*path, index)) for index, held in enumerate(value)]
            return [held for held in items if held is not ABSENT]
        return value

    def _text(self, text: str, path: Path) -> Any:
        try:
            whole = self.scope.uses.fullmatch(text)
            if whole is not None and not whole[1]:
                return self._whole(whole, path)
            return self.scope.uses.sub(lambda match: self._part(match, path), text)
        except PacificError as error:
            self.errors.append(error)
            return text

    def _whole(self, match: re.Match[str], path: Path) -> Any:
        value = self._value(match, path)
        count, depth = _size(value)
        self.count += count
        if self.count > MAXIMUM_VALUES:
            raise self._error(f"the document has more than {MAXIMUM_VALUES} values, those put in counted", path, match)
        if len(path) + depth > MAXIMUM_DEPTH:
            raise self._error(f"the document is deeper than {MAXIMUM_DEPTH} levels", path, match)
        return value

    def _part(self, match: re.Match[str], path: Path) -> str:
        if match[1]:
            return match[0][1:]
        value = self._value(match, path)
        if isinstance(value, dict | list | Absent) or value is None:
            fix = "name a part of it, or make it the whole field"
            raise self._error("only a text, a number or a truth value goes into a text", path, match, fix=fix)
        # A number's text is its spelling (pacific_infra.documents.numbers).
        text = str(value).lower() if isinstance(value, bool) else str(value)
        self.inserted += len(text)
        if self.inserted > MAXIMUM_INSERTED:
            raise self._error(f"more than {MAXIMUM_INSERTED} characters are put into the document", path, match)
        return text

    def _value(self, match: re.Match[str], path: Path) -> Any:
        root, name, noun = match[2], match[3], self.scope.noun
        if not match[0].endswith("}") or not is_name(name):
            fix = f"write ${{{root}.NAME}}, or $${{ for the text itself"
            raise self._error(f"this names no {noun}", path, match, fix=fix)
        parts: Path = (root, *name.split("."))
        value: Any = self.scope.tree
        for part in parts:
            if value is ABSENT:
                break
            if not isinstance(value, dict) or part not in value:
                near = nearest(name, self.scope.names(root), 3) or None
                fix = self.scope.define(name)
                fix = f"write one of them, or {fix}" if near else fix
                raise self._error(f"the {noun} does not exist", path, match, allowed=near, fix=fix)
            value = value[part]
        value = present(value)
        self.definitions[path] = (f"{root}.{name}", *self.scope.origin(parts))
        if self._names_another(value):
            place = self.scope.place(parts)
            raise self._error(f"a {noun} names no other {noun}, as {name} at {place} does", path, match)
        return value

    def _names_another(self, value: Any) -> bool:
        if isinstance(value, dict):
            return any(self._names_another(held) for held in value.values())
        if isinstance(value, list):
            return any(self._names_another(held) for held in value)
        return isinstance(value, str) and self.scope.is_named_in(value)

    def _error(
        self,
        problem: str,
        path: Path,
        match: re.Match[str],
        *,
        allowed: list[str] | None = None,
        fix: str | None = None,
    ) -> PacificError:
        return PacificError(problem, place=self.source.place(path), value=match[0][:100], allowed=allowed, fix=fix)


def present(value: Any) -> Any:
    """``value`` without the fields that are absent."""
    if isinstance(value, dict):
        return {name: present(held) for name, held in value.items() if held is not ABSENT}
    return [present(held) for held in value] if isinstance(value, list) else value


def joined(path: Path) -> str:
    """``path`` as a name, dotted."""
    return ".".join(map(str, path))


def _paths(tree: Mapping[str, Any], path: Path) -> Iterator[Path]:
    for name, value in tree.items():
        yield (*path, name)
        if isinstance(value, dict):
            yield from _paths(value, (*path, name))


def _size(value: Any) -> tuple[int, int]:
    """How many values there are in it, and how many levels."""
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if held is None:
        return 1, 0
    sizes = [_size(item) for item in held]
    return 1 + sum(count for count, _ in sizes), 1 + max((depth for _, depth in sizes), default=0)
