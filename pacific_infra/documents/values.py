"""Values by stack: documents of kind Values, and ``${values.NAME}`` in others, which is replaced by what it names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from pacific_infra.documents.model import Model
from pacific_infra.documents.source import Path, Source
from pacific_infra.documents.substitution import NAME, Scope, Substitution, joined
from pacific_infra.errors import PacificError

ROOT = "values"
MARK = f"${{{ROOT}."
ValueName = Annotated[str, Field(pattern=f"^{NAME}$")]


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
                return f"{place} ({name} at {source.place((*start, *path[length:]))})"
        return place


class DefinedValues(Scope):
    """All values of a stack, those of overlays over those of documents, each with the place that says it."""

    def __init__(self) -> None:
        super().__init__((ROOT,), "value", {ROOT: {}})

    def define(self, name: str) -> str:
        return f"define {name} in a document of kind Values"

    def add(self, values: Values, source: Source, *, overlay: bool) -> Iterator[PacificError]:
        """Take in one document; one error for each value that another document has, unless this is an overlay's."""
        yield from self._merge(self.tree[ROOT], values.values, (ROOT,), source, overlay=overlay)

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
                    place=source.place(place),
                    value=joined(place[1:]),
                    fix=f"remove one of them, or move it to an overlay: the other is at {self.place(place)}",
                )
            else:
                # A copy: another document's values are merged into it.
                into[name] = _copied(value)
                for old in [origin for origin in self.origins if origin[: len(place)] == place]:
                    del self.origins[old]
                self.origins[place] = (source, place)

    def put_into(self, value: Any, source: Source, errors: list[PacificError]) -> tuple[Any, Source]:
        """``value`` with all that it names put in, and where its parts come from; what is wrong goes to ``errors``."""
        substitution = Substitution(self, source, errors)
        result = substitution.of(value)
        return result, ValuedSource(source.file, source.line, None, source, substitution.definitions)


def _copied(value: Any) -> Any:
    return {name: _copied(held) for name, held in value.items()} if isinstance(value, dict) else value
