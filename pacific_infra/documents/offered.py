"""What documents name that no document need make: a vCenter or a Supervisor has it. Pure.

Sections are those of ``pacific discover`` (pacific_infra.vcenter.offers); the types of fields say them
(pacific_infra.documents.names).
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pacific_infra.documents.marks import Offered
from pacific_infra.documents.source import Path


class Offering(NamedTuple):
    """One thing that documents can name."""

    section: str
    name: str
    within: str = ""
    """The Supervisor Service that a version is of."""


class NamedOffering(NamedTuple):
    """What a document names, and where."""

    offering: Offering
    path: Path


class OfferedField(NamedTuple):
    """A field of a model."""

    attribute: str
    spelling: str
    """Its name in documents."""
    section: str | None
    """The section of what its text, or each text of its list, names; None: it names nothing."""


def names_in(part: BaseModel, path: Path = ()) -> Iterator[NamedOffering]:
    """Every name in ``part``, an object of a document at ``path``."""
    for field in offered_fields(type(part)):
        yield from _names(getattr(part, field.attribute), field.section, (*path, field.spelling))


def _names(value: Any, section: str | None, path: Path) -> Iterator[NamedOffering]:
    if isinstance(value, BaseModel):
        yield from names_in(value, path)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _names(item, section, (*path, index))
    elif isinstance(value, str) and section is not None:
        yield NamedOffering(Offering(section, value), path)


@cache
def offered_fields(model: type[BaseModel]) -> tuple[OfferedField, ...]:
    """The fields of ``model`` in its order."""
    return tuple(
        OfferedField(name, info.serialization_alias or info.alias or name, _section(info))
        for name, info in model.model_fields.items()
    )


def _section(info: FieldInfo) -> str | None:
    return next((mark.section for mark in (*_marks(info.metadata), *_marks_in(info.annotation))), None)


def _marks_in(annotation: Any) -> Iterator[Offered]:
    yield from _marks(getattr(annotation, "__metadata__", ()))
    for part in get_args(annotation):
        yield from _marks_in(part)


def _marks(metadata: Iterable[Any]) -> Iterator[Offered]:
    for item in metadata:
        if isinstance(item, Offered):
            yield item
        # A name alone, where the field takes objects with a name too.
        yield from _marks_in(getattr(item, "json_schema_input_type", None))
