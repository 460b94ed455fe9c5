"""YAML documents as plain values, straight from libyaml's events.

Faster than PyYAML's safe loader, and stricter: no tags, no merge keys, no two fields of one name, no more
than ``MAXIMUM_DEPTH`` levels and ``MAXIMUM_VALUES`` values a document, aliases counted in full, so that a few lines
cannot become gigabytes.
Plain scalars are those of YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema) in decimal: ``no`` and
``2026-01-01`` are text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from pacific_infra.documents.numbers import floating, integer
from pacific_infra.documents.source import Positions

MAXIMUM_DEPTH = 32
MAXIMUM_VALUES = 50_000

_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)")
_VARIABLE = re.compile(r"[^\s,{}\[\]'\":]*\$\{[^}\n]*\}(?:\$\{[^}\n]*\}|[^\s,{}\[\]])*")
_NUMBER_STARTS = frozenset("+-.0123456789")
_WORD_STARTS = frozenset("~nNtTfF")


class TextError(Exception):
    """What is wrong with the text of a file; ``line`` counts from 1."""

    def __init__(self, what: str, line: int, *, value: object = None, fix: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.line = line
        self.value = value
        self.fix = fix


@dataclass(frozen=True, slots=True)
class RawDocument:
    """One document of a file as plain values; ``start`` and ``end`` are offsets in the text, ``line`` counts from 1."""

    value: Any
    line: int
    start: int
    end: int


def read_yaml(text: str) -> Iterator[RawDocument]:
    """Each document of ``text`` that is not empty. Raises ``TextError``."""
    events = _events(text)
    for event in events:
        if type(event) is yaml.DocumentStartEvent:
            content = next(events)
            mark = content.start_mark
            value = _Builder(events).value(content, 0)
            end = next(events).end_mark.index
            if value is not None:
                yield RawDocument(value, mark.line + 1, mark.index - mark.column, end)


def read_positions(text: str, first_line: int) -> Positions:
    """The lines of the fields of the one document in ``text``, which begins at ``first_line`` of its file."""
    events = _events(text)
    for event in events:
        if type(event) is yaml.DocumentStartEvent:
            return _positions(next(events), events, first_line, {})
    return Positions(first_line)


def _events(text: str) -> Iterator[Any]:
    loader = yaml.CSafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text) from None
    except yaml.YAMLError as error:
        raise TextError(f"this is not YAML: {error}".partition("\n")[0], 1) from None
    finally:
        loader.dispose()


def _syntax_error(error: yaml.MarkedYAMLError, text: str) -> TextError:
    """What keeps ``text`` from being YAML, with what to do where the mistake is a usual one."""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return TextError(f"this is not YAML: {error.problem}", 1)
    line = _line_at(text, mark.index)
    indented = "\t" in line[: len(line) - len(line.lstrip())] or text[mark.index : mark.index + 1] == "\t"
    if indented and "end of stream" not in str(error.problem):
        return TextError("a tab stands where YAML takes spaces only", mark.line + 1, fix="indent with spaces")
    first = text[mark.index : mark.index + 1]
    if first in ("@", "`", "%") and "cannot start" in str(error.problem):
        what = "a text without quotes cannot begin like this"
        return TextError(what, mark.line + 1, value=first, fix="write it in quotes")
    variable = _VARIABLE.search(line)
    if variable is not None and "expected ','" in str(error.problem):
        what = "${...} stands without quotes inside {} or []"
        return TextError(what, mark.line + 1, value=variable[0], fix=f'write "{variable[0]}" in quotes')
    return TextError(f"this is not YAML: {error.problem}", mark.line + 1)


def _line_at(text: str, index: int) -> str:
    start = text.rfind("\n", 0, index) + 1
    end = text.find("\n", index)
    return text[start : len(text) if end < 0 else end]


class _Builder:
    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.count = 0

    def value(self, event: Any, depth: int) -> Any:
        self.count += 1
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if event.tag is not None:
                raise _tag_error(event)
            value = event.value if event.style else _scalar(event.value)
            if event.anchor is not None:
                self.anchors[event.anchor] = (value, 1)
            return value
        if kind is yaml.AliasEvent:
            return self.alias(event)
        if event.tag is not None:
            raise _tag_error(event)
        if depth == MAXIMUM_DEPTH:
            raise TextError(f"the document is deeper than {MAXIMUM_DEPTH} levels", _line(event))
        before = self.count
        built = self.mapping(depth + 1) if kind is yaml.MappingStartEvent else self.sequence(depth + 1)
        if self.count > MAXIMUM_VALUES:
            raise _size_error(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (built, self.count - before + 1)
        return built

    def alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            what = "this alias names nothing above it"
            raise TextError(what, _line(event), value=f"*{event.anchor}")
        value, count = self.anchors[event.anchor]
        self.count += count
        if self.count > MAXIMUM_VALUES:
            raise _size_error(event)
        return value

    def mapping(self, depth: int) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for key in self.events:
            if type(key) is yaml.MappingEndEvent:
                break
            if not isinstance(key, yaml.ScalarEvent):
                raise TextError("the name of a field is no text", _line(key))
            if key.value == "<<" and not key.style:
                fix = "write the fields out, or keep what repeats in a document of kind Values"
                raise TextError("YAML merge keys are not allowed", _line(key), value="<<", fix=fix)
            if key.value in fields:
                fix = "remove one of the two"
                raise TextError("a field is there twice", _line(key), value=key.value, fix=fix)
            fields[key.value] = self.value(next(self.events), depth)
        return fields

    def sequence(self, depth: int) -> list[Any]:
        items: list[Any] = []
        for event in self.events:
            if type(event) is yaml.SequenceEndEvent:
                break
            items.append(self.value(event, depth))
        return items


def _scalar(text: str) -> Any:
    first = text[:1]
    if first in _NUMBER_STARTS:
        if _INTEGER.fullmatch(text):
            return integer(text)
        return floating(text) if _NUMBER.fullmatch(text) else text
    return _WORDS.get(text, text) if not first or first in _WORD_STARTS else text


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _tag_error(event: Any) -> TextError:
    return TextError("YAML tags are not allowed", _line(event), value=event.tag, fix="remove the tag")


def _size_error(event: Any) -> TextError:
    what = f"the document has more than {MAXIMUM_VALUES} values, aliases counted in full"
    return TextError(what, _line(event))


def _positions(event: Any, events: Iterator[Any], first_line: int, anchors: dict[str, Positions]) -> Positions:
    line = event.start_mark.line + first_line
    kind = type(event)
    if kind is yaml.AliasEvent:
        return anchors.get(event.anchor, Positions(line))
    fields: dict[Any, Positions] | None = None
    if kind is yaml.MappingStartEvent:
        fields = {}
        for key in events:
            if type(key) is yaml.MappingEndEvent:
                break
            held = _positions(next(events), events, first_line, anchors)
            fields[key.value] = Positions(key.start_mark.line + first_line, held.fields)
    elif kind is yaml.SequenceStartEvent:
        fields = {}
        for item in events:
            if type(item) is yaml.SequenceEndEvent:
                break
            fields[len(fields)] = _positions(item, events, first_line, anchors)
    positions = Positions(line, fields)
    if event.anchor is not None:
        anchors[event.anchor] = positions
    return positions
