"""Marks on fields of the models, ``Annotated[TYPE, MARK]``: how the components of a program take the field."""

from dataclasses import dataclass
from enum import Enum


class Mark(Enum):
    """What a mark says."""

    PLAIN = "plain"
    """The value decides which objects there are, or what they are called: it cannot be an output. Of an object, a list
    or a map this holds for the whole; what is in it may be an output where it is not marked itself."""
    DOCUMENT_ONLY = "document-only"
    """Names other documents, for which a program has its own means: components do not take it."""


@dataclass(frozen=True)
class InPrograms:
    """What a field is to a program, where its text speaks of what only documents can say."""

    text: str


PLAIN = Mark.PLAIN
DOCUMENT_ONLY = Mark.DOCUMENT_ONLY
