"""What is generated of the package: ``python -m pacific_components.package.schema``.

The schema of custom resources and components, the Python SDK of the former and the argument types of the latter.
"""

import json
import sys
from collections.abc import Mapping
from importlib import reload
from pathlib import Path
from typing import Any

from pulumi.provider.experimental.analyzer import PropertyDefinition
from pulumi.provider.experimental.schema import generate_schema

from pacific_components import arguments
from pacific_components.package.argument_types import arguments_module
from pacific_components.package.definitions import (
    PACKAGE,
    AlternativesDefinition,
    ChoiceDefinition,
    definitions,
    secrets,
)
from pacific_components.package.exports import package_module
from pacific_infra.provider import schema as custom_resources

_OF_CUSTOM_RESOURCES = "pacific_components.vcenter"
_REFERENCE = "#/types/"


def component_schema() -> dict[str, Any]:
    """``types`` and ``resources`` of the components. Types of the custom resources are referred to, not repeated."""
    known = definitions()
    written: dict[str, Any] = generate_schema(PACKAGE, "0.0.0", None, known.components, known.types, []).to_json()
    for name, component in known.components.items():
        resource = written["resources"][f"{PACKAGE}:index:{name}"]
        _complete(resource["inputProperties"], component.inputs, name)
        _complete(resource["properties"], component.outputs, name)
    types = {}
    for name, definition in known.types.items():
        if definition.module.startswith(_OF_CUSTOM_RESOURCES):
            continue
        described = written["types"][f"{PACKAGE}:index:{name}"]
        described["description"] = (definition.python_type.__doc__ or "").strip()
        _complete(described["properties"], definition.properties, name)
        types[_token(name)] = described
    resources = {token: _tidy(described) for token, described in written["resources"].items()}
    return {"types": {token: _tidy(described) for token, described in types.items()}, "resources": resources}


def _complete(written: dict[str, Any], properties: Mapping[str, PropertyDefinition], owner: str) -> None:
    """Add to the properties of ``owner``, as Pulumi writes them, what Pulumi's definitions do not know."""
    for name, definition in properties.items():
        _add_alternatives(written[name], definition)
        if (owner, name) in secrets():
            written[name]["secret"] = True
        if isinstance(definition, ChoiceDefinition):
            written[name]["description"] += f" One of {', '.join(definition.choices)}."


def _add_alternatives(written: dict[str, Any], definition: PropertyDefinition) -> None:
    if isinstance(definition, AlternativesDefinition):
        written["oneOf"] = [_type(alternative) for alternative in definition.alternatives]
    for part, inner in (("items", definition.items), ("additionalProperties", definition.additional_properties)):
        if inner is not None:
            _add_alternatives(written[part], inner)


def _type(definition: PropertyDefinition) -> dict[str, Any]:
    """The type of one alternative."""
    parts = {"items": definition.items, "additionalProperties": definition.additional_properties}
    name = definition.type.value if definition.type else None
    return {"type": name, "$ref": definition.ref, **{key: _type(part) for key, part in parts.items() if part}}


def schema_text() -> str:
    """The text of components/schema.json."""
    whole = custom_resources.merge(custom_resources.package_schema(), component_schema())
    return json.dumps(whole, indent=2, sort_keys=True) + "\n"


def _token(name: str) -> str:
    """``ServicePortArgs`` -> ``pacific:index:ServicePort``: code generators add the ``Args`` of inputs themselves."""
    module = definitions().types[name].module
    return f"{PACKAGE}:{'vcenter' if module.startswith(_OF_CUSTOM_RESOURCES) else 'index'}:{name.removesuffix('Args')}"


def _tidy(value: Any) -> Any:
    """``value`` with the tokens of the types as they are here, and without what is empty."""
    if isinstance(value, dict):
        return {key: _tidy(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if isinstance(value, str) and value.startswith(_REFERENCE):
        return _REFERENCE + _token(value.rpartition(":")[2])
    return value


def main(directory: Path) -> None:
    """Write schema.json, the Python SDK, the argument types and the exports under ``directory``, ``components``."""
    custom_resources.main(directory)
    (directory / "pacific_components" / "arguments.py").write_text(arguments_module())
    (directory / "pacific_components" / "__init__.py").write_text(package_module())
    # The schema is read out of these types: they may have changed.
    reload(arguments)
    (directory / "schema.json").write_text(schema_text())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("components"))
