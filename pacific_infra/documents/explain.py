"""What pydantic finds wrong with a document, in words: where, what, what is allowed and what to change."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from pacific_infra.documents.foreign_kinds import field_of_ours, unsupported_fix
from pacific_infra.documents.guess import nearest
from pacific_infra.documents.names import ALLOWED
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.source import Path, Source, dotted
from pacific_infra.errors import PacificError

_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
_JSON_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}
LONGEST_VALUE = 100
_GREAT_NUMBER = re.compile(r"[-+]?[0-9]{19,}")
"""A whole number that is greater than any that a field takes, also one that is infinite as floating point."""


@dataclass(frozen=True)
class Subject:
    """What is explained: a document, or a part of one that is written by itself."""

    kind: str
    """Kind of the document, or words for what else it is."""
    part: Path = ()
    """Where the part stands in the document; words leave it out."""
    model: type[BaseModel] | None = None
    """The model of what is no document."""

    def schemas_at(self, path: Path) -> list[dict[str, Any]]:
        """Every schema that the value at ``path`` may keep."""
        from pacific_infra.documents.kind_schemas import schemas_at  # noqa: PLC0415 - it imports what only errors need

        return schemas_at(self.kind, (*self.part, *path), self.model)

    def fields_at(self, path: Path) -> list[str]:
        """Names of the fields that the object at ``path`` may have."""
        return sorted({field for schema in self.schemas_at(path) for field in schema.get("properties", {})})

    def words_for(self, path: Path) -> str:
        """The field at ``path``; the whole where that is meant."""
        return dotted(path) or f"the {self.kind}"


def explain(errors: Sequence[ErrorDetails], subject: Subject, source: Source) -> Iterator[PacificError]:
    """One ``PacificError`` for each thing that is wrong with ``subject``; ``errors`` are pydantic's."""
    for details in without_miscounts(errors):
        path = path_of(details)
        for problem in _problems(details, subject, path):
            value = problem.value
            shown = _shortened(value) if not isinstance(value, dict | list | tuple) else None
            place = source.place((*path, *problem.path))
            if problem.file is not None and problem.line is not None:
                place = source.place_in(problem.file, problem.line)
            yield PacificError(problem.text, place=place, value=shown, allowed=problem.allowed, fix=problem.fix)


