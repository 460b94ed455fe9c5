"""The tables of vCenter's kinds, and vCenter's words for the fields of documents."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

from pacific_infra.documents.document import Document
from pacific_infra.documents.kinds import KINDS, Kind
from pacific_infra.documents.lowering.paths import Values, property_names
from pacific_infra.documents.lowering.table import Part, Row, Table
from pacific_infra.documents.model import Spec
from pacific_infra.documents.units import Apply, ListOf, OnlyItem, Unit, at_once


def _spec(kind: Kind) -> type[Spec]:
    model: type[Spec] = getattr(import_module(f"pacific_infra.documents.{kind.module}"), f"{kind.name}Spec")
    return model


TABLES: Mapping[str, Table] = {name: Table(_spec(kind)) for name, kind in KINDS.items() if kind.resource}
"""By the document's kind, whose ``spec`` is the table's model."""


def lower(kind: str, name: str, spec: Spec, apply: Apply = at_once) -> dict[str, Any]:
    """The properties of the resource ``name`` of vCenter, from the ``spec`` of a document ``kind``.

    ``apply`` gives values of ``spec`` that are not known yet, lists, items and single values, to functions.
    """
    named = {"name": name} if spec.named_at_vcenter else {}
    return {**named, **TABLES[kind].lower(spec, apply)}


def lift(kind: str, properties: Values) -> dict[str, Any]:
    """The ``spec`` of a document ``kind``, from the properties of its resource of vCenter.

    Properties that no field says are left out.
    """
    return TABLES[kind].lift(properties)


def properties_of(document: Document) -> dict[str, Any]:
    """The properties of the resource that ``document`` becomes; secrets are as the document has them."""
    return lower(document.kind, document.name, document.spec)


def flat_rows(table: Table) -> Iterator[Row]:
    """Every row of ``table`` and of its objects, with paths: ``access[].user``, ``accessList[].subject``."""
    for row in table.rows:
        yield row
        marks, part = _part(row.unit)
        for inner in flat_rows(part) if part else ():
            document, path = f"{row.document}{marks[0]}.{inner.document}", f"{row.property}{marks[1]}.{inner.property}"
            yield replace(inner, document=document, property=path)


def _part(unit: Unit) -> tuple[tuple[str, str], Table | None]:
    """What marks a list in the field and in the property, and the table of the objects."""
    document = property_ = ""
    while isinstance(unit, ListOf | OnlyItem):
        document, property_ = document + "[]" * isinstance(unit, ListOf), property_ + "[]"
        unit = unit.unit
    return (document, property_), unit.table if isinstance(unit, Part) else None


def _tables_in(table: Table) -> Iterator[Table]:
    """``table``, and those of the objects in it."""
    yield table
    for entry in table.rows:
        _, part = _part(entry.unit)
        if part is not None:
            yield from _tables_in(part)


def fields_for(word: str, fields: Sequence[str]) -> list[str]:
    """Those of ``fields`` that say what vCenter calls ``word``, the nearest first; none where it has no such word."""
    return [name for name in _fields_by_word().get(word, ()) if name in fields]


@cache
def _fields_by_word() -> Mapping[str, Sequence[str]]:
    """The documents' names of the fields, by the names of the properties that they are, and of the objects around."""
    distances: dict[str, list[tuple[int, str]]] = {}
    for entry in (entry for table in TABLES.values() for part in _tables_in(table) for entry in part.rows):
        for distance, word in enumerate(reversed(property_names(entry.property))):
            distances.setdefault(word, []).extend((distance, name) for name in entry.document.split("."))
    return {
        word: list(dict.fromkeys(name for _, name in sorted(names, key=lambda pair: pair[0])))
        for word, names in distances.items()
    }
