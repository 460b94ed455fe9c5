"""The document of a vSphere Namespace, from what the resource ``pacific:vcenter:Namespace`` shows of it."""

from collections.abc import Mapping, Sequence
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
        "defaultNetwork": _default_network(values.get("networkSpec") or {}),
        "nsxVpc": _vpc((values.get("networkSpec") or {}).get("vpcNetwork")),
        "loadBalancer": _load_balancer(values.get("edges") or []),
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
    provider = entry.get("identityProvider")
    return {
        "user" if entry["subjectType"] == "USER" else "group": entry["subject"],
        "domain": entry["domain"],
        "role": entry["role"],
        **({} if provider is None else {"identityProvider": provider}),
    }


def _default_network(networking: Mapping[str, Any]) -> str | None:
    network: str | None = (networking.get("vsphereNetwork") or {}).get("defaultWorkloadNetwork")
    return network


def _vpc(network: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if network is None:
        return None
    private = (network.get("vpcConfig") or {}).get("privateCidrs") or []
    spec = {
        "vpc": network.get("vpc"),
        # Those of a VPC that is there already are the VPC's.
        "privateNetworks": [] if network.get("vpc") else [f"{each['address']}/{each['prefix']}" for each in private],
        "sharedSubnets": [each["path"] for each in network.get("sharedSubnets") or []],
        "defaultSubnetSize": network.get("defaultSubnetSize"),
    }
    return {field: value for field, value in spec.items() if value not in (None, [])}


def _load_balancer(edges: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """vCenter has one at most."""
    if not edges:
        return None
    group = (edges[0].get("avi") or {}).get("seGroupName")
    named = {} if group is None else {"serviceEngineGroup": group}
    return {"name": edges[0]["id"], "provider": edges[0]["edgeProvider"], **named}
