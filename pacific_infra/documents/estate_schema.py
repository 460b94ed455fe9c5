"""The JSON Schema of one stack's documents: with the uses of its templates, and the names that its vCenter has."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, get_args

from pydantic import BaseModel

from pacific_infra.documents.document_references import ORDER_PATTERN, order_pattern
from pacific_infra.documents.kind_schemas import json_schema
from pacific_infra.documents.models import ALL_MODELS
from pacific_infra.documents.offered import offered_fields
from pacific_infra.documents.template import NamespacedUse, Template, Use


def schema_with_templates(templates: Iterable[Template]) -> dict[str, Any]:
    """One schema (draft 2020-12) for a document of any kind, and for the uses of ``templates``. It may be changed."""
    templates = list(templates)
    kinds = [template.spec.kind for template in templates]
    schema: dict[str, Any] = _with_pattern(json_schema(), order_pattern(kinds))
    schema["properties"]["kind"]["enum"] += kinds
    waits = schema["$defs"]["ApplicationSpec"]["properties"]["dependsOn"]
    schema["allOf"] += [
        {
            "if": {"properties": {"kind": {"const": template.spec.kind}}, "required": ["kind"]},
            "then": _uses_of(template, waits),
        }
        for template in templates
    ]
    return schema


def _with_pattern(value: Any, pattern: str) -> Any:
    """A copy in which ``dependsOn`` takes what ``pattern`` matches."""
    if isinstance(value, Mapping):
        return {name: _with_pattern(held, pattern) for name, held in value.items()}
    if isinstance(value, list):
        return [_with_pattern(held, pattern) for held in value]
    return pattern if value == ORDER_PATTERN else value


def _uses_of(template: Template, waits: Mapping[str, Any]) -> dict[str, Any]:
    spec = _closed(template.spec.structural_schema)
    spec["description"] = f"What {template.id} takes."
    spec["properties"] = {**spec["properties"], "dependsOn": waits}
    model = NamespacedUse if template.spec.namespaced else Use
    required = {"required": ["spec"]} if spec["required"] else {}
    return {"allOf": [{"$ref": f"#/$defs/{model.__name__}"}, {"properties": {"spec": spec}, **required}]}


def _closed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A structural schema as JSON Schema, in which an object with named fields takes no others."""
    closed = dict(schema)
    if "properties" in schema:
        closed["properties"] = {name: _closed(field) for name, field in schema["properties"].items()}
        closed["additionalProperties"] = False
    if "items" in schema:
        closed["items"] = _closed(schema["items"])
    return closed


def _fields_by_section() -> Mapping[str, Sequence[tuple[str, str]]]:
    """For each section of ``pacific discover`` the definitions of the schema, with the fields that name what it has."""
    fields: dict[str, dict[tuple[str, str], None]] = {}
    for model in _models_within([*ALL_MODELS.values()]):
        for field in offered_fields(model):
            if field.section is not None:
                fields.setdefault(field.section, {})[model.__name__, field.spelling] = None
    return {section: tuple(names) for section, names in fields.items()}


def _models_within(models: Iterable[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """``models``, and those of the objects in them."""
    seen: dict[type[BaseModel], None] = {}
    waiting = [*models]
    while waiting:
        model = waiting.pop(0)
        if model not in seen:
            seen[model] = None
            waiting += [part for info in model.model_fields.values() for part in _models_in(info.annotation)]
    yield from seen


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


_FIELDS = _fields_by_section()
LIVE_SECTIONS = tuple(_FIELDS)


def schema_with_names(schema: Mapping[str, Any], names: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """A copy of ``schema`` in which fields have the ``names`` that there are, by section, as examples.

    They are no enumeration: another document may make what is not there yet.
    """
    changed: dict[str, Any] = deepcopy(dict(schema))
    for section, fields in _FIELDS.items():
        for definition, name in fields if names.get(section) else ():
            field = changed["$defs"][definition]["properties"][name]
            described = field["items"] if field.get("type") == "array" else field
            described["examples"] = list(names[section])
    return changed
