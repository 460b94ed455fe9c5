"""The one place where Pulumi's property values become plain Python values and come back.

Plain values are dicts, lists, str, int, float, bool and ``UNKNOWN``. The SDK leaves this to us: an unknown arrives as
a string equal to the engine's sentinel, whole numbers arrive as floats, ints are not accepted back, a null in an object
means that the property is absent, and secrets wrap any value at any depth.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from pulumi.provider.experimental.property_value import Computed, PropertyValue
from pulumi.runtime import rpc

from pacific_infra.provider.models.introspection import properties
from pacific_infra.provider.models.model import Model


class Unknown:
    """A value that is known only after another resource has been created."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN: Final = Unknown()
Properties = dict[str, PropertyValue]


def plain_properties(values: Mapping[str, PropertyValue]) -> dict[str, Any]:
    """The plain values of a resource's properties; absent and null are the same."""
    return {name: plain(value) for name, value in values.items() if value.value is not None}


def plain(value: PropertyValue) -> Any:
    """The plain value inside ``value``; secrets and dependencies are taken off."""
    inner = value.value
    if isinstance(inner, Computed) or inner == rpc.UNKNOWN:
        return UNKNOWN
    if isinstance(inner, bool) or inner is None or isinstance(inner, str):
        return inner
    if isinstance(inner, float):
        return int(inner) if inner.is_integer() else inner
    if isinstance(inner, Mapping):
        return plain_properties(inner)
    if isinstance(inner, Sequence):
        return [plain(item) for item in cast(Sequence[PropertyValue], inner)]
    raise TypeError(f"a property cannot be a {type(inner).__name__}")


def property_value(value: Any) -> PropertyValue:
    """``value`` as Pulumi takes it."""
    if value is UNKNOWN:
        return PropertyValue(rpc.UNKNOWN)
    if isinstance(value, Mapping):
        return PropertyValue({name: property_value(item) for name, item in value.items() if item is not None})
    if isinstance(value, list | tuple):
        return PropertyValue([property_value(item) for item in value])
    if isinstance(value, int) and not isinstance(value, bool):
        return PropertyValue(float(value))
    return PropertyValue(value)


def property_values(values: Mapping[str, Any], model: type[Model], secrets: frozenset[str] = frozenset()) -> Properties:
    """``values`` as Pulumi takes them. Values that ``model`` calls secret, or at the paths ``secrets``, are marked."""
    return _mark(values, model, "", secrets)


def secret_paths(values: Mapping[str, PropertyValue], path: str = "") -> frozenset[str]:
    """The paths (``a.b``) where the user has put a secret; for a secret in a list, the path of the whole list."""
    paths: set[str] = set()
    for name, value in values.items():
        place = f"{path}.{name}" if path else name
        if isinstance(value.value, Mapping) and not value.is_secret:
            paths |= secret_paths(value.value, place)
        elif value.contains_secret():
            paths.add(place)
    return frozenset(paths)


def has_unknown(value: Any) -> bool:
    """Whether ``value`` is unknown or contains an unknown value."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def _mark(values: Mapping[str, Any], model: type[Model], path: str, secrets: frozenset[str]) -> Properties:
    known = {item.name: item for item in properties(model)}
    marked: Properties = {}
    for name, value in values.items():
        if value is None:
            continue
        item, place = known.get(name), f"{path}.{name}" if path else name
        model_of_value = item.model if item else None
        # A value without a model is secret as a whole if any part of it is.
        secret = place in secrets or (
            model_of_value is None and any(secret_path.startswith(f"{place}.") for secret_path in secrets)
        )
        if model_of_value is not None and isinstance(value, Mapping):
            converted = PropertyValue(_mark(value, model_of_value, place, secrets))
        elif model_of_value is not None and isinstance(value, list):
            converted = PropertyValue(
                [
                    PropertyValue(_mark(entry, model_of_value, place, secrets))
                    if isinstance(entry, Mapping)
                    else property_value(entry)
                    for entry in value
                ]
            )
        else:
            converted = property_value(value)
        secret = secret or (item is not None and item.meta.secret)
        marked[name] = converted.with_secret(True) if secret else converted
    return marked
