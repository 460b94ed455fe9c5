"""Checks an object against the structural schema of a CustomResourceDefinition, without a cluster.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
CEL rules, formats, and what ``allOf``, ``anyOf``, ``oneOf`` and ``not`` say, are left to the server.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import re2

from pacific_infra.documents.guess import nearest
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.source import Path, printable
from pacific_infra.documents.stack_secret import SecretTemplate, SecretText

Schema = Mapping[str, Any]
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_INNER_MAPS = ("properties", "patternProperties", "definitions")
_INNER_LISTS = ("allOf", "anyOf", "oneOf")
_INNER = ("items", "additionalProperties", "not")
TYPE_WORDS = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def schema_problems(value: Any, schema: Schema, path: Path = ()) -> Iterator[Problem]:
    """Every place in ``value`` that ``schema`` does not allow; paths are relative to ``value``, after ``path``."""
    if value is None and schema.get("nullable"):
        return
    if isinstance(value, SecretText | SecretTemplate):
        if schema.get("type", "string") != "string" and not schema.get("x-kubernetes-int-or-string"):
            yield Problem("a secret is text", path, None, TYPE_WORDS.get(schema["type"]))
        yield from (problem._replace(path=(*path, *problem.path)) for problem in value.problems())
        return
    if schema.get("x-kubernetes-int-or-string"):
        if isinstance(value, bool) or not isinstance(value, int | str):
            yield Problem("is of the wrong type", path, _shown(value), "a whole number or text")
        return
    expected: str = schema.get("type", "")
    if expected in _TYPES and (
        not isinstance(value, _TYPES[expected]) or (type(value) is bool and expected != "boolean")
    ):
        yield Problem("is of the wrong type", path, _shown(value), TYPE_WORDS[expected])
        return
    if isinstance(value, dict):
        yield from _object_problems(value, schema, path)
    elif isinstance(value, list):
        yield from _list_problems(value, schema, path)
    else:
        yield from _scalar_problems(value, schema, path)


def pruned(value: Any, schema: Schema) -> Any:
    """``value`` as the server stores it: without nulls where ``schema`` takes none."""
    if isinstance(value, dict):
        return {
            name: pruned(item, _schema_of(name, schema) or {})
            for name, item in value.items()
            if not _pruned(name, item, schema)
        }
    items = schema.get("items")
    return (
        [pruned(item, items if isinstance(items, dict) else {}) for item in value] if isinstance(value, list) else value
    )


def _pruned(name: str, item: Any, schema: Schema) -> bool:
    known = _schema_of(name, schema)
    return item is None and known is not None and not known.get("nullable")


def _schema_of(name: str, schema: Schema) -> Schema | None:
    known = (schema.get("properties") or {}).get(name, schema.get("additionalProperties"))
    return known if isinstance(known, dict) else None


def pattern_problems(schema: Any, path: Path = ()) -> Iterator[tuple[Path, Problem]]:
    """Each pattern in ``schema`` that the server cannot compile, and where it is. Patterns are RE2's."""
    if not isinstance(schema, dict):
        return
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        try:
            compiled(pattern)
        except re2.error as error:
            reason = printable(error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0]))
            yield (*path, "pattern"), Problem(f"this is not a pattern of RE2: {reason}", value=pattern)
    for name in _INNER_MAPS:
        for field, inner in (schema.get(name) or {}).items():
            yield from pattern_problems(inner, (*path, name, field))
    for name in _INNER_LISTS:
        for index, inner in enumerate(schema.get(name) or ()):
            yield from pattern_problems(inner, (*path, name, index))
    for name in _INNER:
        yield from pattern_problems(schema.get(name), (*path, name))


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """A pattern of a schema, which takes time in proportion to the text. Raises ``re2.error``."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options=options)


def is_open(schema: Schema) -> bool:
    """Whether ``schema`` allows fields that it does not know."""
    fields, others = (schema.get("properties") or {}), schema.get("additionalProperties")
    return bool(
        schema.get("x-kubernetes-preserve-unknown-fields")
        or others is True
        or (schema.get("x-kubernetes-embedded-resource") and not fields)
    )


def _object_problems(value: dict[str, Any], schema: Schema, path: Path) -> Iterator[Problem]:
    fields: Mapping[str, Schema] = schema.get("properties") or {}
    others = schema.get("additionalProperties")
    kept = {name: item for name, item in value.items() if not _pruned(name, item, schema)}
    for name in schema.get("required") or ():
        if name not in kept and "default" not in fields.get(name, {}):
            yield Problem(f"{name} is missing", path, fix=f"add {name}")
    for name, item in kept.items():
        place = (*path, name)
        if name in fields:
            yield from schema_problems(item, fields[name], place)
        elif isinstance(others, dict):
            yield from schema_problems(item, others, place)
        elif not is_open(schema):
            near = nearest(name, fields)
            fix = f"write {near[0]}" if near else "remove it"
            yield Problem("unknown field", place, name, ", ".join(sorted(fields)) or "none", fix)


def _list_problems(value: list[Any], schema: Schema, path: Path) -> Iterator[Problem]:
    low, high = schema.get("minItems", 0), schema.get("maxItems", len(value))
    if not low <= len(value) <= high:
        yield Problem("has the wrong number of items", path, len(value), f"{low} to {high}")
    items = schema.get("items")
    if isinstance(items, dict):
        for index, item in enumerate(value):
            yield from schema_problems(item, items, (*path, index))


def _scalar_problems(value: Any, schema: Schema, path: Path) -> Iterator[Problem]:
    if "enum" in schema and value not in schema["enum"]:
        yield Problem("has an unknown value", path, value, ", ".join(map(str, schema["enum"])))
    if isinstance(value, str):
        yield from _text_problems(value, schema, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None and (value < low or (value == low and schema.get("exclusiveMinimum"))):
            yield Problem("is out of range", path, value, f"{low} or more")
        if high is not None and (value > high or (value == high and schema.get("exclusiveMaximum"))):
            yield Problem("is out of range", path, value, f"{high} or less")


def _text_problems(value: str, schema: Schema, path: Path) -> Iterator[Problem]:
    low, high = schema.get("minLength", 0), schema.get("maxLength", len(value))
    if not low <= len(value) <= high:
        yield Problem("has the wrong length", path, value, f"{low} to {high} characters")
    if "pattern" in schema and compiled(schema["pattern"]).search(value) is None:
        yield Problem("has the wrong form", path, value, f"text that matches {schema['pattern']}")


def _shown(value: Any) -> object:
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else value
