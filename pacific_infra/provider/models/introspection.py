"""Reads the models' annotations: what schema, SDK, conversions and comparison need to know about a field."""

import types
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from pacific_infra.provider.models.model import Meta, Model


@dataclass(frozen=True)
class Property:
    """One property of a model, read out of its annotation."""

    attribute: str
    name: str
    """camelCase name in Pulumi."""
    wire: str
    """Name in vCenter's REST bodies."""
    base: type
    """``str``, ``int``, ``bool``, a Model, or ``dict`` for any object: of the value, or of the items of a list."""
    is_list: bool
    required: bool
    default: Any
    choices: tuple[str | int, ...]
    description: str
    meta: Meta
    may_be_empty: bool

    @property
    def empty(self) -> Any:
        """The value that says that there is none: an empty list or text; None where it cannot be empty."""
        if not self.may_be_empty:
            return None
        return [] if self.is_list else "" if self.base is str and not self.choices else None

    @property
    def text(self) -> str:
        """The description with the choices and the first version of vCenter."""
        text = self.description
        if self.choices:
            text = f"{text} One of {', '.join(str(choice) for choice in self.choices)}."
        if self.meta.since:
            text = f"{text} Needs vCenter {version_text(self.meta.since)} or newer."
        return text

    @property
    def model(self) -> type[Model] | None:
        """The model of the value or of the list's items; None for a plain value."""
        return self.base if issubclass(self.base, Model) else None


def version_text(version: tuple[int, int, int]) -> str:
    """``(8, 0, 2)`` -> ``8.0 U2``, ``(9, 1, 0)`` -> ``9.1``, as VMware writes it."""
    major, minor, patch = version
    return f"{major}.{minor} U{patch}" if patch else f"{major}.{minor}"


@cache
def properties(model: type[Model]) -> tuple[Property, ...]:
    """The properties of ``model`` in the order they are declared; read once, since every comparison asks for them."""
    return tuple(_property(model, attribute, field) for attribute, field in model.model_fields.items())


def _property(model: type[Model], attribute: str, field: FieldInfo) -> Property:
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
    meta = model.meta(attribute)
    return Property(
        attribute=attribute,
        name=field.alias or attribute,
        wire=meta.wire or attribute,
        base=annotation,
        is_list=is_list,
        required=field.is_required(),
        default=None if field.is_required() else field.default,
        choices=choices,
        description=field.description or "",
        meta=meta,
        may_be_empty=not any(getattr(limit, "min_length", None) for limit in field.metadata),
    )


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        (annotation,) = (item for item in get_args(annotation) if item is not type(None))
    return annotation


def nested_models(model: type[Model]) -> list[type[Model]]:
    """All models that ``model`` contains, each once, inner before outer, without ``model`` itself."""
    models: list[type[Model]] = []

    def visit(inner: type[Model]) -> None:
        for item in properties(inner):
            if item.model is not None and item.model not in models:
                visit(item.model)
                if item.model not in models:
                    models.append(item.model)

    visit(model)
    return models
