"""Reads and writes values at paths: fields of documents by their models, properties of resources by their names.

A path of fields is ``limits.cpu``. A path of properties may choose an item of a list by one of its properties:
``ipAssignments[assignee=NODE].ranges``.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, get_args

from pydantic.fields import FieldInfo

from pacific_infra.documents.model import Model, named

Values = Mapping[str, Any]
M = TypeVar("M", bound=Model)
_STEP = re.compile(r"(\w+)(?:\[(\w+)=(\w+)\])?")


def field_at(part: Model, path: str) -> Any:
    """The value of the field at ``path``; None where it says nothing."""
    name, _, rest = path.partition(".")
    attribute = attributes(type(part))[name]
    value = meaning(type(part).model_fields[attribute], getattr(part, attribute))
    return field_at(value, rest) if rest and isinstance(value, Model) else value


def meaning(field: FieldInfo, value: Any) -> Any:
    """What ``value`` of ``field`` says: an empty list says nothing where that is the default.

    Where the default is None, it says that there are to be none.
    """
    is_empty = isinstance(value, list | tuple) and not value
    return None if is_empty and field.get_default(call_default_factory=True) == () else value


@cache
def attributes(model: type[Model]) -> Mapping[str, str]:
    """The attributes of ``model`` by the documents' names of its fields."""
    return {str(field.validation_alias or field.alias or name): name for name, field in model.model_fields.items()}


def unchecked(model: type[M], values: Values) -> M:
    """An object of ``model`` with ``values``, by the documents' names, as they are: no rule is asked.

    Fields that are required and have no value are None.
    """
    required = [name for name, field in model.model_fields.items() if field.is_required()]
    fields: dict[str, Any] = dict.fromkeys(required)
    for name, attribute in attributes(model).items():
        value, within = values.get(name), _model_within(model.model_fields[attribute].annotation)
        if value is not None:
            fields[attribute] = _unchecked_value(within, value)
    return model.model_construct(**fields)


def _unchecked_value(model: type[Model] | None, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_unchecked_value(model, named(item) if model else item) for item in value)
    return unchecked(model, value) if model and isinstance(value, Mapping) else value


def property_at(values: Values, path: str) -> Any:
    """The value of the property at ``path``; None: there is none."""
    value: Any = values
    for name, key, word in _steps(path):
        value = value.get(name) if isinstance(value, Mapping) else None
        if key:
            value = next((item for item in value or () if item.get(key) == word), None)
    return value


def write(values: dict[str, Any], path: str, value: Any) -> None:
    """Set ``value`` at ``path``; the objects around it, and the chosen items of lists, are added where they lack."""
    *outer, (last, _, _) = _steps(path)
    for name, key, word in outer:
        if not key:
            values = values.setdefault(name, {})
            continue
        items = values.setdefault(name, [])
        if all(item[key] != word for item in items):
            items.append({key: word})
        values = next(item for item in items if item[key] == word)
    values[last] = value


def property_names(path: str) -> list[str]:
    """The names of the properties on ``path``."""
    return [name for name, _, _ in _steps(path)]


def _steps(path: str) -> list[tuple[str, str, str]]:
    """The name of each step, and the property and the word that choose an item of its list, empty for none."""
    return [(match[1], match[2] or "", match[3] or "") for match in map(_STEP.fullmatch, path.split(".")) if match]


def _model_within(annotation: Any) -> type[Model] | None:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_within(part)) is not None), None)
