"""The one place where Pulumi's property values become plain Python values and come back.

Plain values are dicts, lists, str, int, float, bool and ``UNKNOWN``. What the SDK leaves to us: an unknown arrives as
a string that equals the engine's sentinel, whole numbers arrive as floats, ints are not taken back, a null in an object
means that the property is absent, and secrets wrap any value at any depth.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from pulumi.provider.experimental.property_value import Computed, PropertyValue
from pulumi.runtime import rpc

from pacific_infra.provider.models.shape import Shape
from pacific_infra.provider.models.walk import properties


class Unknown:
    """A value that is not known before something else has been made."""

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


def property_values(values: Mapping[str, Any], model: type[Shape], secrets: frozenset[str] = frozenset()) -> Properties:
    """``values`` as Pulumi takes them; marked is what ``model`` calls secret, and what is at the paths ``secrets``."""
    return _mark(values, model, "", secrets)


def secret_paths(values: Mapping[str, PropertyValue], path: str = "") -> frozenset[str]:
    """The paths (``a.b``) where the user has put a secret; that of the whole list for a secret in a list."""
    found: set[str] = set()
    for name, value in values.items():
        place = f"{path}.{name}" if path else name
        if isinstance(value.value, Mapping) and not value.is_secret:
            found |= secret_paths(value.value, place)
        elif value.contains_secret():
            found.add(place)
    return frozenset(found)


def has_unknown(value: Any) -> bool:
    """Whether ``value`` is unknown or holds something that is."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def _mark(values: Mapping[str, Any], model: type[Shape], path: str, secrets: frozenset[str]) -> Properties:
    known = {item.name: item for item in properties(model)}
    marked: Properties = {}
    for name, value in values.items():
        if value is None:
            continue
        item, place = known.get(name), f"{path}.{name}" if path else name
        shape = item.shape if item else None
        # What has no model has its secrets as a whole.
        secret = place in secrets or (shape is None and any(each.startswith(f"{place}.") for each in secrets))
        if shape is not None and isinstance(value, Mapping):
            converted = PropertyValue(_mark(value, shape, place, secrets))
        elif shape is not None and isinstance(value, list):
            converted = PropertyValue(
                [
                    PropertyValue(_mark(each, shape, place, secrets))
                    if isinstance(each, Mapping)
                    else property_value(each)
                    for each in value
                ]
            )
        else:
            converted = property_value(value)
        secret = secret or (item is not None and item.trait.secret)
        marked[name] = converted.with_secret(True) if secret else converted
    return marked
