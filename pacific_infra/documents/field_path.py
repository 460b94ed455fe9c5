"""Paths to fields of an object, such as ``status.addresses.0``, against the structural schema of its kind."""

from collections.abc import Mapping, Sequence

from pacific_infra.documents.guess import nearest
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.structural_schema import TYPE_WORDS, Schema, is_open


def field_problem(schema: Schema, path: Sequence[str]) -> Problem | None:
    """Why ``path`` leads to no text, number or truth value, as far as ``schema`` says.

    Items of a list are named by their places, from 0.
    """
    for index, name in enumerate(path):
        inner = _inner(schema, name)
        if inner is None:
            return None if is_open(schema) else _unknown(schema, path[:index], name)
        schema = inner
    whole = ".".join(path)
    if schema.get("type") == "array":
        return Problem(f"{whole} is a list", fix=f"name an item of it, such as {whole}.0")
    if schema.get("type") == "object" and not (is_open(schema) and not schema.get("properties")):
        names = ", ".join(f"{whole}.{name}" for name in sorted(schema.get("properties", {})))
        return Problem(f"{whole} is an object", allowed=names or None, fix="name a field of it")
    return None


def _inner(schema: Schema, name: str) -> Schema | None:
    fields: Mapping[str, Schema] = schema.get("properties", {})
    others, items = schema.get("additionalProperties"), schema.get("items")
    if name in fields:
        return fields[name]
    if isinstance(others, dict):
        return others
    return items if isinstance(items, dict) and name.isdecimal() else None


def _unknown(schema: Schema, before: Sequence[str], name: str) -> Problem:
    where = ".".join(before)
    if schema.get("type") == "array":
        return Problem(f"{where} is a list", fix=f"name an item of it, such as {where}.0")
    fields = schema.get("properties", {})
    if not fields and before:
        return Problem(f"{where} is {TYPE_WORDS.get(schema.get('type', ''), 'a value')} without fields")
    near = [".".join((*before, candidate)) for candidate in nearest(name, fields, 3)]
    allowed = near or [".".join((*before, field)) for field in sorted(fields)]
    return Problem("unknown field", allowed=", ".join(allowed), fix=f"write {near[0]}" if near else None)
