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
    """``values`` as Pulumi takes them: what ``model`` calls secret is marked at its depth, ``secrets`` at the top."""
    marked = _mark(values, model)
    return {name: value.with_secret(True) if name in secrets else value for name, value in marked.items()}


def secret_names(values: Mapping[str, PropertyValue]) -> frozenset[str]:
    """The names of the properties in which the user has put a secret."""
    return frozenset(name for name, value in values.items() if value.contains_secret())


def has_unknown(value: Any) -> bool:
    """Whether ``value`` is unknown or holds something that is."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def _mark(values: Mapping[str, Any], model: type[Shape]) -> Properties:
    known = {item.name: item for item in properties(model)}
    marked: Properties = {}
    for name, value in values.items():
        if value is None:
            continue
        item = known.get(name)
        shape = item.shape if item else None
        if shape is not None and isinstance(value, Mapping):
            converted = PropertyValue(_mark(value, shape))
        elif shape is not None and isinstance(value, list):
            converted = PropertyValue(
                [
                    PropertyValue(_mark(each, shape)) if isinstance(each, Mapping) else property_value(each)
                    for each in value
                ]
            )
        else:
            converted = property_value(value)
        marked[name] = converted.with_secret(True) if item is not None and item.trait.secret else converted
    return marked
