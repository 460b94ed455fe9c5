"""JSON documents as plain values: objects one after the other, or in lists."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from pacific_infra.documents.numbers import floating, integer
from pacific_infra.documents.yaml_reader import MAXIMUM_DEPTH, MAXIMUM_VALUES, NUL, NUL_FIX, RawDocument, TextError

_SPACE = re.compile(r"[ \t\r\n]*")


def read_json(text: str) -> Iterator[RawDocument]:
    """Each document of ``text``. Raises ``TextError``."""
    decoder = json.JSONDecoder(
        object_pairs_hook=_object, parse_constant=_no_constant, parse_int=integer, parse_float=floating
    )
    at, line, counted = 0, 1, 0
    in_list = False
    while True:
        at = _skip(text, at)
        line += text.count("\n", counted, at)
        counted = at
        if at == len(text):
            if in_list:
                raise TextError("this is not valid JSON: a list has no end", line)
            return
        if not in_list and text[at] == "[":
            in_list, at = True, _skip(text, at + 1)
            if text[at : at + 1] == "]":
                in_list, at = False, at + 1
            continue
        value, end = _decode(decoder, text, at, line)
        _check_size(value, line)
        yield RawDocument(value, line, at, end)
        at = end
        if in_list:
            in_list, at = _after_item(text, at, line)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _after_item(text: str, at: int, line: int) -> tuple[bool, int]:
    position = _skip(text, at)
    sign = text[position : position + 1]
    if sign not in (",", "]") or (sign == "," and text.startswith("]", _skip(text, position + 1))):
        problem = "this is not valid JSON: a list needs ',' between items and ']' at its end"
        raise TextError(problem, line + text.count("\n", at, position))
    return sign == ",", position + 1


def _decode(decoder: json.JSONDecoder, text: str, at: int, line: int) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise TextError(f"this is not valid JSON: {error.msg}", error.lineno) from None
    except _RepeatedField as error:
        raise TextError("a field occurs twice", line, value=str(error), fix="remove one of the two") from None
    except RecursionError:
        raise TextError("the document is too deep", line) from None
    except ValueError as error:
        raise TextError(f"this is not valid JSON: {error}", line) from None


def _check_size(value: Any, line: int) -> None:
    level, count, depth = [value], 0, 0
    while level:
        count += len(level)
        if any(isinstance(value, str) and "\0" in value for value in level):
            raise TextError(NUL, line, fix=NUL_FIX)
        if count > MAXIMUM_VALUES:
            raise TextError(f"the document has more than {MAXIMUM_VALUES} values", line)
        level = [part for held in level for part in _parts(held)]
        depth += 1
        if depth > MAXIMUM_DEPTH + 1:
            raise TextError(f"the document is deeper than {MAXIMUM_DEPTH} levels", line)


def _parts(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


class _RepeatedField(Exception):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _RepeatedField(name)
            seen.add(name)
    return fields


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")
