"""Tables of fields and properties, and how they are read in both directions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from pacific_infra.documents.lowering.paths import (
    Values,
    attributes,
    field_at,
    meaning,
    owner_of,
    property_at,
    write,
)
from pacific_infra.documents.lowering.units import SAME, Apply, Unit, at_once
from pacific_infra.documents.model import Model
from pacific_infra.errors import PacificError


@dataclass(frozen=True)
class Field:
    """A field of the document, and the property of vCenter that says the same."""

    document: str
    """Path of the field, ``limits.cpu``."""
    property: str
    """Path of the property, ``resourceSpec.cpuLimit``."""
    unit: Unit = SAME
    absent: Any = None
    """The value that vCenter has no property for: the absence says it."""
    otherwise: str | None = None
    """Path of the field whose value counts where this one has none."""
    instead: Callable[[Any], Any] = lambda value: value
    """What counts in that case, by the other field's value; None: nothing."""


def same(*names: str) -> tuple[Field, ...]:
    """Fields that vCenter has under the same names, in the same form."""
    return tuple(Field(name, name) for name in names)


def within(property_path: str, fields: Iterable[Field]) -> tuple[Field, ...]:
    """``fields`` whose properties vCenter has in the object at ``property_path``."""
    return tuple(replace(entry, property=f"{property_path}.{entry.property}") for entry in fields)


@dataclass(frozen=True)
class Cases:
    """Fields of which one or the other is there, where vCenter has a word for which."""

    property: str
    """Path of the word."""
    fields: Mapping[str, Sequence[Field]]
    """By vCenter's word."""


Row: TypeAlias = Field | Cases


@dataclass(frozen=True, eq=False)
class Table:
    """The fields of one model of documents with vCenter's properties."""

    model: type[Model]
    rows: Sequence[Row]
    not_at_vcenter: Mapping[str, str] = field(default_factory=dict)
    """Fields that are no property of vCenter's, with the reason."""
    not_in_documents: Mapping[str, str] = field(default_factory=dict)
    """Properties that no field says, with the reason."""

    @property
    def fields(self) -> Iterator[Field]:
        """All rows of fields, those of cases included."""
        for row in self.rows:
            if isinstance(row, Field):
                yield row
            else:
                yield from (entry for fields in row.fields.values() for entry in fields)

    def lower(self, part: Model, apply: Apply = at_once) -> dict[str, Any]:
        """The properties that say what the fields of ``part``, an object of the model, say.

        Raises PacificError, in ``apply``, for a value that was not known when the model was checked and is of the wrong
        form.
        """
        properties: dict[str, Any] = {}
        for row in self.rows:
            if isinstance(row, Cases):
                word = next((word for word in row.fields if self._says_any(row.fields[word], part)), None)
                if word is None:
                    continue
                write(properties, row.property, word)
            for entry in _fields_of(row, properties):
                value = self._lowered(entry, part, apply)
                if value is not None:
                    write(properties, entry.property, value)
        return properties

    def lift(self, properties: Values) -> dict[str, Any]:
        """The fields that say what ``properties`` say."""
        values: dict[str, Any] = {}
        for row in self.rows:
            for entry in _fields_of(row, properties):
                self._lift(entry, properties, values)
        return values

    @staticmethod
    def _says_any(entries: Sequence[Field], part: Model) -> bool:
        return any(field_at(part, entry.document) is not None for entry in entries)

    def _lowered(self, entry: Field, part: Model, apply: Apply) -> Any:
        """What ``entry`` makes of ``part``; None: nothing."""
        model, name = owner_of(self.model, entry.document)
        value = field_at(part, entry.document)
        if value is None and entry.otherwise is not None:
            other = field_at(part, entry.otherwise)
            value = None if other is None else apply(other, entry.instead)
        elif value is not None:
            value = apply(value, lambda known: meaning(model, name, known))
        if value is None:
            return None
        return apply(value, lambda known: self._converted(entry, known, apply))

    @staticmethod
    def _converted(entry: Field, value: Any, apply: Apply) -> Any:
        if value in (None, entry.absent):
            return None
        try:
            return entry.unit.lower(value, apply)
        except PacificError as error:
            place = entry.document if error.place is None else error.place
            raise PacificError(error.problem, place=place, allowed=error.allowed) from None

    def _lift(self, entry: Field, properties: Values, values: dict[str, Any]) -> None:
        model, name = owner_of(self.model, entry.document)
        value = property_at(properties, entry.property)
        if value is not None:
            value = meaning(model, name, entry.unit.lift(value))
        elif model.model_fields[attributes(model)[name]].is_required():
            value = entry.absent
        if value is not None:
            write(values, entry.document, value)


@dataclass(frozen=True)
class Part:
    """An object that has a table of its own."""

    table: Table
    short: str | None = None
    """The field that may stand alone in place of the object."""

    def lower(self, value: Any, apply: Apply) -> Any:
        return self.table.lower(value, apply)

    def lift(self, value: Any) -> Any:
        values = self.table.lift(value)
        return values[self.short] if self.short and [*values] == [self.short] else values


def _fields_of(row: Row, properties: Values) -> Sequence[Field]:
    """The fields of ``row``; of cases, those of the word that ``properties`` have."""
    return [row] if isinstance(row, Field) else row.fields.get(str(property_at(properties, row.property)), [])
