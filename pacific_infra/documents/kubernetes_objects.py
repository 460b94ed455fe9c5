"""Kubernetes objects that a document names or holds: what is read of them, what is left out and what is wrong."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pacific_infra.documents.files import MAXIMUM_CONFIG_MAP_SIZE
from pacific_infra.documents.kubernetes_api import type_problems
from pacific_infra.documents.kubernetes_yaml import expanded, read_kubernetes_yaml
from pacific_infra.documents.numbers import EXACT_NUMBERS, QUOTE_IF_TEXT, inexact_numbers
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.source import Path, Positions, dotted
from pacific_infra.documents.text import TextSource
from pacific_infra.documents.yaml_reader import TextError, read_positions

SERVER_METADATA = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
"""Fields of an object's metadata that the server writes."""
SERVER_ANNOTATIONS = ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration")
"""Annotations that controllers and kubectl write."""
MAXIMUM_OBJECT_SIZE = 1024**2 * 3 // 2
"""Bytes of one object: what etcd takes in one request."""
_ARBITRARY = ("default", "enum", "example")
"""Fields of a schema that hold values of any form, also null."""


@dataclass(frozen=True, eq=False)
class _Excerpt:
    """The YAML document that objects stand in."""

    text: str
    line: int

    @cached_property
    def positions(self) -> Positions:
        """The lines of its fields."""
        try:
            return read_positions(self.text, self.line)
        except (TextError, RecursionError):
            return Positions(self.line)


@dataclass(frozen=True, eq=False)
class ReadObject:
    """One object without what the server writes."""

    value: Any
    """Its fields; anything where it is not an object."""
    excerpt: _Excerpt
    path: Path
    """Where it stands in its YAML document."""
    left_out: tuple[Path, ...]
    """What the server writes and is not empty, by its path in the object."""

    def line_of(self, path: Path = ()) -> int:
        """Line of the field at ``path``, from 1."""
        return self.excerpt.positions.line_of((*self.path, *path))

    @property
    def text(self) -> str:
        """Kind and name."""
        return f"{self.value['kind']} {self.value['metadata']['name']}"


def read_objects(text: str) -> list[ReadObject]:
    """The objects of ``text`` in its order, lists taken apart. Raises ``TextError``."""
    objects = []
    for raw in read_kubernetes_yaml(text):
        excerpt = _Excerpt(text.removeprefix("\ufeff")[raw.start : raw.end], raw.line)
        for value, path in expanded(raw.value):
            left_out: list[Path] = []
            objects.append(ReadObject(_written(value, left_out), excerpt, path, tuple(left_out)))
    return objects


def reading_problem(error: TextError, field: Path, source: TextSource) -> Problem:
    """Why the text at ``field`` cannot be read, at the line that is wrong."""
    return Problem(error.problem, field, error.value, fix=error.fix, file=source.file, line=error.line)


def object_problems(read: ReadObject, field: Path, source: TextSource) -> Iterator[Problem]:
    """What is wrong with one object of the text at ``field``."""
    missing = _missing(read.value)
    if missing is not None:
        refusal = f"the manifest has no {missing}"
        allowed = "apiVersion, kind and metadata.name in each, all text"
        yield Problem(
            refusal, field, None, allowed, file=source.file, line=read.line_of(_known_path(read.value, missing))
        )
        return
    for problem in _problems(read.value):
        text = f"{read.text}: {dotted(problem.path)} {problem.text}".replace("  ", " ")
        line = read.line_of(problem.path)
        yield problem._replace(text=text, path=field, file=source.file, line=line)


def without_nulls(value: Any) -> Any:
    """``value`` without fields that are null: the server takes them for absent."""
    if isinstance(value, dict):
        return {
            name: held if name in _ARBITRARY else without_nulls(held)
            for name, held in value.items()
            if held is not None or name in _ARBITRARY
        }
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def _problems(value: Mapping[str, Any]) -> Iterator[Problem]:
    yield from type_problems(value)
    for path, number in inexact_numbers(value):
        yield Problem("would be changed on its way", path, number, EXACT_NUMBERS, QUOTE_IF_TEXT)
    if value["kind"] in ("ConfigMap", "Secret"):
        yield from _data_problems(value)
    size = len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace"))
    if size > MAXIMUM_OBJECT_SIZE:
        allowed = f"{MAXIMUM_OBJECT_SIZE} bytes or less as JSON, which is what etcd takes"
        yield Problem("is too large", (), f"{size} bytes", allowed)


def _data_problems(value: Mapping[str, Any]) -> Iterator[Problem]:
    texts = [
        text
        for field in ("data", "binaryData", "stringData")
        if isinstance(value.get(field), dict)
        for text in value[field].values()
        if isinstance(text, str)
    ]
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    if size > MAXIMUM_CONFIG_MAP_SIZE:
        problem = "is too large, all keys together"
        yield Problem(problem, ("data",), f"{size} bytes", f"{MAXIMUM_CONFIG_MAP_SIZE} bytes or less")


def _written(value: Any, left_out: list[Path]) -> Any:
    """``value`` without what the server writes; what of it is not empty is added to ``left_out``."""
    if not isinstance(value, dict):
        return value
    kept = _kept(value, ("status",), (), left_out)
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        kept["metadata"] = metadata = _kept(metadata, SERVER_METADATA, ("metadata",), left_out)
        if isinstance(metadata.get("annotations"), dict):
            path = ("metadata", "annotations")
            metadata["annotations"] = _kept(metadata["annotations"], SERVER_ANNOTATIONS, path, left_out)
    return kept


def _kept(value: dict[str, Any], names: tuple[str, ...], path: Path, left_out: list[Path]) -> dict[str, Any]:
    left_out += [(*path, name) for name in names if not _empty(value.get(name))]
    return {name: held for name, held in value.items() if name not in names}


def _empty(value: Any) -> bool:
    """Whether ``value`` says nothing, as the status that generators of definitions write."""
    if isinstance(value, dict):
        return all(_empty(held) for held in value.values())
    return value is None or value in ("", [])


def _missing(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "apiVersion"
    for field in ("apiVersion", "kind"):
        if not isinstance(value.get(field), str) or not value[field]:
            return field
    metadata = value.get("metadata")
    for field in ("name", "namespace"):
        text = metadata.get(field) if isinstance(metadata, dict) else None
        if not (isinstance(text, str) and text) and not (field == "namespace" and text is None):
            return f"metadata.{field}"
    return None


def _known_path(value: Any, missing: str) -> Path:
    return tuple(missing.split(".")) if isinstance(value, dict) else ()
