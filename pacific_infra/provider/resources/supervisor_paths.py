"""Reads and writes values of a Supervisor by path: Pulumi's paths, and names in a REST body."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.provider.models.introspection import Property, properties
from pacific_infra.provider.models.model import Model
from pacific_infra.provider.models.supervisor import SupervisorInputs

Names = tuple[str, ...]
"""The path of a value in a REST body."""


def is_within(path: str, place: str) -> bool:
    """Whether ``path`` is ``place`` or below it."""
    return path == place or path.startswith((f"{place}.", f"{place}["))


def property_at(path: str) -> tuple[type[Model], Property]:
    """The model that the property at ``path`` belongs to, and the property."""
    model: type[Model] = SupervisorInputs
    *parents, last = path.split(".")
    for name in parents:
        model = next(item.model for item in properties(model) if item.name == name and item.model is not None)
    return model, next(item for item in properties(model) if item.name == last)


def with_value(values: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """``values`` with ``value`` at ``path``."""
    name, _, rest = path.partition(".")
    return {**values, name: with_value(values.get(name) or {}, rest, value) if rest else value}


def without_value(values: Mapping[str, Any], path: str) -> dict[str, Any]:
    """``values`` without the value at ``path``."""
    name, _, rest = path.partition(".")
    if rest and isinstance(values.get(name), Mapping):
        return {**values, name: without_value(values[name], rest)}
    return {key: value for key, value in values.items() if rest or key != name}


def shown_at(answer: Any, names: Names) -> Any:
    """The value at ``names`` in an answer with lower-case names; None where it is absent."""
    for name in names:
        answer = answer.get(name.lower()) if isinstance(answer, Mapping) else None
    return answer


def put(body: dict[str, Any], names: Names, value: Any) -> None:
    """Write ``value`` into ``body`` at ``names``."""
    for name in names[:-1]:
        body = body.setdefault(name, {})
    body[names[-1]] = value
