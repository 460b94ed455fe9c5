"""Plain values of a model to vCenter's REST bodies and back."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.checking import key_of
from pacific_infra.provider.models.shape import Shape
from pacific_infra.provider.models.walk import Property, properties
from pacific_infra.vcenter.inventory import Inventory


async def request_body(
    values: Mapping[str, Any], model: type[Shape], inventory: Inventory, path: str = ""
) -> dict[str, Any]:
    """What vCenter takes for ``values``: wire names, identifiers for names. Raises PacificError for an unknown name."""
    body: dict[str, Any] = {}
    for item in properties(model):
        value = values.get(item.name, item.default)
        if value is None or item.trait.local or item.trait.later:
            continue
        body[item.wire] = await _sent(value, item, inventory, f"{path}.{item.name}" if path else item.name)
    return body


async def _sent(value: Any, item: Property, inventory: Inventory, path: str) -> Any:
    if isinstance(value, list):
        return [await _sent(each, item, inventory, f"{path}[{index}]") for index, each in enumerate(value)]
    if item.shape is not None:
        return await request_body(value, item.shape, inventory, path)
    if item.trait.reference:
        return await inventory.identifier(item.trait.reference, value, place=path)
    return value


async def observed(
    answer: Mapping[str, Any], model: type[Shape], declared: Mapping[str, Any] | None, inventory: Inventory
) -> dict[str, Any]:
    """What vCenter's ``answer`` (lower-case names) says of the properties of ``model``.

    Only what is ``declared`` is reported, since what the user does not name is not ours; with None, for an import, all
    that is set. Names stay as the user wrote them wherever they stand for what is there, sets keep the user's order.
    """
    values: dict[str, Any] = {}
    for item in properties(model):
        ours = None if declared is None else declared.get(item.name)
        if declared is not None and ours is None and not item.trait.always:
            continue
        if item.trait.local or item.trait.write_only:
            value = ours
        else:
            value = await _observed_value(answer.get(item.wire.lower()), item, ours, inventory)
        if value is not None and (ours is not None or value not in ("", [], {})):
            values[item.name] = value
    return values


async def _observed_value(raw: Any, item: Property, ours: Any, inventory: Inventory) -> Any:
    if item.is_list:
        return await _observed_list(raw if isinstance(raw, list) else [], item, ours, inventory)
    if item.base is dict:
        return raw if ours is None else _declared_part(raw, ours)
    if item.shape is not None:
        inner = ours if isinstance(ours, Mapping) else None
        return await observed(raw if isinstance(raw, Mapping) else {}, item.shape, inner, inventory)
    if item.trait.reference and isinstance(raw, str):
        return await _notation(raw, item.trait.reference, ours, inventory)
    if raw is None and ours == "":
        return ""
    return raw


def _declared_part(raw: Any, ours: Any) -> Any:
    """Of an open object only what the user has named: vCenter fills in the rest."""
    if isinstance(raw, Mapping) and isinstance(ours, Mapping):
        return {name: _declared_part(raw[name], value) for name, value in ours.items() if name in raw}
    if isinstance(raw, list) and isinstance(ours, list) and len(raw) == len(ours):
        return [_declared_part(one, other) for one, other in zip(raw, ours, strict=True)]
    return raw


async def _observed_list(raw: list[Any], item: Property, ours: Any, inventory: Inventory) -> list[Any]:
    mine = list(ours) if isinstance(ours, list) else []
    seen = []
    value: Any
    for index, each in enumerate(raw):
        if item.shape is None:
            value = await _notation(each, item.trait.reference, each if each in mine else None, inventory, mine)
        else:
            partner = await _partner(each, index, item, mine, inventory)
            value = await observed(each, item.shape, partner, inventory)
        seen.append(value)
    if not item.trait.key:
        return seen
    order = {key_of(each, item): index for index, each in enumerate(mine)}
    return sorted(seen, key=lambda each: order.get(key_of(each, item), len(order)))


async def _partner(
    raw: Mapping[str, Any], index: int, item: Property, mine: list[Any], inventory: Inventory
) -> Mapping[str, Any] | None:
    """The user's entry that stands for the same as vCenter's ``raw``."""
    assert item.shape is not None  # noqa: S101 - only called for lists of objects
    if not item.trait.key:
        return mine[index] if index < len(mine) else None
    keys = [each for each in properties(item.shape) if each.attribute in item.trait.key]
    for entry in mine:
        for key in keys:
            given, found = entry.get(key.name), raw.get(key.wire.lower())
            if key.trait.reference and isinstance(given, str):
                given = await _identifier(key.trait.reference, given, inventory)
            if given != found:
                break
        else:
            return dict(entry)
    return None


async def _notation(
    raw: str, kind: str | None, ours: Any, inventory: Inventory, candidates: list[Any] | None = None
) -> str:
    """``raw`` as the user writes it: his own word for it, else its name."""
    if kind is None or ours == raw:
        return raw
    for candidate in candidates if candidates is not None else [ours]:
        if isinstance(candidate, str) and await _identifier(kind, candidate, inventory) == raw:
            return candidate
    return await inventory.name(kind, raw)


async def _identifier(kind: str, name: str, inventory: Inventory) -> str:
    try:
        return await inventory.identifier(kind, name)
    except PacificError:
        return name
