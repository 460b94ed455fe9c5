"""What a rule is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from pacific_infra.documents import Document, Estate
from pacific_infra.documents.source import Path

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a document does not keep a rule."""

    path: Path
    """Where, such as ``("spec", "containers", 0, "image")``."""
    value: object
    """What is there; None where something is missing."""
    what: str
    """What is wrong with it, in one clause."""
    fix: str
    """What to write."""


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
    check: Callable[[Document, Estate], Iterable[Violation]]
    """Called with each document of the estate; yields where that document breaks the rule. Changes nothing."""
