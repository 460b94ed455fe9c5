"""The document of a vSphere Namespace, from what the resource ``pacific:vcenter:Namespace`` shows of it."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.importing.amounts import frequency, memory

_LIMITS = {"cpu": "cpuLimit", "memory": "memoryLimit", "storage": "storageRequestLimit"}
_DEFAULTS = {
    "cpuRequest": "cpuRequestDefault",
    "cpuLimit": "cpuLimitDefault",
    "memoryRequest": "memoryRequestDefault",
    "memoryLimit": "memoryLimitDefault",
}
_COUNTS = {
    "pods": "podCount",
    "services": "serviceCount",
    "deployments": "deploymentCount",
    "daemonSets": "daemonSetCount",
    "replicaSets": "replicaSetCount",
    "replicationControllers": "replicationControllerCount",
    "statefulSets": "statefulSetCount",
    "configMaps": "configMapCount",
    "secrets": "secretCount",
    "persistentVolumeClaims": "persistentVolumeClaimCount",
    "jobs": "jobCount",
}
"""Fields of the document as ResourceQuotaOptionsV1 calls them."""


def namespace_spec(values: Mapping[str, Any]) -> dict[str, Any]:
    """The ``spec`` that says what ``values``, the resource's properties, say; what it cannot say is left out.

    Nothing inside the namespace is touched: no NetworkPolicy, no Pod Security labels.
    """
    amounts = values.get("resourceSpec") or {}
    service = values.get("vmServiceSpec") or {}
    spec: dict[str, Any] = {
        "supervisor": values["supervisor"],
        "description": values.get("description"),
        "limits": _amounts(_LIMITS, amounts),
        "objectCounts": {field: amounts[name] for field, name in _COUNTS.items() if name in amounts},
        "defaults": _amounts(_DEFAULTS, amounts),
        "storagePolicies": [_storage(each) for each in values.get("storageSpecs") or []],
        "virtualMachineClasses": list(service.get("vmClasses") or []),
        "contentLibraries": list(service.get("contentLibraries") or []),
        "libraryAssociations": [_library(each) for each in values.get("contentLibraries") or []],
        "access": [_access(each) for each in values.get("accessList") or []],
        "networks": list(values.get("networks") or []),
        "infrastructurePolicies": list(values.get("infrastructurePolicies") or []),
    }
    return {
        **{field: value for field, value in spec.items() if value not in (None, [], {})},
        "networkPolicy": "allow-all",
        "podSecurity": "unmanaged",
        "deletionPolicy": "Retain",
    }


def _amounts(names: Mapping[str, str], amounts: Mapping[str, int]) -> dict[str, str]:
    written = {field: amounts[name] for field, name in names.items() if name in amounts}
    return {field: frequency(each) if field.startswith("cpu") else memory(each) for field, each in written.items()}


def _storage(policy: Mapping[str, Any]) -> dict[str, Any]:
    limit = policy.get("limit")
    return {"name": policy["policy"], **({} if limit is None else {"limit": memory(limit)})}


def _library(library: Mapping[str, Any]) -> dict[str, Any]:
    names = ("writable", "allowImport", "resourceNamingStrategy")
    return {"name": library["contentLibrary"], **{name: library[name] for name in names if name in library}}


def _access(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "user" if entry["subjectType"] == "USER" else "group": entry["subject"],
        "domain": entry["domain"],
        "role": entry["role"],
    }
