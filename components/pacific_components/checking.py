"""Whether a component's arguments are what their types say, before anything is made of them.

Programs in other languages are checked by the package (``package/arguments.py``); a Python program hands its dictionary
straight to the component, where a wrong name would be ignored and a wrong word taken for another one.
"""

import inspect
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from types import UnionType
from typing import (
    Any,
    Literal,
    NotRequired,
    Required,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    is_typeddict,
)

import pulumi

from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.vcenter.inventory import nearest

Arguments = TypeVar("Arguments", bound=Mapping[str, Any])
_WORDS = {str: "text", bool: "True or False", int: "a whole number", float: "a number"}


def checked(wanted: type[Arguments], given: Arguments, owner: str) -> Arguments:
    """``given`` without the properties that are None, which count as not given.

    ``wanted`` is the arguments' TypedDict and ``owner`` the component in the program's words. Raises PacificErrors with
    every property that is unknown, missing, of another type, none of the words allowed, or an output where the value
    decides which resources there are. Outputs themselves are not looked into: they are not known yet.
    """
    found = _Found(owner)
    arguments = found.value(given, _kind(wanted), "")
    if found.problems:
        raise PacificErrors(found.problems)
    return cast("Arguments", arguments)


@dataclass(frozen=True)
class _Kind:
    """What a value may be: at most one of the last five is there; none: anything."""

    plain: bool = True
    properties: Mapping[str, tuple["_Kind", bool]] | None = None
    """By name, with whether it is required."""
    items: "_Kind | None" = None
    values: "_Kind | None" = None
    choices: tuple[Any, ...] = ()
    scalar: type | None = None


@cache
def _kind(annotation: Any) -> _Kind:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (NotRequired, Required):
        return _kind(arguments[0])
    if origin in (Union, UnionType):
        # pulumi.Input[T] is T, an Awaitable[T] or an Output, whose name in it Python cannot resolve from here.
        awaited = [get_args(one)[0] for one in arguments if get_origin(one) is Awaitable]
        return replace(_kind(awaited[0]), plain=False) if awaited else _kind(arguments[0])
    kind = _Kind(scalar=annotation)
    if is_typeddict(annotation):
        required = annotation.__required_keys__
        hints = annotation.__annotations__.items()
        kind = _Kind(properties={name: (_kind(hint), name in required) for name, hint in hints})
    elif origin is Literal:
        kind = _Kind(choices=arguments)
    elif origin in (list, Sequence):
        kind = _Kind(items=_kind(arguments[0]))
    elif origin in (dict, Mapping):
        kind = _Kind(values=_kind(arguments[1]))
    elif annotation is Any:
        kind = _Kind(plain=False)
    return kind


@dataclass
class _Found:
    owner: str
    problems: list[PacificError] = field(default_factory=list)

    def value(self, value: Any, kind: _Kind, path: str) -> Any:
        if isinstance(value, pulumi.Output) or inspect.isawaitable(value):
            if kind.plain:
                self._problem(path, "cannot be an output", fix="write the value itself: it decides what is made")
        elif kind.properties is not None or kind.values is not None:
            if not isinstance(value, Mapping):
                return self._problem(path, f"must be a dictionary, not {_shown(value)}")
            return self._mapping(value, kind, f"{path}." if path else "")
        elif kind.items is not None:
            if isinstance(value, str | bytes) or not isinstance(value, Sequence):
                return self._problem(path, f"must be a list, not {_shown(value)}")
            items = kind.items
            return [self.value(item, items, f"{path}[{index}]") for index, item in enumerate(value)]
        elif kind.choices:
            if value not in kind.choices:
                self._problem(path, "unknown word", value=value, allowed=[str(choice) for choice in kind.choices])
        elif kind.scalar is not None and not _is_a(value, kind.scalar):
            self._problem(path, f"must be {_WORDS.get(kind.scalar, kind.scalar.__name__)}, not {_shown(value)}")
        return value

    def _mapping(self, value: Mapping[str, Any], kind: _Kind, inside: str) -> dict[str, Any]:
        if kind.properties is None:
            assert kind.values is not None  # noqa: S101 - the caller has looked
            return {name: self.value(item, kind.values, f"{inside}{name}") for name, item in value.items()}
        given = {name: item for name, item in value.items() if item is not None}
        for name in sorted(given.keys() - kind.properties.keys(), key=str):
            self._problem(f"{inside}{name}", "the property does not exist", allowed=nearest(str(name), kind.properties))
        for name, (_, required) in kind.properties.items():
            if required and name not in given:
                self._problem(f"{inside}{name}", "is required")
        return {
            name: self.value(item, kind.properties[name][0], f"{inside}{name}")
            for name, item in given.items()
            if name in kind.properties
        }

    def _problem(self, path: str, what: str, **details: Any) -> None:
        self.problems.append(PacificError(what, place=f"{self.owner}: {path or 'args'}", **details))


def _is_a(value: Any, scalar: type) -> bool:
    if scalar is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, scalar) and (scalar is bool or not isinstance(value, bool))


def _shown(value: Any) -> str:
    """``value`` in an error. Text is not shown: it may be a secret in the wrong place."""
    if isinstance(value, bool | int | float):
        return repr(value)
    if value is None:
        return "None"
    if isinstance(value, str):
        return "text"
    if isinstance(value, Mapping):
        return "a dictionary"
    return "a list" if isinstance(value, Sequence) else type(value).__name__
