"""Values by stack: documents of kind Values, and ``${values.NAME}`` in others, which is replaced by what it names.

A field that is ``${values.NAME}`` and nothing else takes the value with its type, also an object or a list; within a
longer text a text, number or truth value is put in. ``$${values.`` stands for itself. Nothing is executed, a value
names no other one, and the limits of documents hold for what comes out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from pacific_infra.documents.guess import nearest
from pacific_infra.documents.model import Model
from pacific_infra.documents.source import Path, Source
from pacific_infra.documents.yaml_reader import MAXIMUM_DEPTH, MAXIMUM_VALUES
from pacific_infra.errors import PacificError

MARK = "${values."
MAXIMUM_INSERTED = 1024**2
"""Characters of all values put into texts of one document."""
_USE = re.compile(r"(\$?)\$\{values\.([^{}]*)\}?")
_NAME = r"[A-Za-z][A-Za-z0-9_-]{0,62}"
ValueName = Annotated[str, Field(pattern=f"^{_NAME}$")]


class Values(Model):
    """Values that other documents name as ``${values.NAME}``; those of overlays come before those of documents."""

    api_version: Literal["pacific.infra/v1alpha1"]
    """Version of the document's form."""
    kind: Literal["Values"]
    """What the document is."""
    values: dict[ValueName, Any]
    """The values by name; a part of an object is named with a dot, as in ``${values.web.replicas}``."""


@dataclass(frozen=True, slots=True, eq=False)
class ValuedSource(Source):
    """Places of a document into which values were put: where each is used, and where it is defined."""

    base: Source | None = None
    definitions: Mapping[Path, tuple[str, Source, Path]] = field(default_factory=dict)
    """Name, document and path of the value that was put in at a path."""

    def place(self, path: Path = ()) -> str:
        place = Source.place(self, path) if self.base is None else self.base.place(path)
        for length in range(len(path), 0, -1):
            definition = self.definitions.get(path[:length])
            if definition is not None:
                name, source, start = definition
                return f"{place} (values.{name} at {source.place((*start, *path[length:]))})"
        return place


@dataclass
class DefinedValues:
    """All values of a stack, those of overlays over those of documents, each with the place that says it."""

    tree: dict[str, Any] = field(default_factory=dict)
    origins: dict[Path, tuple[Source, Path]] = field(default_factory=dict)

    def add(self, values: Values, source: Source, *, overlay: bool) -> Iterator[PacificError]:
        """Take in one document; one error for each value that another document has, unless this is an overlay's."""
        yield from self._merge(self.tree, values.values, (), source, overlay=overlay)

    def _merge(
        self, into: dict[str, Any], values: Mapping[str, Any], path: Path, source: Source, *, overlay: bool
    ) -> Iterator[PacificError]:
        for name, value in values.items():
            place = (*path, name)
            known = into.get(name)
            if isinstance(known, dict) and isinstance(value, dict):
                yield from self._merge(known, value, place, source, overlay=overlay)
            elif name in into and not overlay:
                yield PacificError(
                    "two documents define one value",
                    place=source.place(("values", *place)),
                    value=_dotted(place),
                    fix=f"remove one of them, or move it to an overlay: the other is at {self.place(place)}",
                )
            else:
                # A copy: another document's values are merged into it.
                into[name] = _copied(value)
                for old in [origin for origin in self.origins if origin[: len(place)] == place]:
                    del self.origins[old]
                self.origins[place] = (source, ("values", *place))

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

    def put_into(self, value: Any, source: Source, errors: list[PacificError]) -> tuple[Any, Source]:
        """``value`` with all that it names put in, and where its parts come from; what is wrong goes to ``errors``."""
        substitution = _Substitution(self, source, errors)
        result = substitution.of(value, ())
        return result, ValuedSource(source.file, source.line, None, source, substitution.definitions)

    def names(self) -> list[str]:
        """What can be named, dotted."""
        return [_dotted(path) for path in _paths(self.tree, ())]


@dataclass
class _Substitution:
    values: DefinedValues
    source: Source
    errors: list[PacificError]
    definitions: dict[Path, tuple[str, Source, Path]] = field(default_factory=dict)
    count: int = 0
    inserted: int = 0

    def of(self, value: Any, path: Path) -> Any:
        if isinstance(value, str):
            return self._text(value, path) if MARK in value else value
        if isinstance(value, dict):
            return {key: self.of(held, (*path, key)) for key, held in value.items()}
        if isinstance(value, list):
            return [self.of(held, (*path, index)) for index, held in enumerate(value)]
        return value

    def _text(self, text: str, path: Path) -> Any:
        try:
            whole = _USE.fullmatch(text)
            if whole is not None and not whole[1]:
                return self._whole(whole, path)
            return _USE.sub(lambda match: self._part(match, path), text)
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
        if isinstance(value, dict | list) or value is None:
            fix = "name a part of it, or make it the whole field"
            raise self._error("only a text, a number or a truth value goes into a text", path, match, fix=fix)
        # A number's text is its spelling (pacific_infra.documents.numbers).
        text = str(value).lower() if isinstance(value, bool) else str(value)
        self.inserted += len(text)
        if self.inserted > MAXIMUM_INSERTED:
            raise self._error(f"more than {MAXIMUM_INSERTED} characters are put into the document", path, match)
        return text

    def _value(self, match: re.Match[str], path: Path) -> Any:
        name = match[2]
        if not match[0].endswith("}") or not re.fullmatch(rf"{_NAME}(\.{_NAME})*", name):
            raise self._error(
                "this names no value", path, match, fix="write ${values.NAME}, or $${ for the text itself"
            )
        parts: Path = tuple(name.split("."))
        value: Any = self.values.tree
        for part in parts:
            if not isinstance(value, dict) or part not in value:
                near = nearest(name, self.values.names(), 3) or None
                fix = f"write one of them, or define {name} in a document of kind Values"
                raise self._error("the value does not exist", path, match, allowed=near, fix=fix if near else fix[22:])
            value = value[part]
        self.definitions[path] = (name, *self.values.origin(parts))
        if _names_another(value):
            place = self.values.place(parts)
            raise self._error(f"a value names no other value, as {name} at {place} does", path, match)
        return value

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


def _copied(value: Any) -> Any:
    return {name: _copied(held) for name, held in value.items()} if isinstance(value, dict) else value


def _dotted(path: Path) -> str:
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


def _names_another(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_names_another(held) for held in value.values())
    if isinstance(value, list):
        return any(_names_another(held) for held in value)
    return isinstance(value, str) and MARK in value
