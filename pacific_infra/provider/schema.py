"""Pulumi's package schema of the custom resources, and the Python SDK, from the models.

``python -m pacific_components.package.schema`` writes both, with the components.
"""

import sys
from pathlib import Path
from typing import Any

from pacific_infra import __version__
from pacific_infra.provider.configuration import Configuration
from pacific_infra.provider.models.functions import FUNCTIONS, Function
from pacific_infra.provider.models.introspection import Property, nested_models, properties
from pacific_infra.provider.models.model import Model
from pacific_infra.provider.models.registry import KINDS, MODULE, PACKAGE
from pacific_infra.provider.sdk import sdk_files

_TYPES: dict[type, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    dict: {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}},
}


def package_schema() -> dict[str, Any]:
    """The schema of the custom resources; components merge theirs with ``merge``.

    Follows https://www.pulumi.com/docs/iac/packages-and-automation/schema/ .
    """
    types: dict[str, Any] = {}
    resources: dict[str, Any] = {}
    for kind in KINDS:
        for model in (*nested_models(kind.inputs), *nested_models(kind.outputs)):
            types[_token(model)] = _object(model)
        inputs = [_property_schema(item, is_input=True) for item in properties(kind.inputs)]
        computed = [_property_schema(item, is_input=False) for item in properties(kind.outputs)]
        resources[kind.token] = {
            "description": _text(kind.inputs),
            "inputProperties": dict(inputs),
            "requiredInputs": _required_names(kind.inputs, but="name"),
            "properties": {**dict(inputs), **dict(computed)},
            "required": sorted({*_required_names(kind.inputs), *_required_names(kind.outputs)}),
        }
    functions = {function.token: _function(function, types) for function in FUNCTIONS}
    variables = dict(_property_schema(item, is_input=True) for item in properties(Configuration))
    return {
        "name": PACKAGE,
        "displayName": "pacific-infra",
        "version": __version__,
        "description": "VMware vSphere Supervisors and vSphere Namespaces, fully declared.",
        "keywords": ["pulumi", "vsphere", "supervisor", "kubernetes"],
        "license": "Apache-2.0",
        "meta": {"moduleFormat": "(.*)"},
        "config": {"variables": variables, "defaults": []},
        "provider": {
            "description": _text(Configuration),
            "inputProperties": variables,
            "properties": variables,
            "requiredInputs": _required_names(Configuration),
        },
        "types": types,
        "resources": resources,
        "functions": functions,
        "language": {
            # Without them the Go SDK does not compile: types that are only plain inputs would have no Args.
            "go": {"generateExtraInputTypes": True, "respectSchemaVersion": True},
            "nodejs": {"respectSchemaVersion": True},
            "python": {"pyproject": {"enabled": True}, "respectSchemaVersion": True},
        },
    }


def merge(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """``schema`` with the types and resources of ``components`` added; no token may be in both (ValueError)."""
    merged = dict(schema)
    for part in ("types", "resources"):
        both = schema[part].keys() & components.get(part, {}).keys()
        if both:
            raise ValueError(f"in both schemas: {', '.join(sorted(both))}")
        merged[part] = {**schema[part], **components.get(part, {})}
    return merged


def _token(model: type[Model]) -> str:
    return f"{PACKAGE}:{MODULE}:{model.__name__}"


def _text(model: type[Model]) -> str:
    return (model.__doc__ or "").strip()


def _required_names(model: type[Model], but: str = "") -> list[str]:
    return [item.name for item in properties(model) if item.required and item.name != but]


def _object(model: type[Model]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": _text(model),
        "properties": dict(_property_schema(item, is_input=True) for item in properties(model)),
        "required": _required_names(model),
    }


def _function(function: Function, types: dict[str, Any]) -> dict[str, Any]:
    """The schema of one function. The types of its outputs are added to ``types``."""
    for model in nested_models(function.outputs):
        types[_token(model)] = _object(model)
    outputs = [_property_schema(item, is_input=False) for item in properties(function.outputs)]
    described: dict[str, Any] = {
        "description": function.description,
        "outputs": {
            "type": "object",
            "description": _text(function.outputs),
            "properties": dict(outputs),
            "required": _required_names(function.outputs),
        },
    }
    if properties(function.inputs):
        described["inputs"] = {
            "type": "object",
            "description": _text(function.inputs),
            "properties": dict(_property_schema(item, is_input=True) for item in properties(function.inputs)),
            "required": _required_names(function.inputs),
        }
    return described


def _property_schema(item: Property, *, is_input: bool) -> tuple[str, dict[str, Any]]:
    base = {"$ref": f"#/types/{_token(item.model)}"} if item.model else _TYPES[item.base]
    described: dict[str, Any] = {"type": "array", "items": base} if item.is_list else dict(base)
    described["description"] = item.text
    if item.meta.secret:
        described["secret"] = True
    if is_input and item.meta.replace:
        described["willReplaceOnChanges"] = True
    if isinstance(item.default, str | int | bool):
        described["default"] = item.default
    return item.name, described


def main(directory: Path) -> None:
    """Write the Python SDK under ``directory``, the folder ``components``."""
    for name, text in sdk_files().items():
        (directory / "pacific_components" / MODULE / name).write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("components"))
