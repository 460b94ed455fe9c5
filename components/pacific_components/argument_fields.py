"""What a component takes, read from the models of its document: each field's name, type and text. Pure."""

import keyword
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, WithJsonSchema
from pydantic.alias_generators import to_camel, to_snake
from pydantic_core import PydanticUndefined

from pacific_infra.documents.environment import OutputReference, StackOutput
from pacific_infra.documents.field_descriptions import field_descriptions
from pacific_infra.documents.marks import DOCUMENT_ONLY, PLAIN, InPrograms
from pacific_infra.documents.stack_secret import SecretTemplate, StackSecret
from pacific_infra.documents.text import TextSource


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text, a number, a truth value, or one of a few words."""

    type: type
    choices: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyValue:
    """Any JSON value."""


@dataclass(frozen=True, slots=True)
class Object:
    """An object with the fields of a model."""

    model: type[BaseModel]


@dataclass(frozen=True, slots=True)
class List:
    """A list."""

    items: "FieldType"


@dataclass(frozen=True, slots=True)
class Map:
    """An object whose keys are the user's."""

    values: "FieldType"


@dataclass(frozen=True, slots=True)
class Alternatives:
    """One of several types."""

    types: tuple["FieldType", ...]


FieldType: TypeAlias = Scalar | AnyValue | Object | List | Map | Alternatives

_TEXT_FORMS = (TextSource, StackSecret, SecretTemplate, OutputReference, StackOutput)
"""Ways in which a document names a text. A program gives the text itself, or an output."""
_SECRET_FORMS = (StackSecret, SecretTemplate)
_TEXT = Scalar(str)
_JSON_TYPES: dict[str, type] = {"string": str, "integer": int, "number": float, "boolean": bool}


@dataclass(frozen=True, slots=True)
class ArgumentField:
    """One field of a component's arguments, or of an object in them."""

    attribute: str
    """Name in the model."""
    key: str
    """Name in Python's arguments."""
    spelling: str
    """Name in documents, YAML, TypeScript and Go."""
    type: FieldType
    plain: bool
    """Whether the value as a whole cannot be an output."""
    required: bool
    default: object
    """Text, number or truth value that an absent field has; else None."""
    text: str
    """What it is."""
    secret: bool = False
    """Whether the value is a secret whoever gives it."""
    secret_of: str | None = None
    """Key of the map whose secret entries these are."""


@cache
def argument_fields(model: type[BaseModel]) -> tuple[ArgumentField, ...]:
    """The fields of ``model`` that a component takes, in the model's order.

    A map whose values may be secrets of the stack's configuration in a document is followed by a second one, for the
    entries that a program wants kept secret.
    """
    return tuple(field for name in model.model_fields for field in _fields(model, name))


def _fields(model: type[BaseModel], name: str) -> Iterator[ArgumentField]:
    info = model.model_fields[name]
    annotation = _hints(model)[name]
    marks = _metadata(annotation)
    if DOCUMENT_ONLY in marks:
        return
    spelling = info.serialization_alias or info.alias or to_camel(name)
    kind = field_type(annotation)
    plain = PLAIN in marks or holds_objects(kind)
    of_programs = [mark.text for mark in marks if isinstance(mark, InPrograms)]
    text = of_programs[0] if of_programs else field_descriptions(model).get(name, "")
    default = info.default if isinstance(info.default, str | int) else None
    key = _key(spelling)
    secret = not plain and _may_be_secret(annotation)
    yield ArgumentField(name, key, spelling, kind, plain, info.is_required(), default, text, secret)
    if isinstance(kind, Map) and _may_be_secret(annotation):
        about = (
            f"More entries of ``{key}``, whose values are secret: they go through a Secret and are secret in the state."
        )
        yield ArgumentField(
            name, f"secret_{key}", to_camel(f"secret_{spelling}"), Map(_TEXT), True, False, None, about, True, key
        )


def _key(spelling: str) -> str:
    key = to_snake(spelling)
    return f"{key}_" if keyword.iskeyword(key) else key


@cache
def _hints(model: type[BaseModel]) -> dict[str, Any]:
    return get_type_hints(model, include_extras=True)


def _metadata(annotation: Any) -> tuple[Any, ...]:
    return annotation.__metadata__ if get_origin(annotation) is Annotated else ()


def field_type(annotation: Any) -> FieldType:
    """The type that a component takes where a document has ``annotation``."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of_metadata(annotation.__metadata__) or field_type(arguments[0])
    if origin in (Union, UnionType):
        types = dict.fromkeys(field_type(part) for part in arguments if part is not type(None))
        return next(iter(types)) if len(types) == 1 else Alternatives(tuple(types))
    if origin is tuple:
        return List(field_type(arguments[0]))
    if origin is dict:
        return Map(field_type(arguments[1]))
    return Scalar(type(arguments[0]), arguments) if origin is Literal else _single_type(annotation)


def _single_type(annotation: type) -> FieldType:
    if annotation is Any:
        return AnyValue()
    if issubclass(annotation, _TEXT_FORMS):
        return _TEXT
    return Object(annotation) if issubclass(annotation, BaseModel) else Scalar(annotation)


def _of_metadata(metadata: tuple[Any, ...]) -> FieldType | None:
    """The type that a field's metadata says it is written in, where that is another one than it is kept in."""
    for item in metadata:
        written = getattr(item, "json_schema_input_type", PydanticUndefined)
        if written is not PydanticUndefined:
            return field_type(written)
        if isinstance(item, WithJsonSchema) and (described := _described(item.json_schema)) is not None:
            return described
    return None


def _described(schema: dict[str, Any] | None) -> FieldType | None:
    """The type that a JSON Schema of single values says; None for another one."""
    parts = [part.get("type") for part in (schema or {}).get("anyOf", [schema or {}])]
    names = [name for part in parts for name in (part if isinstance(part, list) else [part])]
    if not names or not all(name in _JSON_TYPES for name in names):
        return None
    types = tuple(Scalar(_JSON_TYPES[name]) for name in names)
    return types[0] if len(types) == 1 else Alternatives(types)


def _may_be_secret(annotation: Any) -> bool:
    """Whether a document may name a secret of the stack's configuration here."""
    if isinstance(annotation, type):
        return issubclass(annotation, _SECRET_FORMS)
    return any(_may_be_secret(part) for part in get_args(annotation))


def objects_in(kind: FieldType) -> Iterator[type[BaseModel]]:
    """The models of the objects in ``kind`` itself, not of those in these."""
    match kind:
        case Object(model):
            yield model
        case List(inner) | Map(inner):
            yield from objects_in(inner)
        case Alternatives(types):
            for part in types:
                yield from objects_in(part)


def holds_objects(kind: FieldType) -> bool:
    """Whether ``kind`` has objects: their rules and defaults need them known, while their fields may be outputs."""
    return any(objects_in(kind))
