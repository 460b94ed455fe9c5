"""Marks on fields of the models, ``Annotated[TYPE, MARK]``: how programs take the field, and what it is at vCenter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

from pacific_infra.documents.units import Unit


class Mark(Enum):
    """What a mark says."""

    PLAIN = "plain"
    """The value decides which objects there are, or what they are called: it cannot be an output. Of an object, a list
    or a map this holds for the whole; what is in it may be an output where it is not marked itself."""
    DOCUMENT_ONLY = "document-only"
    """Names other documents, for which a program has its own means: components do not take it, vCenter has no property
    for it."""
    FIXED = "fixed"
    """The property of vCenter cannot change: another value replaces the object. The provider refuses what only some
    versions of vCenter do not change."""
    NOT_AT_VCENTER = "not-at-vcenter"
    """vCenter's resource has no property for it."""


@dataclass(frozen=True)
class InPrograms:
    """What a field is to a program, where its text speaks of what only documents can say."""

    text: str


@dataclass(frozen=True)
class AtVCenter:
    """The property of vCenter that says what the field says.

    A field without this mark is the property of its own name, in the unit of its type.
    """

    property: str | None = None
    """Path of the property from the object around, ``resourceSpec.cpuLimit``; None: the field's name. Empty: what is in
    the field's object are properties of the object around."""
    unit: Unit | None = None
    """How vCenter has the value, or each item of a list; None: as the field's type says."""
    absent: Any = None
    """The value that vCenter has no property for: the absence says it."""
    otherwise: str | None = None
    """Path of the field whose value counts where this one has none, from the object around."""
    instead: Callable[[Any], Any] = lambda value: value
    """What counts in that case, by the other field's value; None: nothing."""
    word: tuple[str, str] | None = None
    """A property, and vCenter's word there that says that this field has the value, of several that exclude another."""
    only_item: bool = False
    """Whether vCenter has a list with the value and nothing else."""
    fields: Mapping[str, "AtVCenter"] = field(default_factory=dict)
    """For a field that is an object: the properties of its fields that are not those that its model says, with paths
    from the object around."""


@dataclass(frozen=True)
class Offered:
    """The value names what a vCenter or a Supervisor has."""

    section: str
    """Section of `pacific discover` that lists it."""


PLAIN = Mark.PLAIN
DOCUMENT_ONLY = Mark.DOCUMENT_ONLY
FIXED = Mark.FIXED
NOT_AT_VCENTER = Mark.NOT_AT_VCENTER
VCenterMarks: TypeAlias = Mapping[str, AtVCenter | Mark]
"""Marks by the documents' names of fields."""
