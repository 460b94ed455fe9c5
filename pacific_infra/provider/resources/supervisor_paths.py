"""Values and properties of a Supervisor by their paths: Pulumi's, and the names that lead to a value in a body."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.provider.models.shape import Shape
from pacific_infra.provider.models.supervisor import SupervisorInputs
from pacific_infra.provider.models.walk import Property, properties

Names = tuple[str, ...]
"""Names that lead to a value in a body."""


def lies_in(path: str, place: str) -> bool:
    """Whether ``path`` is ``place`` or inside of it."""
    return path == place or path.startswith((f"{place}.", f"{place}["))


def property_at(path: str) -> tuple[type[Shape], Property]:
    """The model that the property at ``path`` belongs to, and the property."""
    model: type[Shape] = SupervisorInputs
    *parents, last = path.split(".")
    for name in parents:
        model = next(item.shape for item in properties(model) if item.name == name and item.shape is not None)
    return model, next(item for item in properties(model) if item.name == last)


def with_value(values: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """``values`` with ``value`` at ``path``."""
    name, _, rest = path.partition(".")
    return {**values, name: with_value(values.get(name) or {}, rest, value) if rest else value}


def without_value(values: Mapping[str, Any], path: str) -> dict[str, Any]:
    """``values`` without what is at ``path``."""
    name, _, rest = path.partition(".")
    if rest and isinstance(values.get(name), Mapping):
        return {**values, name: without_value(values[name], rest)}
    return {key: value for key, value in values.items() if rest or key != name}


def shown_at(answer: Any, names: Names) -> Any:
    """The value that ``names`` lead to in an answer with lower-case names; None where there is none."""
    for name in names:
        answer = answer.get(name.lower()) if isinstance(answer, Mapping) else None
    return answer


def put(body: dict[str, Any], names: Names, value: Any) -> None:
    """Write ``value`` into ``body`` where ``names`` lead."""
    for name in names[:-1]:
        body = body.setdefault(name, {})
    body[names[-1]] = value
