"""Makes types.json and vm_operator.json: ``python -m pacific_infra.documents.kubernetes_api.generate FILE...``.

FILE is ``api/openapi-spec/swagger.json`` of the pinned k8s.io/kubernetes, or of VM Operator
``config/crd/bases/vmoperator.vmware.com_virtualmachines.yaml``; the toolchain fetches both modules.
"""

import json
import sys
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any

import yaml

from pacific_infra.documents.kubernetes_api.types import FILE, MARKS, VM_OPERATOR_FILE

_LEAVES = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "port",
}
_LEAF_TYPES = {"string": "text", "integer": "integer", "number": "number", "boolean": "boolean"}
_NAMES = "io.k8s."


def types_of(swagger: dict[str, Any]) -> dict[str, Any]:
    """``kinds``: the type of each stable kind, by apiVersion/kind. ``types``: of each type the types of its fields.

    ``required``: of each type the fields that it must have. ``mergeKeys``: of each type its lists that are merged item
    by item, and the field that tells the items apart; with ``=`` before it, an item takes the place of the other.
    """
    definitions: dict[str, Any] = swagger["definitions"]
    kinds: dict[str, str] = {}
    for name, definition in definitions.items():
        for kind in definition.get("x-kubernetes-group-version-kind", ()):
            stable = "alpha" not in kind["version"] and "beta" not in kind["version"]
            if stable and "metadata" in definition.get("properties", {}) and not kind["kind"].endswith("List"):
                kinds["/".join(filter(None, (kind["group"], kind["version"], kind["kind"])))] = name
    types: dict[str, dict[str, str]] = {}
    waiting = list(kinds.values())
    while waiting:
        name = waiting.pop()
        if name in types:
            continue
        fields = {field: _type(schema, definitions) for field, schema in definitions[name]["properties"].items()}
        types[name] = fields = {field: text for field, text in fields.items() if not _dropped(name, field, kinds)}
        waiting += [text.lstrip(MARKS) for text in fields.values() if text.lstrip(MARKS) in definitions]
    short = {name: name.removeprefix(_NAMES) for name in types}
    return {
        "kinds": {kind: short[name] for kind, name in sorted(kinds.items())},
        "types": {
            short[name]: {field: _shortened(text, short) for field, text in sorted(fields.items())}
            for name, fields in sorted(types.items())
        },
        "required": {
            short[name]: sorted(required)
            for name in sorted(types)
            if (required := [field for field in definitions[name].get("required", ()) if field in types[name]])
        },
        "mergeKeys": {
            short[name]: keys for name in sorted(types) if (keys := dict(_merge_keys(definitions[name], types[name])))
        },
    }


def _merge_keys(definition: dict[str, Any], fields: Container[str]) -> Iterator[tuple[str, str]]:
    for field, schema in sorted(definition["properties"].items()):
        key = schema.get("x-kubernetes-patch-merge-key")
        if key is not None and field in fields:
            replaced = "retainKeys" in schema["x-kubernetes-patch-strategy"]
            yield field, f"={key}" if replaced else key


def _dropped(name: str, field: str, kinds: dict[str, str]) -> bool:
    return field == "status" and name in kinds.values()


def _shortened(text: str, short: dict[str, str]) -> str:
    name = text.lstrip(MARKS)
    return text[: len(text) - len(name)] + short.get(name, name)


def _type(schema: dict[str, Any], definitions: dict[str, Any]) -> str:
    """One of ``text``, ``integer``, ``number``, ``boolean``, ``quantity``, ``port`` (number or text), ``any``, a type.

    Before it: ``[`` a list of it, ``{`` a map of it, ``?`` it or true or false.
    """
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        if name in _LEAVES:
            return _LEAVES[name]
        if name.endswith(("JSONSchemaPropsOrBool", "JSONSchemaPropsOrArray")):
            # A structural schema has no lists of schemas (of items by their places).
            mark = "?" if name.endswith("OrBool") else ""
            return mark + name.removesuffix("OrBool").removesuffix("OrArray")
        target = definitions[name]
        return name if target.get("properties") else _type(target, definitions)
    if schema.get("type") == "array":
        return f"[{_type(schema['items'], definitions)}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"{{{_type(schema['additionalProperties'], definitions)}"
    return _LEAF_TYPES.get(schema.get("type", ""), "any")


def types_of_machine(definition: dict[str, Any]) -> dict[str, Any]:
    """The same of the stored version of a CustomResourceDefinition's ``spec``, without kinds.

    The types of objects in it are named by their fields: ``vmoperator.v1alpha5.VirtualMachineSpec.bootOptions``.
    """
    version = next(version for version in definition["spec"]["versions"] if version["storage"])
    group, kind = definition["spec"]["group"].partition(".")[0], definition["spec"]["names"]["kind"]
    types: dict[str, dict[str, str]] = {}
    required: dict[str, list[str]] = {}
    merge_keys: dict[str, dict[str, str]] = {}

    def add(name: str, schema: dict[str, Any]) -> None:
        fields = types[name] = {}
        if schema.get("required"):
            required[name] = sorted(schema["required"])
        for field, held in sorted(schema["properties"].items()):
            fields[field] = type_of(f"{name}.{field}", held)
            if keys := held.get("x-kubernetes-list-map-keys"):
                merge_keys.setdefault(name, {})[field] = keys[0]

    def type_of(name: str, schema: dict[str, Any]) -> str:
        if schema.get("x-kubernetes-int-or-string"):
            return "quantity" if "pattern" in schema else "port"
        if schema.get("properties"):
            add(name, schema)
            return name
        if schema.get("type") == "array":
            return f"[{type_of(name, schema['items'])}"
        if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
            return f"{{{type_of(name, schema['additionalProperties'])}"
        return _LEAF_TYPES.get(schema.get("type", ""), "any")

    add(f"{group}.{version['name']}.{kind}Spec", version["schema"]["openAPIV3Schema"]["properties"]["spec"])
    return {"types": types, "required": required, "mergeKeys": merge_keys}


def generate(source: Path) -> None:
    """Write the file that is made of ``source``."""
    if source.suffix == ".json":
        file, content = FILE, types_of(json.loads(source.read_text()))
    else:
        file, content = VM_OPERATOR_FILE, types_of_machine(yaml.safe_load(source.read_text()))
    file.write_text(json.dumps(content, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        generate(Path(argument))
