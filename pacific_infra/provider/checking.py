"""Finds every error in a resource's properties, with path and reason. Unknown values are accepted."""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pacific_infra.errors import PacificError
from pacific_infra.provider.models.introspection import Property, properties, version_text
from pacific_infra.provider.models.model import Model, RuleBroken
from pacific_infra.provider.property_values import UNKNOWN, has_unknown
from pacific_infra.vcenter.inventory import Inventory, nearest
from pacific_infra.vcenter.version import Version

Failure = tuple[str, str]
"""Property path and reason."""
_ALLOWED = {
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "string_pattern_mismatch": "a label of RFC 1123: 1 to 63 of a-z, 0-9 and -, with no - at either end",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "too_short": "{min_length} or more items",
    "too_long": "{max_length} at most",
    "dict_type": "an object",
}
_CREATABLE = ("Supervisor", "VM class", "zone", "Supervisor Service")
_CREATED_BY_RESOURCE = "; fix: name one that exists, or let this resource depend on the resource that creates it"


def failures(values: Mapping[str, Any], model: type[Model]) -> list[Failure]:
    """Each violation of a rule of ``model``; a rule over several properties is checked once all of them are known."""
    problems = [*_duplicates(values, model, "")]
    try:
        model.model_validate(values, strict=True)
    except ValidationError as error:
        for details in error.errors():
            location = details["loc"]
            if not _touches_unknown(values, location, details["type"]):
                broken = details.get("ctx", {}).get("error")
                place = (*location, broken.name) if isinstance(broken, RuleBroken) else location
                problems.append((path_of(place), _reason(details, model)))
    return problems


async def missing_references(
    values: Mapping[str, Any], model: type[Model], inventory: Inventory, announced: Container[tuple[str, str]]
) -> list[Failure]:
    """Each name that vCenter does not know, with the nearest names.

    ``announced``: kind and name of what other resources of the same run are going to create.
    """
    problems: list[Failure] = []
    for path, kind, name in references(values, model):
        if (kind, name) in announced:
            continue
        try:
            await inventory.identifier(kind, name)
        except PacificError as error:
            if not hasattr(error, "status"):
                problems.append((path, f"{error}{_CREATED_BY_RESOURCE if kind in _CREATABLE else ''}"))
            else:
                raise
    return problems


def references(values: Mapping[str, Any], model: type[Model], path: str = "") -> Iterator[tuple[str, str, str]]:
    """Path, kind and value of each known property that names an object of vCenter."""
    for item in properties(model):
        value = values.get(item.name)
        for place, entry in each_value(value, item, path):
            if item.meta.reference and isinstance(entry, str):
                yield place, item.meta.reference, entry
            elif item.model is not None and isinstance(entry, Mapping):
                yield from references(entry, item.model, place)


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
        for index, entry in enumerate(value):
            yield f"{place}[{index}]", entry
    elif value is not None:
        yield place, value


def _duplicates(values: Mapping[str, Any], model: type[Model], path: str) -> Iterator[Failure]:
    for item in properties(model):
        seen: list[tuple[Any, ...]] = []
        for place, entry in each_value(values.get(item.name), item, path):
            if item.model is not None and isinstance(entry, Mapping):
                yield from _duplicates(entry, item.model, place)
            if not item.meta.key or has_unknown(entry):
                continue
            key = key_of(entry, item)
            if key in seen:
                yield place, f"is named twice: {', '.join(str(part) for part in key if part is not None)}"
            seen.append(key)


def key_of(value: Any, item: Property) -> tuple[Any, ...]:
    """What identifies ``value`` among the other items of a list that is a set."""
    if item.model is None or not isinstance(value, Mapping):
        return (value,)
    names = {member.attribute: member.name for member in properties(item.model)}
    return tuple(value.get(names[attribute]) for attribute in item.meta.key)


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


def _reason(details: ErrorDetails, model: type[Model]) -> str:
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    if kind == "extra_forbidden":
        names = [item.name for item in properties(_model_at(model, details["loc"][:-1]))]
        return f"is not known; nearest: {', '.join(nearest(str(details['loc'][-1]), names))}"
    if kind == "literal_error":
        choices = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")
        return f"got {value!r}; allowed: {choices}"
    if kind in ("too_long", "too_short"):
        value = len(value)
    if kind in _ALLOWED:
        return f"got {value!r}; allowed: {_ALLOWED[kind].format(**context)}"
    plain = {
        "missing": "is required",
        "string_too_short": "must not be empty",
        "string_type": f"got a {type(value).__name__}; allowed: a string",
        "value_error": str(context.get("error", "")),
    }
    return plain.get(kind, str(details["msg"]))


def _model_at(model: type[Model], location: Sequence[str | int]) -> type[Model]:
    for part in location:
        if isinstance(part, str):
            model = next((item.model for item in properties(model) if item.name == part), None) or model
    return model


def too_new(values: Mapping[str, Any], model: type[Model], version: Version, path: str = "") -> Iterator[Failure]:
    """Each property of ``values``, known or unknown, that ``version`` does not have, and each such choice."""
    for item in properties(model):
        since = item.meta.since
        for place, value in each_value(values.get(item.name), item, path):
            if since is not None and version < since:
                yield place, _sentence("", since, version)
            elif isinstance(value, str) and version < (needed := item.meta.choices_since.get(value, version)):
                yield place, _sentence(f"got {value!r}; ", needed, version)
            elif item.model is not None and isinstance(value, Mapping):
                yield from too_new(value, item.model, version, place)


def _sentence(value: str, since: tuple[int, ...], version: Version) -> str:
    needs = version_text((since[0], since[1], since[2]))
    return f"{value}needs vCenter {needs} or newer, this one is {version}; leave it out, or upgrade vCenter"
