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
from typing import Any, ClassVar

import yaml

from pacific_infra.documents.numbers import floating, integer
from pacific_infra.documents.source import Positions

MAXIMUM_DEPTH = 32
MAXIMUM_VALUES = 50_000
NUL = "a text has the sign NUL, at which programs end it"
NUL_FIX = "remove it, or put the text into a file that the document names"

_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)")
_VARIABLE = re.compile(r"[^\s,{}\[\]'\":]*\$\{[^}\n]*\}(?:\$\{[^}\n]*\}|[^\s,{}\[\]])*")
_HIDDEN_LINE_END = re.compile("\x85|#[^\n]*[\u2028\u2029]")
_NUMBER_STARTS = frozenset("+-.0123456789")
_WORD_STARTS = frozenset("~nNtTfF")


class TextError(Exception):
    """What is wrong with the text of a file; ``line`` counts from 1."""

    def __init__(self, problem: str, line: int, *, value: object = None, fix: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
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


def read_yaml(text: str, builder: "type[Builder] | None" = None) -> Iterator[RawDocument]:
    """Each document of ``text`` that is not empty, made by ``builder``. Raises ``TextError``."""
    builder = builder or Builder
    if builder is Builder:
        _check_line_ends(text)
    events = _events(text)
    for event in events:
        if type(event) is yaml.DocumentStartEvent:
            content = next(events)
            mark = content.start_mark
            value = builder(events).value(content, 0)
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


def _check_line_ends(text: str) -> None:
    """Refuse signs at which libyaml ends a line, and so a comment, while editors and reviews show no end.

    Elsewhere U+2028 and U+2029 stay in the text, and U+0085 would become a space.
    """
    hidden = None if text.isascii() else _HIDDEN_LINE_END.search(text)
    if hidden is not None:
        line = text.count("\n", 0, hidden.end()) + 1
        problem = "a line ends here with a sign that editors do not show"
        raise TextError(problem, line, value=f"U+{ord(hidden[0][-1]):04X}", fix="remove it")


def _events(text: str) -> Iterator[Any]:
    loader = yaml.CSafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text) from None
    except yaml.YAMLError as error:
        # Of a sign that YAML does not take libyaml says where in the text's bytes it is.
        line = text.encode()[: getattr(error, "position", 0)].count(b"\n") + 1
        raise TextError(f"this is not YAML: {error}".partition("\n")[0], line) from None
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
        return TextError("YAML takes spaces here, and not a tab", mark.line + 1, fix="indent with spaces")
    first = text[mark.index : mark.index + 1]
    if first in ("@", "`", "%") and "cannot start" in str(error.problem):
        problem = "a text without quotes cannot begin like this"
        return TextError(problem, mark.line + 1, value=first, fix="write it in quotes")
    variable = _VARIABLE.search(line)
    if variable is not None and "expected ','" in str(error.problem):
        problem = "${...} needs quotes inside {} or []"
        return TextError(problem, mark.line + 1, value=variable[0], fix=f'write "{variable[0]}" in quotes')
    return TextError(f"this is not YAML: {error.problem}", mark.line + 1)


def _line_at(text: str, index: int) -> str:
    start = text.rfind("\n", 0, index) + 1
    end = text.find("\n", index)
    return text[start : len(text) if end < 0 else end]


class Builder:
    """Makes the values of one document out of its events, by the rules of our own documents."""

    maximum_depth: ClassVar[int] = MAXIMUM_DEPTH
    maximum_values: ClassVar[int] = MAXIMUM_VALUES

    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.count = 0

    def scalar(self, event: Any) -> Any:
        """The value of one scalar."""
        if event.tag is not None:
            raise _tag_error(event)
        if "\0" in event.value:
            raise TextError(NUL, line_of(event), fix=NUL_FIX)
        return event.value if event.style else _scalar(event.value)

    def check_collection(self, event: Any) -> None:
        """Refuse what a list or an object may not have."""
        if event.tag is not None:
            raise _tag_error(event)

    def key(self, event: Any) -> str:
        """The name of a field."""
        return str(event.value)

    def merged(self, key: Any, value: Any) -> dict[str, Any]:
        """The fields that the merge key ``key`` puts in."""
        fix = "write the fields out, or keep what repeats in a document of kind Values"
        raise TextError("YAML merge keys are not allowed", line_of(key), value="<<", fix=fix)

    def value(self, event: Any, depth: int) -> Any:
        """The value that begins with ``event``."""
        self.count += 1
        kind = type(event)
        if kind is yaml.ScalarEvent:
            value = self.scalar(event)
            if event.anchor is not None:
                self.anchors[event.anchor] = (value, 1)
            return value
        if kind is yaml.AliasEvent:
            return self._alias(event)
        self.check_collection(event)
        if depth == self.maximum_depth:
            raise TextError(f"the document is deeper than {self.maximum_depth} levels", line_of(event))
        before = self.count
        built = self._mapping(depth + 1) if kind is yaml.MappingStartEvent else self._sequence(depth + 1)
        self._check_count(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (built, self.count - before + 1)
        return built

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            problem = "this alias names nothing above it"
            raise TextError(problem, line_of(event), value=f"*{event.anchor}")
        value, count = self.anchors[event.anchor]
        self.count += count
        self._check_count(event)
        return value

    def _check_count(self, event: Any) -> None:
        if self.count > self.maximum_values:
            problem = f"the document has more than {self.maximum_values} values, aliases counted in full"
            raise TextError(problem, line_of(event))

    def _mapping(self, depth: int) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for event in self.events:
            if type(event) is yaml.MappingEndEvent:
                break
            if not isinstance(event, yaml.ScalarEvent):
                raise TextError("the name of a field must be text", line_of(event))
            if event.value == "<<" and not event.style:
                merged = {**self.merged(event, self.value(next(self.events), depth)), **merged}
                continue
            name = self.key(event)
            if name in fields:
                raise TextError("a field occurs twice", line_of(event), value=name, fix="remove one of the two")
            fields[name] = self.value(next(self.events), depth)
        return {**merged, **fields} if merged else fields

    def _sequence(self, depth: int) -> list[Any]:
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


def line_of(event: Any) -> int:
    """Line of an event, from 1."""
    return int(event.start_mark.line) + 1


def _tag_error(event: Any) -> TextError:
    return TextError("YAML tags are not allowed", line_of(event), value=event.tag, fix="remove the tag")


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
