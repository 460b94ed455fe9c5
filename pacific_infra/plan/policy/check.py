"""Goes through all documents with all rules, and sets aside what an exception allows for now."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from pacific_infra.documents import Document, Estate
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.plan.policy.rule import Rule, Severity, Violation

EXCEPTION_PREFIX = "policy.pacific.infra/"
"""Annotation ``policy.pacific.infra/RULE: "2027-01-31 why"`` on a document: until that day the rule does not count."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a document does not keep."""

    rule: Rule
    document: Document
    violation: Violation
    excepted_until: date | None = None
    exception_reason: str = ""

    @property
    def severity(self) -> Severity:
        """The severity of the rule."""
        return self.rule.severity

    @property
    def place(self) -> str:
        """``file:line`` of what breaks it."""
        return self.document.place(self.violation.path)

    @property
    def namespace(self) -> str | None:
        """The namespace that answers for it; None for a document without one."""
        return self.document.governing_namespace


def check_policy(estate: Estate, rules: Sequence[Rule], today: date) -> list[Finding]:
    """Every finding, by document and rule. Raises PacificErrors for invalid exceptions."""
    by_id = {rule.id: rule for rule in rules}
    errors: list[PacificError] = []
    findings: list[Finding] = []
    for document in estate:
        exceptions: dict[str, tuple[date, str]] = {}
        for name, text in _exception_texts(document):
            try:
                exceptions[name] = _exception(document, name, text, by_id)
            except PacificError as error:
                errors.append(error)
        findings += _findings(document, estate, rules, exceptions, today)
    if errors:
        raise PacificErrors(errors)
    return findings


def _findings(
    document: Document, estate: Estate, rules: Iterable[Rule], exceptions: dict[str, tuple[date, str]], today: date
) -> Iterator[Finding]:
    for rule in rules:
        until, reason = exceptions.get(rule.id, (None, ""))
        for violation in rule.check(document, estate):
            if until is not None and today <= until:
                yield Finding(rule, document, violation, until, reason)
            else:
                yield Finding(rule, document, violation)


def _exception_texts(document: Document) -> Iterator[tuple[str, str]]:
    for key, text in document.metadata.annotations.items():
        if key.startswith(EXCEPTION_PREFIX):
            yield key.removeprefix(EXCEPTION_PREFIX), text


def _exception(document: Document, name: str, text: str, rules: dict[str, Rule]) -> tuple[date, str]:
    place = document.place(("metadata", "annotations", f"{EXCEPTION_PREFIX}{name}"))
    if name not in rules:
        raise PacificError("the rule of this exception does not exist", place=place, value=name, allowed=sorted(rules))
    day, _, reason = text.strip().partition(" ")
    try:
        until = date.fromisoformat(day)
    except ValueError:
        until = None
    if until is None or not reason.strip():
        raise PacificError(
            "an exception says until when and why", place=place, value=text, allowed="such as '2027-01-31 ticket 4711'"
        )
    return until, reason.strip()
