"""The JSON Schema of documents, for editors and for messages. The models are its only source."""

import re
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core.core_schema import ModelSchema

from pacific_infra.documents.field_descriptions import field_descriptions
from pacific_infra.documents.model import API_VERSION, Model
from pacific_infra.documents.models import ALL_MODELS, EXTERNAL_MODELS
from pacific_infra.documents.source import Path
from pacific_infra.documents.template import NamespacedUse, Use


@cache
def json_schema() -> dict[str, Any]:
    """One schema (draft 2020-12) for a document of any kind; ``kind`` decides which rules hold. Do not change it."""
    every: tuple[type[Model], ...] = (*ALL_MODELS.values(), *EXTERNAL_MODELS.values(), Use, NamespacedUse)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"pacific-infra document, {API_VERSION}",
        "type": "object",
        "properties": {
            "apiVersion": {"const": API_VERSION, "description": "Version of the document's form."},
            "kind": {"enum": list(ALL_MODELS), "description": "What the document describes."},
        },
        "required": ["apiVersion", "kind"],
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
                "then": _one_of_a_kind(kind),
            }
            for kind in ALL_MODELS
        ],
        "$defs": _definitions(*every),
    }


@cache
def _definitions(*models: type[BaseModel]) -> dict[str, Any]:
    """The schemas of models and of all that they name, by name."""
    _, schema = models_json_schema(
        [(model, "validation") for model in models], by_alias=True, schema_generator=_WithDescriptions
    )
    definitions: dict[str, Any] = schema["$defs"]
    for definition in definitions.values():
        _drop_titles(definition)
        _drop_absence(definition)
    return definitions


def _one_of_a_kind(kind: str) -> dict[str, Any]:
    """The schema of a kind's documents; the field ``external`` decides whether one is only looked up."""
    owned = {"$ref": f"#/$defs/{kind}"}
    if kind not in EXTERNAL_MODELS:
        return owned
    external = {"properties": {"external": {"not": {"const": False}}}, "required": ["external"]}
    return {
        "if": {"properties": {"spec": external}, "required": ["spec"]},
        "then": {"$ref": f"#/$defs/{EXTERNAL_MODELS[kind].__name__}"},
        "else": owned,
    }


class _WithDescriptions(GenerateJsonSchema):
    """Describes each field by the text below it in the source."""

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        written = super().model_schema(schema)
        model = schema["cls"]
        texts = field_descriptions(model)
        for name, field in model.model_fields.items():
            described = written["properties"].get(field.validation_alias or name, {})
            if name in texts:
                described.setdefault("description", texts[name])
        return written


def _drop_titles(schema: dict[str, Any]) -> None:
    schema.pop("title", None)
    for field in schema.get("properties", {}).values():
        field.pop("title", None)


def _drop_absence(schema: dict[str, Any]) -> None:
    """Take away what says only that a field may be left out: an editor would offer ``null``, or fill it in.

    The default of an object or a list goes too, since an editor inserts it field by field.
    """
    for field in schema.get("properties", {}).values():
        values = [choice for choice in field.get("anyOf", ()) if choice != {"type": "null"}]
        if len(values) == 1 and "description" not in values[0]:
            del field["anyOf"]
            field.update(values[0])
        elif values:
            field["anyOf"] = values
        if field.get("default") is None or isinstance(field["default"], dict | list):
            field.pop("default", None)


def schemas_at(name: str, path: Path, model: type[BaseModel] | None = None) -> list[dict[str, Any]]:
    """Every schema that the value at ``path`` may keep; none where the path leads nowhere.

    It begins at ``model``, or at the documents' model of that ``name``.
    """
    definitions = json_schema()["$defs"] if model is None else _definitions(model)
    schemas = _resolved({"$ref": f"#/$defs/{name if model is None else model.__name__}"}, definitions)
    for element in path:
        parts = [part for schema in schemas for part in _step(schema, element)]
        schemas = [resolved for part in parts for resolved in _resolved(part, definitions)]
    return schemas


def _step(schema: dict[str, Any], element: str | int) -> list[dict[str, Any]]:
    if isinstance(element, int):
        items = schema.get("items")
        return [items] if isinstance(items, dict) else []
    field = schema.get("properties", {}).get(element, schema.get("additionalProperties"))
    fields = [field, *(value for key, value in schema.get("patternProperties", {}).items() if re.search(key, element))]
    return [field for field in fields if isinstance(field, dict)]


def _resolved(schema: dict[str, Any], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    """``schema`` and the alternatives that it names, without references; a field's own description stays with it."""
    if "$ref" in schema:
        definition = definitions[schema["$ref"].rpartition("/")[2]]
        return _resolved({**definition, **{key: value for key, value in schema.items() if key != "$ref"}}, definitions)
    alternatives = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return [schema, *(resolved for part in alternatives for resolved in _resolved(part, definitions))]
