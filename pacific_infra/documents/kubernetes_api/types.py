"""Checks an object of one of Kubernetes' own kinds against the types of its fields, without a cluster.

Fields that are not known are left to the server, which may be newer. ``types.json`` is made by ``generate``.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pacific_infra.documents.problems import Problem
from pacific_infra.documents.source import Path as FieldPath

FILE = Path(__file__).parent / "types.json"
MARKS = "[{?"
"""Signs before a type: a list of it, a map of it, it or true or false."""
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


@cache
def _tables() -> tuple[Mapping[str, str], Mapping[str, Mapping[str, str]]]:
    content = json.loads(FILE.read_text(encoding="utf-8"))
    return content["kinds"], content["types"]


def fields_of(name: str) -> frozenset[str]:
    """Names of the fields of a type, such as ``api.core.v1.PodSpec``."""
    return frozenset(_tables()[1].get(name, {}))


def type_problems(manifest: Mapping[str, Any]) -> Iterator[Problem]:
    """Every place in ``manifest`` that is not of its type; of a kind that is not known, its metadata alone."""
    kinds, _ = _tables()
    name = kinds.get(f"{manifest.get('apiVersion')}/{manifest.get('kind')}")
    if name is None:
        yield from _problems(manifest.get("metadata"), METADATA, ("metadata",))
    else:
        yield from _problems(manifest, name, ())


def _problems(value: Any, name: str, path: FieldPath) -> Iterator[Problem]:
    if value is None or name == "any":
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
        fields = None if name[0] in MARKS else _tables()[1][name]
        for key, held in enumerate(value) if isinstance(value, list) else value.items():
            of_item = name[1:] if fields is None else fields.get(str(key), "any")
            yield from _problems(held, of_item, (*path, key))


def _is_of(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
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
