"""Converts plain values of a model to vCenter's REST bodies and back."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.checking import key_of
from pacific_infra.provider.models.introspection import Property, properties
from pacific_infra.provider.models.model import Model
from pacific_infra.vcenter.inventory import Inventory


async def request_body(
    values: Mapping[str, Any], model: type[Model], inventory: Inventory, path: str = ""
) -> dict[str, Any]:
    """The REST body for ``values``: wire names, identifiers for names. Raises PacificError for an unknown name."""
    body: dict[str, Any] = {}
    for item in properties(model):
        value = values.get(item.name, item.default)
        if value is None or item.meta.local or item.meta.later:
            continue
        body[item.wire] = await _sent(value, item, inventory, f"{path}.{item.name}" if path else item.name)
    return body


async def _sent(value: Any, item: Property, inventory: Inventory, path: str) -> Any:
    if isinstance(value, list):
        return [await _sent(entry, item, inventory, f"{path}[{index}]") for index, entry in enumerate(value)]
    if item.model is not None:
        return await request_body(value, item.model, inventory, path)
    if item.meta.reference:
        return await inventory.identifier(item.meta.reference, value, place=path)
    return value


async def observed_values(
    answer: Mapping[str, Any], model: type[Model], declared: Mapping[str, Any] | None, inventory: Inventory
) -> dict[str, Any]:
    """The values that vCenter's ``answer`` (lower-case names) has for the properties of ``model``.

    Only ``declared`` properties are reported, since the others are not managed; with None, for an import, all that are
    set. A name stays as the user wrote it wherever it means the same object, and sets keep the user's order.
    """
    values: dict[str, Any] = {}
    for item in properties(model):
        declared_value = None if declared is None else declared.get(item.name)
        if declared is not None and declared_value is None and not item.meta.always:
            continue
        if item.meta.local or item.meta.write_only:
            value = declared_value
        else:
            value = await _observed_value(answer.get(item.wire.lower()), item, declared_value, inventory)
        if value is not None and (declared_value is not None or value not in ("", [], {})):
            values[item.name] = value
    return values


async def _observed_value(raw: Any, item: Property, declared_value: Any, inventory: Inventory) -> Any:
    if item.is_list:
        return await _observed_list(raw if isinstance(raw, list) else [], item, declared_value, inventory)
    if item.base is dict:
        return raw if declared_value is None else _declared_part(raw, declared_value)
    if item.model is not None:
        inner = declared_value if isinstance(declared_value, Mapping) else None
        return await observed_values(raw if isinstance(raw, Mapping) else {}, item.model, inner, inventory)
    if item.meta.reference and isinstance(raw, str):
        return await _notation(raw, item.meta.reference, declared_value, inventory)
    if raw is None and declared_value == "":
        return ""
    return raw


def _declared_part(raw: Any, declared_value: Any) -> Any:
    """The declared part of an open object: vCenter fills in the rest."""
    if isinstance(raw, Mapping) and isinstance(declared_value, Mapping):
        return {name: _declared_part(raw[name], value) for name, value in declared_value.items() if name in raw}
    if isinstance(raw, list) and isinstance(declared_value, list) and len(raw) == len(declared_value):
        return [
            _declared_part(raw_entry, declared_entry)
            for raw_entry, declared_entry in zip(raw, declared_value, strict=True)
        ]
    return raw


async def _observed_list(raw: list[Any], item: Property, declared_value: Any, inventory: Inventory) -> list[Any]:
    declared_entries = list(declared_value) if isinstance(declared_value, list) else []
    seen = []
    value: Any
    for index, entry in enumerate(raw):
        if item.model is None:
            value = await _notation(
                entry,
                item.meta.reference,
                entry if entry in declared_entries else None,
                inventory,
                declared_entries,
            )
        else:
            partner = await _declared_entry(entry, index, item, declared_entries, inventory)
            value = await observed_values(entry, item.model, partner, inventory)
        seen.append(value)
    if not item.meta.key:
        return seen
    order = {key_of(entry, item): index for index, entry in enumerate(declared_entries)}
    return sorted(seen, key=lambda entry: order.get(key_of(entry, item), len(order)))


async def _declared_entry(
    raw: Mapping[str, Any], index: int, item: Property, declared_entries: list[Any], inventory: Inventory
) -> Mapping[str, Any] | None:
    """The user's entry for the same thing as vCenter's entry ``raw``: by key, or by position without one."""
    assert item.model is not None  # noqa: S101 - only called for lists of objects
    if not item.meta.key:
        return declared_entries[index] if index < len(declared_entries) else None
    keys = [member for member in properties(item.model) if member.attribute in item.meta.key]
    for entry in declared_entries:
        for key in keys:
            declared_value, raw_value = entry.get(key.name), raw.get(key.wire.lower())
            if key.meta.reference and isinstance(declared_value, str):
                declared_value = await _identifier(key.meta.reference, declared_value, inventory)
            if declared_value != raw_value:
                break
        else:
            return dict(entry)
    return None


async def _notation(
    raw: str, kind: str | None, declared_value: Any, inventory: Inventory, candidates: list[Any] | None = None
) -> str:
    """The identifier ``raw`` as the user writes it: the declared notation if it means the same, else its name."""
    if kind is None or declared_value == raw:
        return raw
    for candidate in candidates if candidates is not None else [declared_value]:
        if isinstance(candidate, str) and await _identifier(kind, candidate, inventory) == raw:
            return candidate
    return await inventory.name(kind, raw)


async def _identifier(kind: str, name: str, inventory: Inventory) -> str:
    try:
        return await inventory.identifier(kind, name)
    except PacificError:
        return name
