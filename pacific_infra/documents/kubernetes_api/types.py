"""Checks values against the types of Kubernetes' own API and of VM Operator's VirtualMachine, without a cluster.
``types.json`` and ``vm_operator.json`` are made by ``generate``.

In whole objects fields that are not known are left to the server, which may be newer. In the parts of documents that
take values in Kubernetes' own spelling they are refused.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pacific_infra.documents.guess import nearest
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.quantity import parse_quantity
from pacific_infra.documents.source import Path as FieldPath
from pacific_infra.documents.unknown import Unknown

FILE = Path(__file__).parent / "types.json"
VM_OPERATOR_FILE = Path(__file__).parent / "vm_operator.json"
MARKS = "[{?"
"""Signs before a type: a list of it, a map of it, it or true or false."""
DIRECTIVE = "$patch"
"""In an object of a strategic merge: ``delete`` or ``replace``."""
METADATA = "apimachinery.pkg.apis.meta.v1.ObjectMeta"
_TYPES: Mapping[str, tuple[tuple[type, ...], str]] = {
    "text": ((str,), "text"),
    "integer": ((int,), "a whole number"),
    "number": ((int, float), "a number"),
    "boolean": ((bool,), "true or false"),
    "quantity": ((str, int, float), "a quantity such as 250m or 1Gi"),
    "port": ((str, int), "a whole number or text"),
}
TRUE_WORDS = {"y": "true", "yes": "true", "on": "true", "true": "true"}
FALSE_WORDS = {"n": "false", "no": "false", "off": "false", "false": "false"}


class _Tables(NamedTuple):
    """The content of ``types.json``; ``generate.types_of`` says what it means."""

    kinds: Mapping[str, str]
    types: Mapping[str, Mapping[str, str]]
    required: Mapping[str, Sequence[str]]
    merge_keys: Mapping[str, Mapping[str, str]]


@cache
def _tables() -> _Tables:
    content, more = (json.loads(file.read_text(encoding="utf-8")) for file in (FILE, VM_OPERATOR_FILE))
    both = {part: {**content[part], **more.get(part, {})} for part in content}
    return _Tables(both["kinds"], both["types"], both["required"], both["mergeKeys"])


def fields_of(name: str) -> frozenset[str]:
    """Names of the fields of a type, such as ``api.core.v1.PodSpec``."""
    return frozenset(_tables().types.get(name, {}))


def type_of_field(name: str, field: str) -> str:
    """The type of a field of the type ``name``, with marks before it; of what has no fields of its own, of its items.

    ``any`` where nothing is known of it.
    """
    return name[1:] if name[:1] in ("[", "{") else _tables().types.get(name, {}).get(field, "any")


def merge_key(name: str, field: str) -> str | None:
    """The field that tells the items of a list apart, by which a strategic merge takes them; None: it is replaced.

    With ``=`` before it, an item takes the place of the one with the same key, and is not merged into it.
    """
    return _tables().merge_keys.get(name, {}).get(field)


def value_problems(value: Any, name: str, *, part: bool = False) -> Iterator[Problem]:
    """Every place in ``value`` that is not of the type ``name``, such as ``api.core.v1.Affinity``.

    Unknown fields and missing required ones count. ``part``: ``value`` is merged into another one, which has the
    required fields; then only items of lists without their merge key are incomplete.
    """
    yield from _problems(value, name, ())
    yield from _field_problems(value, name, (), part=part)


def _field_problems(value: Any, name: str, path: FieldPath, *, part: bool) -> Iterator[Problem]:
    if isinstance(value, list) and name.startswith("["):
        for index, item in enumerate(value):
            yield from _field_problems(item, name[1:], (*path, index), part=part)
    elif isinstance(value, dict) and name.startswith("{"):
        for key, item in value.items():
            yield from _field_problems(item, name[1:], (*path, key), part=part)
    elif isinstance(value, dict) and name in _tables().types:
        yield from _object_problems(value, name, path, part=part)


def _object_problems(value: Mapping[str, Any], name: str, path: FieldPath, *, part: bool) -> Iterator[Problem]:
    fields = _tables().types[name]
    if not part:
        for field in _tables().required.get(name, ()):
            if value.get(field) is None:
                yield Problem(f"{field} is missing", path, fix=f"add {field}")
    for field, held in value.items():
        if field not in fields:
            if not (part and field == DIRECTIVE):
                near = nearest(str(field), fields)
                fix = f"write {near[0]}" if near else "remove it"
                yield Problem(f"{short_name(name)} has no such field", (*path, field), field, _listed(fields), fix)
            continue
        key = merge_key(name, field) if part else None
        for index, item in enumerate(held if isinstance(held, list) and key is not None else ()):
            if key is not None and isinstance(item, dict) and key.lstrip("=") not in item:
                missing = key.lstrip("=")
                problem = f"{missing} is missing, by which items are merged"
                yield Problem(problem, (*path, field, index), fix=f"add {missing}")
        yield from _field_problems(held, fields[field], (*path, field), part=part)


def short_name(name: str) -> str:
    """``PodSpec`` of ``api.core.v1.PodSpec``."""
    return name.rpartition(".")[2]


def _listed(fields: Mapping[str, str]) -> str:
    return ", ".join(fields)


def is_own_kind(api_version: str, kind: str) -> bool:
    """Whether Kubernetes itself serves this kind."""
    return f"{api_version}/{kind}" in _tables().kinds


def type_problems(manifest: Mapping[str, Any]) -> Iterator[Problem]:
    """Every place in ``manifest`` that is not of its type; of a kind that is not known, its metadata alone."""
    name = _tables().kinds.get(f"{manifest.get('apiVersion')}/{manifest.get('kind')}")
    if name is None:
        yield from _problems(manifest.get("metadata"), METADATA, ("metadata",))
    else:
        yield from _problems(manifest, name, ())


def _problems(value: Any, name: str, path: FieldPath) -> Iterator[Problem]:
    if value is None or name == "any" or isinstance(value, Unknown):
        return  # the server takes null for absent
    if name in _TYPES:
        if not _is_of(value, name):
            yield _wrong(value, path, _TYPES[name][1])
    elif name.startswith("?"):
        if not isinstance(value, bool):
            yield from _problems(value, name[1:], path)
    elif not isinstance(value, list if name.startswith("[") else dict):
        yield _wrong(value, path, "a list" if name.startswith("[") else "an object")
    else:
        fields = None if name[0] in MARKS else _tables().types[name]
        for key, held in enumerate(value) if isinstance(value, list) else value.items():
            of_item = name[1:] if fields is None else fields.get(str(key), "any")
            yield from _problems(held, of_item, (*path, key))


def _is_quantity(text: str) -> bool:
    try:
        parse_quantity(text.removeprefix("-"))
    except ValueError:
        return False
    return True


def _is_of(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "quantity":
        return isinstance(value, int | float | str) and _is_quantity(str(value))
    whole = name in ("integer", "port") and isinstance(value, float) and value.is_integer()
    return whole or isinstance(value, _TYPES[name][0])


def _wrong(value: Any, path: FieldPath, allowed: str) -> Problem:
    shown = "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else value
    return Problem("is of the wrong type", path, shown, allowed, _fix(value, allowed))


def _fix(value: Any, allowed: str) -> str | None:
    if allowed == "text" and isinstance(value, bool | int | float):
        return f'write "{str(value).lower() if isinstance(value, bool) else value}" in quotes'
    if allowed == "true or false" and isinstance(value, str):
        word = {**TRUE_WORDS, **FALSE_WORDS}.get(value.lower())
        return f"write {word} without quotes" if word else None
    return None
