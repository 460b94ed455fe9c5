"""The kinds of External Secrets that the sandbox serves, with the fields that are checked here.

Source: config/crds/bases of github.com/external-secrets/external-secrets, external-secrets.io/v1.
"""

from collections.abc import Sequence
from typing import Final

from pacific_sandbox.kubernetes_api import Object, Resource
from pacific_sandbox.supervisor.structural_definitions import OPEN, TEXT, definition, ready_columns

GROUP: Final = "external-secrets.io"
EXTERNAL_SECRETS: Final = Resource(f"{GROUP}/v1", "externalsecrets")
STORES: Final = Resource(f"{GROUP}/v1", "secretstores")
CLUSTER_STORES: Final = Resource(f"{GROUP}/v1", "clustersecretstores", namespaced=False)
_KEY: Final = {"type": "string", "minLength": 1, "maxLength": 253, "pattern": r"^[-._a-zA-Z0-9]+$"}
_NAME: Final = {
    "type": "string",
    "minLength": 1,
    "maxLength": 253,
    "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
}


def definitions() -> Sequence[Object]:
    """ExternalSecret, SecretStore and ClusterSecretStore."""
    remote = {
        "type": "object",
        "required": ["key"],
        "properties": {
            "key": TEXT,
            "property": TEXT,
            "version": TEXT,
            "metadataPolicy": _one_of("None", "Fetch"),
            "conversionStrategy": _one_of("Default", "Unicode"),
            "decodingStrategy": _one_of("Auto", "Base64", "Base64URL", "None"),
        },
    }
    data = {
        "type": "object",
        "required": ["secretKey", "remoteRef"],
        "properties": {"secretKey": _KEY, "remoteRef": remote},
    }
    find = {"type": "object", "properties": {"path": TEXT, "name": OPEN, "tags": OPEN}}
    target = {
        "type": "object",
        "properties": {
            "name": _NAME,
            "creationPolicy": {**_one_of("Owner", "Orphan", "Merge", "None"), "default": "Owner"},
            "deletionPolicy": {**_one_of("Delete", "Merge", "Retain"), "default": "Retain"},
            "immutable": {"type": "boolean"},
            "template": OPEN,
        },
    }
    external = {
        "type": "object",
        "properties": {
            "secretStoreRef": {
                "type": "object",
                "properties": {"name": _NAME, "kind": _one_of("SecretStore", "ClusterSecretStore")},
            },
            "target": {**target, "default": {"creationPolicy": "Owner", "deletionPolicy": "Retain"}},
            "refreshPolicy": _one_of("CreatedOnce", "Periodic", "OnChange"),
            "refreshInterval": {**TEXT, "default": "1h"},
            "data": {"type": "array", "items": data},
            "dataFrom": {"type": "array", "items": {"type": "object", "properties": {"extract": remote, "find": find}}},
        },
    }
    store = {
        **OPEN,
        "required": ["provider"],
        "properties": {"provider": {**OPEN, "minProperties": 1, "maxProperties": 1}},
    }
    columns = [("Store", ".spec.secretStoreRef.name"), ("Refresh Interval", ".spec.refreshInterval"), *ready_columns()]
    return [
        definition(EXTERNAL_SECRETS, "ExternalSecret", external, columns, ["es"]),
        definition(STORES, "SecretStore", store, ready_columns(), ["ss"]),
        definition(CLUSTER_STORES, "ClusterSecretStore", store, ready_columns(), ["css"]),
    ]


def _one_of(*values: str) -> Object:
    return {"type": "string", "enum": list(values)}
