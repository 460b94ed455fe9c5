"""Compares the desired values with the actual ones, property by property."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pacific_infra.errors import PacificError
from pacific_infra.provider.checking import key_of
from pacific_infra.provider.models.introspection import Property, properties
from pacific_infra.provider.models.model import Model
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
        """The name of the resource's property that the path is in."""
        return self.path.partition(".")[0].partition("[")[0]


def changes(
    desired: Mapping[str, Any],
    actual: Mapping[str, Any],
    model: type[Model],
    path: str = "",
    version: Version | None = None,
) -> Iterator[Change]:
    """Each difference between the plain values ``desired`` and ``actual``; the order of sets does not count.

    ``version``: vCenter's, which decides what can be changed without a replacement; None: the newest.
    """
    for item in properties(model):
        if item.meta.at_creation:
            continue
        place = f"{path}.{item.name}" if path else item.name
        before = item.meta.replace_before
        fixed = version is not None and before is not None and version < before
        for change in _value_changes(desired.get(item.name), actual.get(item.name), item, place):
            yield Change(change.path, change.kind, change.replace or fixed)


def _value_changes(desired: Any, actual: Any, item: Property, place: str) -> Iterator[Change]:
    replace = item.meta.replace
    if desired is UNKNOWN:
        yield Change(place, "add" if actual is None else "update", replace)
    elif desired is None:
        # An empty value that is no longer declared needs no change.
        if actual not in (None, [], {}):
            yield Change(place, "delete", replace)
    elif actual is None:
        yield Change(place, "add", replace)
    elif item.is_list and item.meta.key:
        yield from _set_changes(desired, actual, item, place)
    elif item.is_list and item.model is not None and len(desired) == len(actual):
        for index, (desired_entry, actual_entry) in enumerate(zip(desired, actual, strict=True)):
            yield from _item_changes(desired_entry, actual_entry, item, f"{place}[{index}]")
    elif not item.is_list and item.model is not None:
        yield from _item_changes(desired, actual, item, place)
    elif not (_holds(actual, desired) if item.base is dict else _equal(desired, actual)):
        yield Change(place, "update", replace)


def _item_changes(desired: Any, actual: Any, item: Property, place: str) -> Iterator[Change]:
    if item.model is None or not isinstance(desired, Mapping) or not isinstance(actual, Mapping):
        if not _equal(desired, actual):
            yield Change(place, "update", item.meta.replace)
        return
    for change in changes(desired, actual, item.model, place):
        yield Change(change.path, change.kind, change.replace or item.meta.replace)


def _set_changes(desired: list[Any], actual: list[Any], item: Property, place: str) -> Iterator[Change]:
    replace = item.meta.replace
    actual_by_key = {key_of(entry, item): entry for entry in actual if entry is not UNKNOWN}
    keys = {key_of(entry, item) for entry in desired if entry is not UNKNOWN}
    leaving = {index for index, entry in enumerate(actual) if key_of(entry, item) not in keys}
    for index, entry in enumerate(desired):
        key = None if entry is UNKNOWN else key_of(entry, item)
        if key is None or UNKNOWN in key:
            leaving.discard(index)
            yield Change(f"{place}[{index}]", "update", replace)
        elif key in actual_by_key:
            yield from _item_changes(entry, actual_by_key[key], item, f"{place}[{index}]")
        elif index in leaving:
            # One path has one change: the entry that comes stands in the place of the one that goes.
            leaving.remove(index)
            yield from _item_changes(entry, actual[index], item, f"{place}[{index}]")
        else:
            yield Change(f"{place}[{index}]", "add", replace)
    for index in sorted(leaving):
        yield Change(f"{place}[{index}]", "delete", replace)


def _holds(actual: Any, desired: Any) -> bool:
    """Whether an open object has everything that is ``desired``; vCenter adds its own defaults."""
    if isinstance(desired, Mapping) and isinstance(actual, Mapping):
        return all(_holds(actual.get(name), value) for name, value in desired.items())
    if isinstance(desired, list) and isinstance(actual, list) and len(desired) == len(actual):
        return all(
            _holds(actual_entry, desired_entry) for actual_entry, desired_entry in zip(actual, desired, strict=True)
        )
    return desired is UNKNOWN or _equal(desired, actual)


def _equal(desired: Any, actual: Any) -> bool:
    return bool(desired == actual) and isinstance(desired, bool) == isinstance(actual, bool)


def value_at(values: Mapping[str, Any], path: str) -> Any:
    """The value at ``path``, names separated by dots; None where it is absent."""
    value: Any = values
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


async def with_identifiers(values: Mapping[str, Any], model: type[Model], inventory: Inventory) -> dict[str, Any]:
    """``values`` with every known reference replaced by its identifier; unchanged where vCenter does not have it."""

    async def resolve(value: Any, item: Property) -> Any:
        if isinstance(value, list):
            return [await resolve(entry, item) for entry in value]
        if item.model is not None and isinstance(value, Mapping):
            return await with_identifiers(value, item.model, inventory)
        if item.meta.reference and isinstance(value, str):
            try:
                return await inventory.identifier(item.meta.reference, value)
            except PacificError:
                return value
        return value

    known = {item.name: item for item in properties(model)}
    return {name: await resolve(value, known[name]) if name in known else value for name, value in values.items()}
