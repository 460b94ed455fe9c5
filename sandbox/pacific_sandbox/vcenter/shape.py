"""Checks request bodies against the structures of vCenter's API, as strictly as vCenter does.

A shape is ``str``, ``int``, ``bool``, ``dict`` (any object), a ``Choice``, a list of one shape, or a mapping of field
names to shapes, where ``name!`` is a field that has to be there. A field that is null is as good as absent, and one
that is ``Since`` a later version than vCenter's is unknown.
"""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from pacific_sandbox.vcenter.vapi_error import invalid_argument

Shape = Any
Version = tuple[int, int, int]
V8_0_2 = (8, 0, 2)
V8_0_3 = (8, 0, 3)
V9_0 = (9, 0, 0)
V9_1 = (9, 1, 0)
_NAMES: Mapping[type, str] = {str: "a string", int: "an integer", bool: "a boolean", dict: "an object"}


class Choice:
    """A string out of a few: an enumeration of the API."""

    def __init__(self, *values: str) -> None:
        self.values = values


class Since:
    """A shape that came with a version."""

    def __init__(self, version: Version, shape: Shape) -> None:
        self.version = version
        self.shape = shape


def version_of(request: Request) -> Version:
    """The version of the vCenter that answers ``request``."""
    version: Version = request.app.state.version
    return version


async def read_body(request: Request, shape: Shape) -> dict[str, Any]:
    """The request's JSON body without its nulls. Raises VapiError INVALID_ARGUMENT where it has not this ``shape``."""
    try:
        body = await request.json()
    except ValueError:
        raise invalid_argument("The request body is not JSON.") from None
    checked = check(body, shape, "", version_of(request))
    if not isinstance(checked, dict):
        raise invalid_argument("The request body has to be an object.")
    return checked


async def read_list(request: Request, shape: Shape) -> list[Any]:
    """The request's JSON body, a list of ``shape``. Raises VapiError INVALID_ARGUMENT."""
    try:
        body = await request.json()
    except ValueError:
        raise invalid_argument("The request body is not JSON.") from None
    if not isinstance(body, list):
        raise invalid_argument("The request body has to be a list.")
    return [check(item, shape, f"[{index}]", version_of(request)) for index, item in enumerate(body)]


def check(value: Any, shape: Shape, path: str, version: Version = V9_1) -> Any:
    """``value`` without the nulls in its structures. Raises VapiError INVALID_ARGUMENT, naming the place."""
    if isinstance(shape, Since):
        return check(value, shape.shape, path, version)
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise _wrong(path, value, "a list")
        return [check(item, shape[0], f"{path}[{index}]", version) for index, item in enumerate(value)]
    if isinstance(shape, Mapping):
        return _structure(value, shape, path, version)
    if isinstance(shape, Choice):
        if value not in shape.values:
            raise _wrong(path, value, f"one of {', '.join(shape.values)}")
        return value
    if not isinstance(value, shape) or (shape is int and isinstance(value, bool)):
        raise _wrong(path, value, _NAMES[shape])
    return value


def _structure(value: Any, shape: Mapping[str, Shape], path: str, version: Version) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(path, value, "an object")
    fields = {
        name.removesuffix("!"): inner
        for name, inner in shape.items()
        if not (isinstance(inner, Since) and version < inner.version)
    }
    present = {name: inner for name, inner in value.items() if inner is not None}
    prefix = f"{path}." if path else ""
    for name in present:
        if name not in fields:
            raise invalid_argument(f"Unexpected field {prefix}{name}; there are: {', '.join(sorted(fields))}.")
    for name in shape:
        if name.endswith("!") and name[:-1] not in present:
            raise invalid_argument(f"Required field {prefix}{name[:-1]} is missing.")
    return {name: check(inner, fields[name], f"{prefix}{name}", version) for name, inner in present.items()}


def _wrong(path: str, value: Any, expected: str) -> Exception:
    return invalid_argument(f"Value {value!r} of {path or 'the request body'} has to be {expected}.")
