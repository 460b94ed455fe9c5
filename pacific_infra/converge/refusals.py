"""Reads what a Kubernetes API server says when it refuses an object: which field, whose limit, which webhook. Pure.

The same text comes from a dry run at plan and, in the engine's wrapping, from a run: it is read in one place.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["immutable", "invalid", "webhook", "quota", "conflict", "forbidden", "other"]
"""What sort of refusal it is."""

_WEBHOOK = re.compile(r'admission webhook "(?P<name>[^"]+)" denied the request(?:: (?P<text>.*))?', re.DOTALL)
_WEBHOOK_DOWN = re.compile(r'failed calling webhook "(?P<name>[^"]+)": (?P<text>.*)', re.DOTALL)
_QUOTA = re.compile(
    r"exceeded quota: (?P<quota>[^,]+), requested: (?P<asked>.*?), used: (?P<used>.*?), limited: (?P<limit>[^\n\]]*)"
)
_USER = re.compile(r'User "(?P<user>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"')
_INVALID = re.compile(r'(?:^|[\s:])(?P<kind>[A-Z]\w*)[\w.]* "(?P<name>[^"]*)" is invalid: (?P<text>.*)', re.DOTALL)
_FIELD = re.compile(
    r"(?P<field>[a-zA-Z][\w./-]*(?:\[[^\]]*\][\w./-]*)*|<nil>): "
    r"(?P<type>Invalid value|Forbidden|Required value|Duplicate value|Not found|Unsupported value|Too long|Too many"
    r"|Internal error)(?:: (?P<rest>.*))?",
    re.DOTALL,
)
_NEXT_FIELD = re.compile(
    r", (?=[a-zA-Z][\w./-]*(?:\[[^\]]*\][\w./-]*)*: (?:Invalid value|Forbidden|Required value|Duplicate value"
    r"|Not found|Unsupported value|Too long|Too many))"
)
_CONFLICT = re.compile(r'conflicts? with "(?P<manager>(?:[^"\\]|\\.)*)"[^:\n]*:(?P<fields>(?:\s*-?\s*\.[^\s,]+)+)')
_GO_VALUE = re.compile(r"^&?(?:\w+\.)?[A-Z]\w*\{.*\}: |^\{.*\}: |^map\[.*\]\w*(?:\{.*\})?: ", re.DOTALL)
_GO_DIFFERENCE = re.compile(r"\n\s*(?:@@|\w+\.\w+\{|[-+ ]*\u00a0| *\.\.\. //).*", re.DOTALL)
_OWN_FIX = re.compile(r"(?P<text>.*?)[:;] fix: (?P<fix>.*)", re.DOTALL)
"""A message that says what to do, as those of ``PacificError`` do."""
_IMMUTABLE = re.compile(
    r"immutable|may not change once set|cannot be changed|can not be changed|may not be changed"
    r"|not allowed to (?:be )?change|fields other than|updates to .* (?:are|is) forbidden|is not allowed to be updated",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FieldRefusal:
    """One field of an object and what is wrong with it."""

    field: str
    """Path in the object, such as ``spec.imageName``; empty where the server names none."""
    text: str
    """In the server's words."""
    manager: str = ""
    """The field manager that has set it, where that is the reason."""
    fix: str = ""
    """What to do, where the server says it."""

    @property
    def immutable(self) -> bool:
        """Whether the field is refused because it cannot change."""
        return _IMMUTABLE.search(self.text) is not None

    def __str__(self) -> str:
        return f"{self.field}: {self.text}" if self.field else self.text


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an API server does not take an object."""

    kind: Kind
    text: str
    """One clause."""
    fix: str
    fields: tuple[FieldRefusal, ...] = ()


def read_refusal(message: str) -> Refused:
    """What the text of a refusal says."""
    message = plain(message)
    for reader in (_quota, _conflict, _webhook, _invalid, _user):
        refused = reader(message)
        if refused is not None:
            return refused
    first = message.strip().splitlines()[0] if message.strip() else "no reason was given"
    return Refused("other", first, "read it together with the object: kubectl describe")


def plain(message: str) -> str:
    """``message`` without dumps of Go structures, which name every field of the object but the one that matters."""
    return _GO_DIFFERENCE.sub("", message).strip()


def conflict_refusal(conflicts: Sequence[tuple[str, str]]) -> Refused:
    """The refusal for fields that others own: path of the field and name of its field manager."""
    owned = ", ".join(f"{field} of {manager}" for field, manager in conflicts)
    return Refused(
        "conflict",
        f"others have set fields that the document sets: {owned}",
        "take these back with pacific up --refresh, or take them out of the document",
        tuple(FieldRefusal(field, f"set by {manager}", manager) for field, manager in conflicts),
    )


def _webhook(message: str) -> Refused | None:
    denied = _WEBHOOK.search(message)
    if denied is not None:
        text = (denied["text"] or "no reason was given").strip()
        fields = tuple(_fields(text))
        if fields and all(field.immutable for field in fields):
            return _immutable(fields)
        clause = "; ".join(map(str, fields)) or text.splitlines()[0]
        fix = "change what it names" if fields else "change what it asks for"
        return _refused("webhook", f"the admission webhook {denied['name']} denies it: {clause}", fix, fields)
    down = _WEBHOOK_DOWN.search(message)
    if down is None:
        return None
    text = f"the admission webhook {down['name']} does not answer: {down['text'].strip().splitlines()[0]}"
    return Refused("webhook", text, "have whoever runs the webhook bring it up, then run the same command again")


def _quota(message: str) -> Refused | None:
    match = _QUOTA.search(message)
    if match is None:
        return None
    numbers = f"asked for {match['asked'].strip()}, used {match['used'].strip()}, limit {match['limit'].strip()}"
    return Refused(
        "quota", f"it exceeds the quota {match['quota'].strip()}: {numbers}", "raise the limit or ask for less"
    )


def _conflict(message: str) -> Refused | None:
    conflicts = [
        (field.strip(" -,").lstrip("."), conflict["manager"])
        for conflict in _CONFLICT.finditer(message)
        for field in conflict["fields"].split()
        if field.strip(" -,")
    ]
    return conflict_refusal(conflicts) if conflicts else None


def _invalid(message: str) -> Refused | None:
    match = _INVALID.search(message)
    if match is None:
        return None
    fields = tuple(_fields(match["text"]))
    if fields and all(field.immutable for field in fields):
        return _immutable(fields)
    clause = "; ".join(map(str, fields)) or match["text"].strip().splitlines()[0]
    return _refused("invalid", f"it is not valid: {clause}", "change it", fields)


def _immutable(fields: tuple[FieldRefusal, ...]) -> Refused:
    names = ", ".join(field.field or "the object" for field in fields)
    details = "; ".join(dict.fromkeys(field.text for field in fields))
    return _refused("immutable", f"{names} cannot change once the object exists: {details}", "put it back", fields)


def _refused(kind: Kind, text: str, fix: str, fields: tuple[FieldRefusal, ...]) -> Refused:
    """The refusal with the fix that the server says; ``fix`` where it says none."""
    text, of_server = _text_and_fix(text)
    of_fields = "; ".join(dict.fromkeys(field.fix for field in fields if field.fix))
    return Refused(kind, text, of_fields or of_server or fix, fields)


def _text_and_fix(text: str) -> tuple[str, str]:
    match = _OWN_FIX.fullmatch(text)
    return (text, "") if match is None else (match["text"], match["fix"])


def _user(message: str) -> Refused | None:
    match = _USER.search(message)
    if match is None:
        return None
    text = f"{match['user']} may not {match['verb']} {match['resource']} there"
    return Refused("forbidden", text, "ask whoever owns the namespace for the role EDIT, or for that right")


def _fields(text: str) -> Iterator[FieldRefusal]:
    """The single refusals of ``a: Invalid value: 1: must be 2``, or of several in brackets."""
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    for part in _NEXT_FIELD.split(text):
        match = _FIELD.match(part.strip())
        if match is not None:
            detail = _GO_VALUE.sub("", (match["rest"] or "").strip()).strip() or match["type"].lower()
            detail, fix = _text_and_fix(detail.splitlines()[0])
            yield FieldRefusal("" if match["field"] == "<nil>" else match["field"], detail, fix=fix)
