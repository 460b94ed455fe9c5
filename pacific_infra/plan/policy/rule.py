"""What a rule is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pacific_infra.documents import Document, Estate
from pacific_infra.documents.document import D
from pacific_infra.documents.source import Path

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a document does not keep a rule."""

    path: Path
    """Where, such as ``("spec", "containers", 0, "image")``."""
    value: object
    """What is there; None where something is missing."""
    problem: str
    """What is wrong with it, in one clause."""
    fix: str
    """What to write."""


Check: TypeAlias = Callable[[Document, Estate], Iterable[Violation]]
"""Called with each document of the estate; yields where that document breaks the rule. Changes nothing."""


def only_for(model: type[D], check: Callable[[D, Estate], Iterable[Violation]]) -> Check:
    """A check of documents of one class, such as ``Namespace``; others do not break the rule."""
    return lambda document, estate: check(document, estate) if isinstance(document, model) else ()


@dataclass(frozen=True)
class Rule:
    """One rule of a pack."""

    id: str
    """Short and unique, such as ``image-tag``; exceptions name it."""
    severity: Severity
    title: str
    """What is to be kept, in one clause."""
    reason: str
    """Why."""
    check: Check
