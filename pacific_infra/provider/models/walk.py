"""Reads the models' annotations: what schema, SDK, conversions and comparison all need to know of a field."""

import types
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from pacific_infra.provider.models.shape import Shape, Trait


@dataclass(frozen=True)
class Property:
    """One property of a model, read out of its annotation."""

    attribute: str
    name: str
    """camelCase name in Pulumi."""
    wire: str
    """Name in vCenter's REST bodies."""
    base: type
    """``str``, ``int``, ``bool``, a Shape, or ``dict`` for any object: of the value, or of the items of a list."""
    is_list: bool
    required: bool
    default: Any
    choices: tuple[str | int, ...]
    description: str
    trait: Trait

    @property
    def text(self) -> str:
        """The description with all that the reader has to know: choices, and the version that it came with."""
        text = self.description
        if self.choices:
            text = f"{text} One of {', '.join(str(choice) for choice in self.choices)}."
        if self.trait.since:
            text = f"{text} Needs vCenter {version_text(self.trait.since)} or newer."
        return text

    @property
    def shape(self) -> type[Shape] | None:
        """The model of the value or of the list's items; None for a plain value."""
        return self.base if issubclass(self.base, Shape) else None


def version_text(version: tuple[int, int, int]) -> str:
    """``(8, 0, 2)`` -> ``8.0 U2``, ``(9, 1, 0)`` -> ``9.1``, as VMware writes it."""
    major, minor, patch = version
    return f"{major}.{minor} U{patch}" if patch else f"{major}.{minor}"


@cache
def properties(model: type[Shape]) -> tuple[Property, ...]:
    """The properties of ``model`` in the order they are declared; read once, since every comparison asks for them."""
    return tuple(_property(model, attribute, field) for attribute, field in model.model_fields.items())


def _property(model: type[Shape], attribute: str, field: FieldInfo) -> Property:
    annotation = _without_none(field.annotation)
    is_list = get_origin(annotation) is list
    if is_list:
        annotation = _without_none(get_args(annotation)[0])
    choices: tuple[str | int, ...] = ()
    if get_origin(annotation) is Literal:
        choices = get_args(annotation)
        annotation = type(choices[0])
    if get_origin(annotation) is dict:
        annotation = dict
    trait = model.trait(attribute)
    return Property(
        attribute=attribute,
        name=field.alias or attribute,
        wire=trait.wire or attribute,
        base=annotation,
        is_list=is_list,
        required=field.is_required(),
        default=None if field.is_required() else field.default,
        choices=choices,
        description=field.description or "",
        trait=trait,
    )


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        (annotation,) = (item for item in get_args(annotation) if item is not type(None))
    return annotation


def nested(model: type[Shape]) -> list[type[Shape]]:
    """All models that ``model`` is made of, each once, the inner before the outer, without ``model`` itself."""
    found: list[type[Shape]] = []

    def visit(shape: type[Shape]) -> None:
        for item in properties(shape):
            if item.shape is not None and item.shape not in found:
                visit(item.shape)
                if item.shape not in found:
                    found.append(item.shape)

    visit(model)
    return found
