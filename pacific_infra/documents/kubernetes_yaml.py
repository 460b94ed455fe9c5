"""Kubernetes manifests as their authors meant them: YAML 1.1, as kubectl reads it.

Words, numbers and standard tags are those of sigs.k8s.io/yaml (its goyaml.v2/resolve.go): ``no`` is false, ``0644`` is
octal, a date is text. Merge keys and anchors work, lists of objects (``kind: List``) are taken apart. Two things are
read as they are written where kubectl surprises: names of fields (``on: x`` stays ``on``), and ``y`` and ``n``, which
are letters.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from pacific_infra.documents.numbers import Number, WrittenFloat, WrittenInteger, floating, integer
from pacific_infra.documents.source import Path
from pacific_infra.documents.yaml_reader import Builder, RawDocument, TextError, line_of, read_yaml

_STANDARD = "tag:yaml.org,2002:"
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_INFINITE = {
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_OF_BASE = re.compile(r"[-+]?0([xX][0-9a-fA-F]+|[bB][01]+|[oO]?[0-7]+)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BASES = {"x": 16, "b": 2, "o": 8}
_TYPES: dict[str, type | tuple[type, ...]] = {"int": int, "float": (int, float), "bool": bool, "null": type(None)}
_COLLECTIONS = ("map", "seq", "set", "omap", "pairs")
_SURROGATES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


class _KubernetesBuilder(Builder):
    # Deep enough for every definition that is published, and for Python's own stack.
    maximum_depth: ClassVar[int] = 100
    maximum_values: ClassVar[int] = 1_000_000

    def scalar(self, event: Any) -> Any:
        if event.tag is None:
            return event.value if event.style else plain_value(event.value)
        tag = event.tag.removeprefix(_STANDARD) if event.tag.startswith(_STANDARD) else None
        if event.tag == "!" or tag in ("str", "timestamp"):
            return event.value
        if tag == "binary":
            return _decoded(event)
        if tag not in _TYPES:
            raise _unknown_tag(event)
        value = plain_value(event.value)
        if not isinstance(value, _TYPES[tag]) or (isinstance(value, bool) and tag != "bool"):
            raise TextError(f"this is not of the type that its tag !!{tag} says", line_of(event), value=event.value)
        return value

    def check_collection(self, event: Any) -> None:
        if event.tag is not None and event.tag.removeprefix(_STANDARD) not in _COLLECTIONS:
            raise _unknown_tag(event)

    def merged(self, key: Any, value: Any) -> dict[str, Any]:
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            raise TextError("a merge key takes objects", line_of(key), value="<<", fix="name objects by aliases")
        return {name: held for source in reversed(sources) for name, held in source.items()}


def read_kubernetes_yaml(text: str) -> Iterator[RawDocument]:
    """Each document of ``text`` that is not empty, in YAML or JSON. Raises ``TextError``."""
    text = text.removeprefix("\ufeff")
    if text.lstrip().startswith(("{", "[")):
        # JSON is read as YAML, which has no pairs of \u escapes.
        text = _SURROGATES.sub(lambda pair: json.loads(f'"{pair[0]}"'), text)
    return read_yaml(text, _KubernetesBuilder)


def plain_value(text: str) -> Any:
    """What ``text`` means where it stands without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if text in _INFINITE:
        return WrittenFloat(text, _INFINITE[text])
    digits = text.replace("_", "")
    if not digits or text[0] == "_":
        return text
    if _DECIMAL.fullmatch(digits):
        return _spelled(text, integer(digits))
    if _OF_BASE.fullmatch(digits):
        sign, body = (digits[0], digits[1:]) if digits[0] in "+-" else ("", digits)
        base = _BASES.get(body[1].lower(), 8)
        return WrittenInteger(text, int(sign + (body[2:] if body[1].isalpha() else body[1:]), base))
    return _spelled(text, floating(digits)) if _FLOAT.fullmatch(digits) else text


def expanded(value: Any, path: Path = ()) -> Iterator[tuple[Any, Path]]:
    """The objects of a manifest, each with its path in it: the items of a list, or the manifest itself."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if not (isinstance(kind, str) and kind.endswith("List") and isinstance(value.get("items"), list)):
        yield value, path
        return
    for index, item in enumerate(value["items"]):
        if isinstance(item, dict) and kind != "List":
            # The items of a list of one kind may leave out what it says for all.
            item = {"apiVersion": value.get("apiVersion"), "kind": kind.removesuffix("List"), **item}  # noqa: PLW2901
        yield from expanded(item, (*path, "items", index))


def _spelled(text: str, number: Number) -> Number:
    if repr(number) == text:
        return number
    value = _number(number)
    return WrittenInteger(text, value) if isinstance(value, int) else WrittenFloat(text, value)


def _number(number: Number) -> Number:
    return number.value if isinstance(number, WrittenInteger | WrittenFloat) else number


def _decoded(event: Any) -> str:
    try:
        return base64.b64decode("".join(event.value.split()), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        problem = "this is not UTF-8 text in base64, as its tag !!binary says"
        raise TextError(problem, line_of(event), value=event.value[:60]) from None


def _unknown_tag(event: Any) -> TextError:
    return TextError("this tag is not one of YAML's own", line_of(event), value=event.tag, fix="remove the tag")
