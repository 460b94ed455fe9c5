"""Finds everything that is wrong with a resource's properties, with path and reason, unknown values let pass."""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pacific_infra.errors import PacificError
from pacific_infra.provider.models.shape import RuleBroken, Shape
from pacific_infra.provider.models.walk import Property, properties
from pacific_infra.provider.property_values import UNKNOWN, has_unknown
from pacific_infra.vcenter.inventory import Inventory, nearest

Failure = tuple[str, str]
"""Property path and reason."""
_ALLOWED = {
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "string_pattern_mismatch": "a label of RFC 1123, 1 to 63 of a-z, 0-9 and -, neither first nor last a -",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "too_short": "{min_length} or more items",
    "too_long": "{max_length} at most",
    "dict_type": "an object",
}
_MAKEABLE = ("Supervisor", "VM class", "zone", "Supervisor Service")
_MADE_HERE = "; fix: name one that is there, or let this resource depend on the one that makes it"


def failures(values: Mapping[str, Any], model: type[Shape]) -> list[Failure]:
    """Each break of a rule of ``model``; a rule over several properties waits until all of them are known."""
    found = [*_duplicates(values, model, "")]
    try:
        model.model_validate(values, strict=True)
    except ValidationError as error:
        for details in error.errors():
            location = details["loc"]
            if not _touches_unknown(values, location, details["type"]):
                broken = details.get("ctx", {}).get("error")
                place = (*location, broken.name) if isinstance(broken, RuleBroken) else location
                found.append((path_of(place), _reason(details, model)))
    return found


async def missing_references(
    values: Mapping[str, Any], model: type[Shape], inventory: Inventory, announced: Container[tuple[str, str]]
) -> list[Failure]:
    """Each name that vCenter does not know, with the nearest names.

    ``announced``: kind and name of what other resources of the same run are going to make.
    """
    found: list[Failure] = []
    for path, kind, name in references(values, model):
        if (kind, name) in announced:
            continue
        try:
            await inventory.identifier(kind, name)
        except PacificError as error:
            if not hasattr(error, "status"):
                found.append((path, f"{error}{_MADE_HERE if kind in _MAKEABLE else ''}"))
            else:
                raise
    return found


def references(values: Mapping[str, Any], model: type[Shape], path: str = "") -> Iterator[tuple[str, str, str]]:
    """Path, kind and value of each known property that names an object of vCenter."""
    for item in properties(model):
        value = values.get(item.name)
        for place, each in each_value(value, item, path):
            if item.trait.reference and isinstance(each, str):
                yield place, item.trait.reference, each
            elif item.shape is not None and isinstance(each, Mapping):
                yield from references(each, item.shape, place)


def path_of(location: Sequence[str | int]) -> str:
    """``("accessList", 0, "role")`` -> ``accessList[0].role``."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def each_value(value: Any, item: Property, path: str) -> Iterator[tuple[str, Any]]:
    """Path and value of the property ``item`` below ``path``, or of each item of its list; nothing where absent."""
    place = f"{path}.{item.name}" if path else item.name
    if item.is_list and isinstance(value, list):
        for index, each in enumerate(value):
            yield f"{place}[{index}]", each
    elif value is not None:
        yield place, value


def _duplicates(values: Mapping[str, Any], model: type[Shape], path: str) -> Iterator[Failure]:
    for item in properties(model):
        seen: list[tuple[Any, ...]] = []
        for place, each in each_value(values.get(item.name), item, path):
            if item.shape is not None and isinstance(each, Mapping):
                yield from _duplicates(each, item.shape, place)
            if not item.trait.key or has_unknown(each):
                continue
            key = key_of(each, item)
            if key in seen:
                yield place, f"is named twice: {', '.join(str(part) for part in key if part is not None)}"
            seen.append(key)


def key_of(value: Any, item: Property) -> tuple[Any, ...]:
    """What tells ``value`` apart from the other items of a list that is a set."""
    if item.shape is None or not isinstance(value, Mapping):
        return (value,)
    names = {each.attribute: each.name for each in properties(item.shape)}
    return tuple(value.get(names[attribute]) for attribute in item.trait.key)


def _touches_unknown(values: Any, location: Sequence[str | int], error_type: str) -> bool:
    value = values
    for part in location:
        if value is UNKNOWN:
            return True
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return False
    return value is UNKNOWN or (error_type == "value_error" and has_unknown(value))


def _reason(details: ErrorDetails, model: type[Shape]) -> str:
    kind, given, context = details["type"], details["input"], details.get("ctx", {})
    if kind == "extra_forbidden":
        names = [item.name for item in properties(_model_at(model, details["loc"][:-1]))]
        return f"is not known; nearest: {', '.join(nearest(str(details['loc'][-1]), names))}"
    if kind == "literal_error":
        choices = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
        return f"got {given!r}; allowed: {choices}"
    if kind in ("too_long", "too_short"):
        given = len(given)
    if kind in _ALLOWED:
        return f"got {given!r}; allowed: {_ALLOWED[kind].format(**context)}"
    plain = {
        "missing": "is required",
        "string_too_short": "must not be empty",
        "string_type": f"got a {type(given).__name__}; allowed: a string",
        "value_error": str(context.get("error", "")),
    }
    return plain.get(kind, str(details["msg"]))


def _model_at(model: type[Shape], location: Sequence[str | int]) -> type[Shape]:
    for part in location:
        if isinstance(part, str):
            shape = next((item.shape for item in properties(model) if item.name == part), None)
            model = shape or model
    return model
