"""Secrets of the stack's configuration inside custom resources and manifests."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from pacific_infra.documents.custom_resource import CustomResource
from pacific_infra.documents.custom_resource_definition import CustomResourceDefinition
from pacific_infra.documents.names import CONFIG_KEY
from pacific_infra.documents.source import Path
from pacific_infra.documents.stack_secret import MARK, AnySecret, SecretTemplate, SecretText
from pacific_infra.documents.text import TextSource

Schema = Mapping[str, Any]


def with_secrets(value: Any, schema: Schema) -> Any:
    """``value`` with each ``{config: KEY}`` and ``{template: TEXT}`` as the secret that it names.

    ``schema`` is the structural schema of ``value``: where it takes an object, the fields config and template are the
    object's own.
    """
    if isinstance(value, dict):
        secret = _secret(value) if _takes_text(schema) else None
        if secret is not None:
            return secret
        fields, others = schema.get("properties", {}), schema.get("additionalProperties")
        rest = others if isinstance(others, Mapping) else {}
        return {name: with_secrets(item, fields.get(name, rest)) for name, item in value.items()}
    if isinstance(value, list):
        items = schema.get("items")
        return [with_secrets(item, items if isinstance(items, Mapping) else {}) for item in value]
    return value


def _takes_text(schema: Schema) -> bool:
    if "type" in schema:
        return schema["type"] not in ("object", "array")
    return not ("properties" in schema or "additionalProperties" in schema)


def _secret(value: Mapping[str, Any]) -> SecretText | SecretTemplate | None:
    texts = all(isinstance(item, str) for item in value.values())
    if texts and value.keys() in ({"config"}, {"config", "format"}) and re.fullmatch(CONFIG_KEY, value["config"]):
        return SecretText.model_construct(**value)
    if texts and value.keys() == {"template"} and MARK in value["template"]:
        return SecretTemplate.model_construct(template=TextSource(text=value["template"]))
    return None


def resource_with_secrets(document: CustomResource, definition: CustomResourceDefinition) -> dict[str, Any]:
    """The fields of a custom resource, with each secret that it names in its place."""
    spec = definition.spec
    version = document.spec.version or spec.storage_version
    schema = spec.schema_of(version) if version in spec.versions else {}
    return {
        name: with_secrets(item, schema.get("properties", {}).get(name, {}))
        for name, item in document.spec.resource.items()
    }


def secrets_in(value: Any, path: Path = ()) -> Iterator[tuple[Path, AnySecret]]:
    """Each secret in a part of a document or in plain values, with its path."""
    if isinstance(value, AnySecret):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            held = getattr(value, name)
            if isinstance(held, BaseModel | Mapping | tuple):
                yield from secrets_in(held, (*path, field.serialization_alias or name))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from secrets_in(item, (*path, name))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from secrets_in(item, (*path, index))


def template_values(value: Any) -> Any:
    """``value`` of a manifest, with each text that has marks of secrets as the template that it is."""
    if isinstance(value, str) and MARK in value:
        return SecretTemplate.model_construct(template=TextSource(text=value))
    if isinstance(value, dict):
        return {name: template_values(item) for name, item in value.items()}
    if isinstance(value, list):
        return [template_values(item) for item in value]
    return value


def misplaced_marks(manifest: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Where a manifest takes no secret and has the mark of one: the path, and what to do instead."""
    for name in ("apiVersion", "kind", "metadata"):
        for path in _marks(manifest.get(name), (name,)):
            yield path, "remove it: what an object is called and labelled is not secret"
    if manifest.get("kind") == "Secret":
        for path in _marks(manifest.get("data"), ("data",)):
            yield path, "write it in stringData: data is base64"
    yield from ((path, "remove it: a field's name is not secret") for path in _marked_names(manifest, ()))


def _marks(value: Any, path: Path) -> Iterator[Path]:
    return (where for where, _ in secrets_in(template_values(value), path))


def _marked_names(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, dict):
        for name, item in value.items():
            if isinstance(name, str) and MARK in name:
                yield (*path, name)
            yield from _marked_names(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _marked_names(item, (*path, index))
