"""The package schema of what the stand-in serves, with the official tokens and names; programs in YAML need it."""

from collections.abc import Mapping
from importlib import metadata
from typing import Any

from pacific_sandbox.vsphere_plugin import sso, storage_policies, tags_and_libraries
from pacific_sandbox.vsphere_plugin.functions import FUNCTIONS
from pacific_sandbox.vsphere_plugin.kind import Kind

VERSION = metadata.version("pulumi-vsphere")
KINDS: Mapping[str, Kind] = {**tags_and_libraries.KINDS, **storage_policies.KINDS, **sso.KINDS}
_RULE = "vsphere:index/VmStoragePolicyTagRule:VmStoragePolicyTagRule"
_MEMBER = "vsphere:index/SsoGroupMemberUser:SsoGroupMemberUser"
_TYPES: Mapping[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "string[]": {"type": "array", "items": {"type": "string"}},
    "object": {"type": "object", "additionalProperties": {"type": "string"}},
    "member[]": {"type": "array", "items": {"type": "object", "$ref": f"#/types/{_MEMBER}"}},
    "tagRule[]": {"type": "array", "items": {"type": "object", "$ref": f"#/types/{_RULE}"}},
}


def token(name: str) -> str:
    """``vsphere:index/contentLibrary:ContentLibrary``."""
    return f"vsphere:index/{name[0].lower()}{name[1:]}:{name}"


RESOURCES: Mapping[str, Kind] = {token(name): kind for name, kind in KINDS.items()}
INVOKES = {token(name): function for name, function in FUNCTIONS.items()}


def package_schema() -> dict[str, Any]:
    """The whole of it."""
    configuration = _properties(
        {"vsphereServer": "string", "user": "string", "password": "string", "allowUnverifiedSsl": "boolean"}
    )
    configuration["password"]["secret"] = True
    rule = {"tagCategory": "string", "tags": "string[]", "includeDatastoresWithTags": "boolean"}
    return {
        "name": "vsphere",
        "version": VERSION,
        "description": "The part of pulumi-vsphere that the sandbox of pacific-infra stands in for",
        "config": {"variables": configuration},
        "provider": {"inputProperties": configuration},
        "types": {
            _RULE: {"type": "object", "properties": _properties(rule), "required": ["tagCategory", "tags"]},
            _MEMBER: {
                "type": "object",
                "properties": _properties({"name": "string", "domain": "string"}),
                "required": ["name"],
            },
        },
        "resources": {
            name: {
                "properties": _properties(kind.inputs),
                "required": sorted(kind.inputs),
                "inputProperties": _properties(kind.inputs),
                "requiredInputs": list(kind.required),
            }
            for name, kind in RESOURCES.items()
        },
        "functions": {
            name: {
                "inputs": {"properties": _properties(function.inputs), "required": list(function.required)},
                "outputs": {"properties": _properties(function.outputs)},
            }
            for name, function in INVOKES.items()
        },
    }


def _properties(types: Mapping[str, str]) -> dict[str, Any]:
    return {name: dict(_TYPES[kind]) for name, kind in types.items()}
