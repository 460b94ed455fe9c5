"""The JSON Schema of one estate's documents: that of all documents, and of the uses of the estate's templates."""

from collections.abc import Iterable, Mapping
from typing import Any

from pacific_infra.documents.json_schema import json_schema
from pacific_infra.documents.kinds import ORDER_PATTERN, order_pattern
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
