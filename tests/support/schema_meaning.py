"""What a JSON Schema means, however it is written: for comparing two that a refactoring made differ in form."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Schema = dict[str, Any]
_ANNOTATIONS = frozenset({"default", "deprecated", "description", "examples"})
_IN_ORDER = frozenset({"default", "examples", "prefixItems"})
"""Keywords whose lists mean something by their order; all other lists are sets."""


def meaning(schema: Schema) -> Any:
    """The schema without names: definitions stand where they are used, lists that are sets are sorted, titles go.

    A definition within itself is the number of definitions that it is inside of, up to its own.
    """
    return _meaning({name: value for name, value in schema.items() if name != "$defs"}, schema.get("$defs", {}), ())


def differences(first: Any, second: Any) -> list[str]:
    """Each place at which two meanings differ, with both values."""
    left, right = dict(_leaves(first)), dict(_leaves(second))
    return [
        f"{place}: {left.get(place, 'nothing')} became {right.get(place, 'nothing')}"
        for place in sorted(left.keys() | right.keys())
        if left.get(place) != right.get(place)
    ]


def _meaning(value: Any, definitions: Mapping[str, Any], ancestors: tuple[str, ...], keyword: str = "") -> Any:
    if isinstance(value, list):
        items = [_meaning(item, definitions, ancestors) for item in value]
        return items if keyword in _IN_ORDER else sorted(items, key=_text)
    if not isinstance(value, dict):
        return value
    parts = {
        name: _meaning(part, definitions, ancestors, name)
        for name, part in value.items()
        if name != "$ref" and not (name == "title" and isinstance(part, str))
    }
    if "$ref" in value:
        parts = _both(_definition(value["$ref"], definitions, ancestors), parts)
    if len(parts.get("allOf", ())) == 1:
        (only,) = parts.pop("allOf")
        parts = _both(only, parts)
    return parts


def _definition(reference: str, definitions: Mapping[str, Any], ancestors: tuple[str, ...]) -> Schema:
    name = reference.removeprefix("#/$defs/")
    if name in ancestors:
        return {"$ref": len(ancestors) - ancestors.index(name)}
    expanded: Schema = _meaning(definitions[name], definitions, (*ancestors, name))
    return expanded


def _both(target: Schema, siblings: Schema) -> Schema:
    """A schema and what stands beside its name: notes replace those of the schema, and rules hold as well."""
    shared = target.keys() & siblings.keys() - _ANNOTATIONS
    if any(target[name] != siblings[name] for name in shared):
        return {"allOf": sorted([target, siblings], key=_text)}
    return target | siblings


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _leaves(value: Any, place: str = "schema") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from _leaves(part, f"{place}.{name}")
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{place}[{index}]")
    else:
        yield place, _text(value)
