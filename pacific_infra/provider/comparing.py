"""Compares what is wanted with what is there, property by property."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pacific_infra.errors import PacificError
from pacific_infra.provider.checking import key_of
from pacific_infra.provider.models.shape import Shape
from pacific_infra.provider.models.walk import Property, properties
from pacific_infra.provider.property_values import UNKNOWN
from pacific_infra.vcenter.inventory import Inventory
from pacific_infra.vcenter.version import Version


@dataclass(frozen=True)
class Change:
    """One difference. ``path`` is Pulumi's, ``storageSpecs[0].limit``."""

    path: str
    kind: Literal["add", "delete", "update"]
    replace: bool = False

    @property
    def top(self) -> str:
        """The name of the property of the resource that it lies in."""
        return self.path.partition(".")[0].partition("[")[0]


def changes(
    wanted: Mapping[str, Any],
    actual: Mapping[str, Any],
    model: type[Shape],
    path: str = "",
    version: Version | None = None,
) -> Iterator[Change]:
    """Each difference between the plain values ``wanted`` and ``actual``; the order of sets does not count.

    ``version``: vCenter's, which decides what can be changed without a replacement; None: the newest.
    """
    for item in properties(model):
        if item.trait.at_creation:
            continue
        place = f"{path}.{item.name}" if path else item.name
        before = item.trait.replace_before
        fixed = version is not None and before is not None and version < before
        for change in _value_changes(wanted.get(item.name), actual.get(item.name), item, place):
            yield Change(change.path, change.kind, change.replace or fixed)


def _value_changes(wanted: Any, actual: Any, item: Property, place: str) -> Iterator[Change]:
    replace = item.trait.replace
    if wanted is UNKNOWN:
        yield Change(place, "add" if actual is None else "update", replace)
    elif wanted is None:
        # What was empty and is no longer declared is left as it is.
        if actual not in (None, [], {}):
            yield Change(place, "delete", replace)
    elif actual is None:
        yield Change(place, "add", replace)
    elif item.is_list and item.trait.key:
        yield from _set_changes(wanted, actual, item, place)
    elif item.is_list and item.shape is not None and len(wanted) == len(actual):
        for index, (one, other) in enumerate(zip(wanted, actual, strict=True)):
            yield from _item_changes(one, other, item, f"{place}[{index}]")
    elif not item.is_list and item.shape is not None:
        yield from _item_changes(wanted, actual, item, place)
    elif not (_holds(actual, wanted) if item.base is dict else _equal(wanted, actual)):
        yield Change(place, "update", replace)


def _item_changes(wanted: Any, actual: Any, item: Property, place: str) -> Iterator[Change]:
    if item.shape is None or not isinstance(wanted, Mapping) or not isinstance(actual, Mapping):
        if not _equal(wanted, actual):
            yield Change(place, "update", item.trait.replace)
        return
    for change in changes(wanted, actual, item.shape, place):
        yield Change(change.path, change.kind, change.replace or item.trait.replace)


def _set_changes(wanted: list[Any], actual: list[Any], item: Property, place: str) -> Iterator[Change]:
    replace = item.trait.replace
    there = {key_of(each, item): each for each in actual if each is not UNKNOWN}
    named = set()
    for index, each in enumerate(wanted):
        key = None if each is UNKNOWN else key_of(each, item)
        if key is None or UNKNOWN in key:
            yield Change(f"{place}[{index}]", "update", replace)
        elif key not in there:
            yield Change(f"{place}[{index}]", "add", replace)
        else:
            named.add(key)
            yield from _item_changes(each, there[key], item, f"{place}[{index}]")
    for index, each in enumerate(actual):
        if key_of(each, item) not in named:
            yield Change(f"{place}[{index}]", "delete", replace)


def _holds(actual: Any, wanted: Any) -> bool:
    """Whether all that is ``wanted`` of an open object is there; vCenter adds defaults of its own."""
    if isinstance(wanted, Mapping) and isinstance(actual, Mapping):
        return all(_holds(actual.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list) and isinstance(actual, list) and len(wanted) == len(actual):
        return all(_holds(one, other) for one, other in zip(actual, wanted, strict=True))
    return wanted is UNKNOWN or _equal(wanted, actual)


def _equal(wanted: Any, actual: Any) -> bool:
    return bool(wanted == actual) and isinstance(wanted, bool) == isinstance(actual, bool)


def value_at(values: Mapping[str, Any], path: str) -> Any:
    """The value at ``path``, names with points between them; None where there is none."""
    value: Any = values
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


async def with_identifiers(values: Mapping[str, Any], model: type[Shape], inventory: Inventory) -> dict[str, Any]:
    """``values`` with every known reference as the identifier it stands for, or as it is where vCenter has none."""

    async def each(value: Any, item: Property) -> Any:
        if isinstance(value, list):
            return [await each(one, item) for one in value]
        if item.shape is not None and isinstance(value, Mapping):
            return await with_identifiers(value, item.shape, inventory)
        if item.trait.reference and isinstance(value, str):
            try:
                return await inventory.identifier(item.trait.reference, value)
            except PacificError:
                return value
        return value

    known = {item.name: item for item in properties(model)}
    return {name: await each(value, known[name]) if name in known else value for name, value in values.items()}
