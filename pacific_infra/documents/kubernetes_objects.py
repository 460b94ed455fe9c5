"""Kubernetes objects that a document names or holds: what is read of them, what is left out and what is wrong."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pacific_infra.documents.files import MAXIMUM_CONFIG_MAP_SIZE
from pacific_infra.documents.kubernetes_api import type_problems
from pacific_infra.documents.kubernetes_yaml import expanded, read_kubernetes_yaml
from pacific_infra.documents.numbers import EXACT_NUMBERS, QUOTE_IF_TEXT, inexact_numbers
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.source import Path, Positions, dotted, printable
from pacific_infra.documents.stack_secret import MARK
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


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a text of objects is written."""

    field: Path
    """The field of ``spec`` that has it, or names its file."""
    file: str | None = None
    """Its file, relative to the document; None: it is in the document."""
    template: str | None = None
    """What it was rendered from, such as the template of a chart: lines of the text are in no file then."""


NOWHERE = Origin(())


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
    origin: Origin
    excerpt: _Excerpt | None
    """None: it is an object of the document itself."""
    path: Path
    """Where it stands in its YAML document."""
    left_out: tuple[Path, ...]
    """What the server writes and is not empty, by its path in the object."""

    def line_of(self, path: Path = ()) -> int | None:
        """Line of the field at ``path`` in its file or text, from 1; None where it has been rendered, or is an object
        of the document.
        """
        if self.excerpt is None or self.origin.template is not None:
            return None
        return self.excerpt.positions.line_of((*self.path, *path))

    def where(self, path: Path = ()) -> str:
        """The place of the field at ``path`` as words: ``line 4 of web.yaml``."""
        origin, line = self.origin, self.line_of(path)
        if line is not None:
            return f"line {line}" + (f" of {origin.file}" if origin.file else "")
        return f"rendered from {origin.template}" if origin.template else dotted(("spec", *self.path_in_spec(path)))

    def path_in_spec(self, path: Path = ()) -> Path:
        """The field of ``spec`` that says the field at ``path``."""
        return (*self.origin.field, *self.path, *path) if self.excerpt is None else self.origin.field

    def located(self, problem: Problem) -> Problem:
        """``problem`` of a field of the object, at its place."""
        origin = self.origin
        if origin.template is not None:
            problem = problem._replace(text=f"{origin.template}: {problem.text}")
        line = self.line_of(problem.path)
        return problem._replace(path=self.path_in_spec(problem.path), file=origin.file, line=line)

    @property
    def text(self) -> str:
        """Kind and name."""
        return printable(f"{self.value['kind']} {self.value['metadata']['name']}")


def read_objects(text: str, origin: Origin = NOWHERE) -> list[ReadObject]:
    """The objects of ``text`` in its order, lists taken apart. Raises ``TextError``."""
    objects: list[ReadObject] = []
    for raw in read_kubernetes_yaml(text):
        excerpt = _Excerpt(text.removeprefix("\ufeff")[raw.start : raw.end], raw.line)
        objects += objects_of(raw.value, origin, excerpt)
    return objects


def objects_of(value: Any, origin: Origin, excerpt: _Excerpt | None = None) -> Iterator[ReadObject]:
    """The objects of one manifest, lists taken apart."""
    for expanded_value, path in expanded(value):
        left_out: list[Path] = []
        yield ReadObject(_written(expanded_value, left_out), origin, excerpt, path, tuple(left_out))


def reading_problem(error: TextError, origin: Origin) -> Problem:
    """Why a text of manifests cannot be read, at the line that is wrong."""
    return Problem(error.problem, origin.field, error.value, fix=error.fix, file=origin.file, line=error.line)


def object_problems(read: ReadObject) -> Iterator[Problem]:
    """What is wrong with one object."""
    missing = _missing(read.value)
    if missing is not None:
        allowed = "apiVersion, kind and metadata.name in each, all text"
        refusal = f"the manifest has no {missing}"
        yield read.located(Problem(refusal, _known_path(read.value, missing), None, allowed))
        return
    for problem in _problems(read.value):
        text = f"{read.text}: {dotted(problem.path)} {problem.text}".replace("  ", " ")
        yield read.located(problem._replace(text=text))


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
    encoded, plain = ("data", "stringData") if value["kind"] == "Secret" else ("binaryData", "data")
    held = value.get(encoded)
    for key, text in held.items() if isinstance(held, dict) else ():
        if isinstance(text, str) and MARK not in text and not _is_base64(text):
            # Without the text: it may be a secret.
            yield Problem("is not base64", (encoded, key), fix=f"write the text itself in {plain}")


def _is_base64(text: str) -> bool:
    """As Go reads it: with its padding, in as many lines as one likes."""
    try:
        base64.b64decode(re.sub(r"[\r\n]", "", text), validate=True)
    except ValueError:
        return False
    return True


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