def without_miscounts(errors: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Errors without those of lists that are too short for pydantic, which counts only the items that are right."""
    return [
        details
        for details in errors
        if details["type"] != "too_short" or not any(_is_inside(other["loc"], details["loc"]) for other in errors)
    ]


def path_of(details: ErrorDetails) -> Path:
    """Where pydantic has found an error, without what it adds to the path."""
    return tuple(element for element in details["loc"] if not _is_tag(element))


def _is_inside(inner: Path, outer: Path) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _is_tag(element: str | int) -> bool:
    """Whether pydantic has added ``element``: the alternative of a union, or that a key is meant and not its value."""
    return isinstance(element, str) and (element == "[key]" or (element.startswith("<") and element.endswith(">")))


def _shortened(value: object) -> object:
    return f"{value[:LONGEST_VALUE]}..." if isinstance(value, str) and len(value) > LONGEST_VALUE else value


def _problems(details: ErrorDetails, subject: Subject, path: Path) -> Iterator[Problem]:
    context = details.get("ctx", {})
    if details["type"] == "pacific":
        for problem in context["problems"]:
            where = dotted((*path, *problem.path))
            line = "" if problem.line is None else f"line {problem.line}: "
            outside = f"{where}: " if where and problem.file is None else ""
            yield problem._replace(text=f"{outside}{line if problem.file is None else ''}{problem.text}")
    else:
        yield _problem(details["type"], context, details["input"], subject, path)


def _problem(error: str, context: dict[str, Any], value: object, subject: Subject, path: Path) -> Problem:
    where = subject.words_for(path)
    if error == "extra_forbidden":
        return _unknown_field(subject, path)
    if error == "missing":
        return Problem(f"{where} is missing", fix=_add(subject, path))
    if value is None:
        allowed = _type_of_field(subject, path) or _TYPES.get(error)
        return Problem(f"{where} is empty", allowed=allowed, fix="give it a value, or remove it")
    return _wrong_value(error, context, value, subject, path)


def _wrong_value(error: str, context: dict[str, Any], value: object, subject: Subject, path: Path) -> Problem:
    where = subject.words_for(path)
    if error == "literal_error":
        allowed = _enumeration(subject, path) or [context["expected"]]
        near = _nearest(str(value), allowed)
        return Problem(f"{where} has an unknown value", (), value, ", ".join(allowed), near and f"write {near}")
    if error == "string_pattern_mismatch":
        allowed_text = ALLOWED.get(context["pattern"], f"text that matches {context['pattern']}")
        return Problem(f"{where} has the wrong form", (), value, allowed_text)
    if error in ("model_type", "model_attributes_type"):
        return Problem(f"{where} is of the wrong type", (), value, *_object_wanted(value, subject, path))
    if error in ("int_type", "int_from_float") and _GREAT_NUMBER.fullmatch(str(value)):
        return Problem(f"{where} is out of range", (), value, _range(subject, path))
    if error in _TYPES:
        return Problem(f"{where} is of the wrong type", (), value, _TYPES[error], _unquoted(error, value))
    return _out_of_range(error, context, value, subject, path)


def _out_of_range(error: str, context: dict[str, Any], value: object, subject: Subject, path: Path) -> Problem:
    where = subject.words_for(path)
    if error in ("greater_than_equal", "less_than_equal"):
        return Problem(f"{where} is out of range", (), value, _range(subject, path))
    if error == "too_short":
        problem = f"{where} has too few items"
        return Problem(problem, (), context["actual_length"], f"{context['min_length']} or more")
    if error == "string_too_short":
        return Problem(f"{where} is too short", (), value, f"{context['min_length']} or more characters")
    if error == "string_too_long":
        return Problem(f"{where} is too long", (), value, f"{context['max_length']} characters or less")
    return Problem(f"{where} is wrong ({error.replace('_', ' ')})", (), value)


def _object_wanted(value: object, subject: Subject, path: Path) -> tuple[str, str | None]:
    """What is allowed in place of ``value``, and what to write where a name alone was given for an object with one."""
    schemas = subject.schemas_at(path)
    objects = [schema for schema in schemas if "properties" in schema]
    if len(objects) != 1:
        return "an object", None
    allowed = f"an object with {', '.join(sorted(objects[0]['properties']))}"
    if any(schema.get("type") == "string" for schema in schemas):
        return f"text, or {allowed}", None
    required = objects[0].get("required", [])
    alone = (
        path and len(required) == 1 and isinstance(value, str) and value.isprintable() and len(value) <= LONGEST_VALUE
    )
    if not alone:
        return allowed, None
    listed = any(schema.get("type") == "array" for schema in subject.schemas_at((*path, required[0])))
    return allowed, f"write {{{required[0]}: {f'[{value}]' if listed else value}}}"


def _unknown_field(subject: Subject, path: Path) -> Problem:
    if path == ("metadata", "namespace"):
        return Problem(f"a {subject.kind} is in no namespace", fix="remove metadata.namespace")
    from pacific_infra.documents.lowering import fields_for  # noqa: PLC0415 - as above

    parent, name = path[:-1], str(path[-1])
    fields = subject.fields_at(parent)
    near = " or ".join(fields_for(name, fields)) or field_of_ours(name, fields)
    templated = "podTemplate" in subject.fields_at(("spec",) if not subject.part else ())
    place = (*subject.part, *parent)
    unsupported = None if near else unsupported_fix(subject.kind, place, name, templated=templated)
    near = near or (None if unsupported else _nearest(name, fields))
    words = subject.kind.replace("External", "external ")
    article = "an" if words.startswith(tuple("aAEIOU")) else "a"
    holder = dotted(parent) or f"{article} {words}"
    if unsupported:
        return Problem(f"{holder} does not support this field of Kubernetes", (), name, ", ".join(fields), unsupported)
    fix = f"write {near}" if near else "remove it"
    return Problem(f"unknown field in {holder}", (), name, ", ".join(fields), fix)


def _nearest(name: str, names: list[str]) -> str | None:
    near = nearest(name, names)
    return near[0] if near else None


def _add(subject: Subject, path: Path) -> str:
    described = [schema["description"] for schema in subject.schemas_at(path) if "description" in schema]
    description = " ".join(described[0].split()) if described else ""
    return f"add {path[-1]}" + (f": {description}" if description else "")


def _enumeration(subject: Subject, path: Path) -> list[str]:
    allowed: list[str] = []
    for schema in subject.schemas_at(path):
        allowed += [str(value) for value in schema.get("enum", [schema["const"]] if "const" in schema else [])]
    return allowed


def _type_of_field(subject: Subject, path: Path) -> str | None:
    """What the field takes, where it is of one type."""
    types = {schema["type"] for schema in subject.schemas_at(path) if isinstance(schema.get("type"), str)}
    return _JSON_TYPES.get(types.pop()) if len(types) == 1 else None


def _range(subject: Subject, path: Path) -> str | None:
    for schema in subject.schemas_at(path):
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None and high is not None:
            return f"{low} to {high}"
        if low is not None:
            return f"{low} or more"
    return None


def _unquoted(error: str, value: object) -> str | None:
    if error == "string_type" and isinstance(value, bool):
        return f'write "{str(value).lower()}" in quotes'
    if error == "string_type" and isinstance(value, int | float):
        return f'write "{value}" in quotes'
    if error == "int_type" and isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
        return f"write {int(value)} without quotes"
    if error == "bool_type" and isinstance(value, str) and value.lower() in ("yes", "no", "on", "off", "true", "false"):
        return f"write {'true' if value.lower() in ('yes', 'on', 'true') else 'false'} without quotes"
    return None
