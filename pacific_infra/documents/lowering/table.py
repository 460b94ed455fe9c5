"""Tables of fields and properties, and how they are read in both directions."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from pacific_infra.documents.addresses import Network
from pacific_infra.documents.lowering.paths import (
    Values,
    attributes,
    field_at,
    meaning,
    property_at,
    write,
)
from pacific_infra.documents.marks import DOCUMENT_ONLY, FIXED, NOT_AT_VCENTER, AtVCenter, VCenterMarks
from pacific_infra.documents.model import Model, Spec, named
from pacific_infra.documents.quantity import Frequency, Memory
from pacific_infra.documents.stack_secret import SecretTemplate, StackSecret
from pacific_infra.documents.text import TextSource
from pacific_infra.documents.units import CIDR, MHZ, MIB, SAME, Apply, ListOf, OnlyItem, Unit, at_once
from pacific_infra.errors import PacificError

_UNITS = ((Frequency, MHZ), (Memory, MIB), (Network, CIDR))
_TEXTS = (TextSource, StackSecret, SecretTemplate)
"""Models that say a text."""


@dataclass(frozen=True)
class Row:
    """A field of the document, and the property of vCenter that says the same: what ``AtVCenter`` says, resolved."""

    document: str
    """Path of the field, ``limits.cpu``."""
    property: str
    """Path of the property, ``resourceSpec.cpuLimit``."""
    unit: Unit
    mark: AtVCenter
    """The rest of what is said of the field, with paths from the object of the table."""
    info: FieldInfo
    """The field in its model."""
    is_fixed: bool
    """Whether it cannot change."""


@dataclass(frozen=True)
class Table:
    """The fields of one model of documents with vCenter's properties."""

    model: type[Model]

    @property
    def rows(self) -> tuple[Row, ...]:
        """Each field, and those of objects that vCenter has taken apart."""
        return _rows(self.model)

    def lower(self, part: Model, apply: Apply = at_once) -> dict[str, Any]:
        """The properties that say what the fields of ``part``, an object of the model, say.

        Raises PacificError, in ``apply``, for a value that was not known when the model was checked and is of the wrong
        form.
        """
        properties: dict[str, Any] = {}
        for row in self.rows:
            value = self._lowered(row, part, apply)
            if value is not None:
                if row.mark.word is not None:
                    write(properties, *row.mark.word)
                write(properties, row.property, value)
        return properties

    def lift(self, properties: Values) -> dict[str, Any]:
        """The fields that say what ``properties`` say."""
        values: dict[str, Any] = {}
        for row in self.rows:
            if row.mark.word is not None and property_at(properties, row.mark.word[0]) != row.mark.word[1]:
                continue
            value = property_at(properties, row.property)
            if value is not None:
                value = meaning(row.info, row.unit.lift(value))
            elif row.info.is_required():
                value = row.mark.absent
            if value is not None:
                write(values, row.document, value)
        return values

    def _lowered(self, row: Row, part: Model, apply: Apply) -> Any:
        """What ``row`` makes of ``part``; None: nothing."""
        value = field_at(part, row.document)
        if value is None and row.mark.otherwise is not None:
            other = field_at(part, row.mark.otherwise)
            value = None if other is None else apply(other, row.mark.instead)
        elif value is not None:
            value = apply(value, lambda known: meaning(row.info, known))
        if value is None:
            return None
        return apply(value, lambda known: self._converted(row, known, apply))

    @staticmethod
    def _converted(row: Row, value: Any, apply: Apply) -> Any:
        if value in (None, row.mark.absent):
            return None
        try:
            return row.unit.lower(value, apply)
        except PacificError as error:
            place = row.document if error.place is None else error.place
            raise PacificError(error.problem, place=place, allowed=error.allowed) from None


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


@cache
def _rows(model: type[Model]) -> tuple[Row, ...]:
    return tuple(_read_rows(model))


def _read_rows(model: type[Model]) -> Iterator[Row]:
    hints = get_type_hints(model, include_extras=True)
    inherited: VCenterMarks = model.at_vcenter if issubclass(model, Spec) else {}
    for name, attribute in attributes(model).items():
        metadata = hints[attribute].__metadata__ if get_origin(hints[attribute]) is Annotated else ()
        if DOCUMENT_ONLY in metadata:
            continue
        of_field = (mark for mark in metadata if mark is NOT_AT_VCENTER or isinstance(mark, AtVCenter))
        mark = inherited.get(name, next(of_field, AtVCenter()))
        if not isinstance(mark, AtVCenter):
            continue
        unit = _unit(hints[attribute], mark.unit)
        info = model.model_fields[attribute]
        is_apart = isinstance(info.default, Model) or mark.property == "" or mark.fields
        if is_apart and isinstance(unit, Part):
            yield from (_within(name, mark, row) for row in unit.table.rows)
        else:
            path = name if mark.property is None else mark.property
            yield Row(name, path, OnlyItem(unit) if mark.only_item else unit, mark, info, FIXED in metadata)


def _within(name: str, of_object: AtVCenter, row: Row) -> Row:
    """The ``row`` of an object's table as one of the table around. ``name``, ``of_object``: the object's field."""
    document, mark = f"{name}.{row.document}", of_object.fields.get(row.document)
    if mark is not None:
        return replace(row, document=document, property=str(mark.property), unit=mark.unit or row.unit, mark=mark)
    outer = name if of_object.property is None else of_object.property

    def inner_path(path: str) -> str:
        return f"{outer}.{path}" if outer else path

    word = None if row.mark.word is None else (inner_path(row.mark.word[0]), row.mark.word[1])
    otherwise = None if row.mark.otherwise is None else f"{name}.{row.mark.otherwise}"
    mark = replace(row.mark, word=word, otherwise=otherwise)
    return replace(row, document=document, property=inner_path(row.property), mark=mark)


def _unit(hint: Any, unit: Unit | None) -> Unit:
    """How vCenter has a value of the type ``hint``; ``unit`` is that of its single values, where the type says none."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        within = _unit(arguments[0], unit or _of_metadata(hint.__metadata__))
        by_name = any(isinstance(mark, BeforeValidator) and mark.func is named for mark in hint.__metadata__)
        return replace(within, short="name") if by_name and isinstance(within, Part) else within
    if origin in (Union, UnionType):
        return _unit(arguments[0], unit)
    if origin is tuple:
        item = _unit(arguments[0], unit)
        return item if item is SAME else ListOf(item)
    if unit is None and isinstance(hint, type) and issubclass(hint, Model) and not issubclass(hint, _TEXTS):
        return Part(Table(hint))
    return unit or SAME


def _of_metadata(metadata: tuple[Any, ...]) -> Unit | None:
    return next((unit for alias, unit in _UNITS if get_args(alias)[1] in metadata), None)
