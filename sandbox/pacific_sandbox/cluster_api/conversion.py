"""Clusters of v1beta1 as v1beta2, and back: sigs.k8s.io/cluster-api/api/core/v1beta1/conversion.go. Pure.

The sandbox stores v1beta1, and Cluster API v1beta2: clients see the same of both.
"""

import copy
import re
from collections.abc import Callable, Mapping
from typing import Any

from pacific_sandbox.cluster_api.definitions import GROUP, NEWER
from pacific_sandbox.kubernetes_api import Object

_DURATION = re.compile(r"(\d+)([hms])")
_SECONDS = {"h": 3600, "m": 60, "s": 1}
_TIMEOUTS = ("nodeDrainTimeout", "nodeVolumeDetachTimeout", "nodeDeletionTimeout")
_TRIGGERS = {"maxUnhealthy": "unhealthyLessThanOrEqualTo", "unhealthyRange": "unhealthyInRange"}


def converted(item: Object, desired: str) -> Object:
    """``item`` in the API version ``desired``."""
    if item["apiVersion"] == desired:
        return item
    result = copy.deepcopy(item)
    result["apiVersion"] = desired
    newer = desired == f"{GROUP}/{NEWER}"
    topology = result.get("spec", {}).get("topology")
    if topology is not None:
        _convert_class(topology, newer=newer)
        convert: Callable[[Object], None] = _machines_to_newer if newer else _machines_to_stored
        for machines in (topology.get("controlPlane"), *(topology.get("workers") or {}).get("machineDeployments", ())):
            if machines is not None:
                convert(machines)
    if "status" in result:
        result["status"] = _status_to_newer(result["status"]) if newer else _status_to_stored(result["status"])
    return result


def seconds(text: str) -> int:
    """The seconds of a duration as Go writes it, ``1m30s``."""
    return sum(int(amount) * _SECONDS[unit] for amount, unit in _DURATION.findall(text))


def duration(value: int) -> str:
    """As Go writes it."""
    hours, minutes = value // 3600, value % 3600 // 60
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{value % 60}s"


def _convert_class(topology: Object, *, newer: bool) -> None:
    if newer:
        reference = {"name": topology.pop("class", "")}
        namespace = topology.pop("classNamespace", "")
        topology["classRef"] = {**reference, **({"namespace": namespace} if namespace else {})}
        return
    reference = topology.pop("classRef", {})
    topology["class"] = reference.get("name", "")
    if reference.get("namespace"):
        topology["classNamespace"] = reference["namespace"]


def _machines_to_newer(machines: Object) -> None:
    health, strategy = machines.pop("machineHealthCheck", {}), machines.pop("strategy", {})
    rolling = {**strategy.get("rollingUpdate", {})}
    deletion = {f"{name}Seconds": seconds(machines.pop(name)) for name in _TIMEOUTS if name in machines}
    if "deletePolicy" in rolling:
        deletion["order"] = rolling.pop("deletePolicy")
    rollout = machines.pop("rollout", {})
    if strategy.get("type"):
        rollout["strategy"] = {"type": strategy["type"], **({"rollingUpdate": rolling} if rolling else {})}
    parts = {
        "healthCheck": _health_to_newer(health, strategy.get("remediation", {})),
        "deletion": deletion,
        "rollout": rollout,
    }
    machines.update({name: part for name, part in parts.items() if part})


def _health_to_newer(health: Object, remediation: Object) -> Object:
    checks: Object = {}
    if "nodeStartupTimeout" in health:
        checks["nodeStartupTimeoutSeconds"] = seconds(health["nodeStartupTimeout"])
    if "unhealthyConditions" in health:
        checks["unhealthyNodeConditions"] = [
            {**{key: item[key] for key in ("type", "status")}, "timeoutSeconds": seconds(item["timeout"])}
            for item in health["unhealthyConditions"]
        ]
    trigger = {newer: health[older] for older, newer in _TRIGGERS.items() if older in health}
    repair = {**({"triggerIf": trigger} if trigger else {}), **remediation}
    parts = {"enabled": health.get("enable"), "checks": checks or None, "remediation": repair or None}
    return {name: part for name, part in parts.items() if part is not None}


def _machines_to_stored(machines: Object) -> None:
    health, deletion = machines.pop("healthCheck", {}), machines.pop("deletion", {})
    rollout = machines.pop("rollout", {})
    strategy = rollout.pop("strategy", {})
    for name in _TIMEOUTS:
        if f"{name}Seconds" in deletion:
            machines[name] = duration(deletion[f"{name}Seconds"])
    if "order" in deletion:
        rolling = {**strategy.get("rollingUpdate", {}), "deletePolicy": deletion["order"]}
        strategy = {"type": "RollingUpdate", **strategy, "rollingUpdate": rolling}
    repair = health.get("remediation", {})
    if "maxInFlight" in repair:
        strategy = {**strategy, "remediation": {"maxInFlight": repair["maxInFlight"]}}
    parts = {"machineHealthCheck": _health_to_stored(health), "strategy": strategy, "rollout": rollout}
    machines.update({name: part for name, part in parts.items() if part})


def _health_to_stored(health: Object) -> Object:
    checks, trigger = health.get("checks", {}), health.get("remediation", {}).get("triggerIf", {})
    stored: Object = {older: trigger[newer] for older, newer in _TRIGGERS.items() if newer in trigger}
    if "enabled" in health:
        stored["enable"] = health["enabled"]
    if "nodeStartupTimeoutSeconds" in checks:
        stored["nodeStartupTimeout"] = duration(checks["nodeStartupTimeoutSeconds"])
    if "unhealthyNodeConditions" in checks:
        stored["unhealthyConditions"] = [
            {"type": item["type"], "status": item["status"], "timeout": duration(item["timeoutSeconds"])}
            for item in checks["unhealthyNodeConditions"]
        ]
    return stored


_READY = {"infrastructureReady": "infrastructureProvisioned", "controlPlaneReady": "controlPlaneInitialized"}


def _status_to_newer(status: Mapping[str, Any]) -> Object:
    """What v1beta1 has in ``v1beta2`` comes to the top, and its own conditions go to ``deprecated``."""
    moved = ("v1beta2", "conditions", *_READY)
    return {
        **{name: value for name, value in status.items() if name not in moved},
        **status.get("v1beta2", {}),
        "initialization": {newer: status[older] for older, newer in _READY.items() if older in status},
        "deprecated": {"v1beta1": {"conditions": status.get("conditions", [])}},
    }


def _status_to_stored(status: Mapping[str, Any]) -> Object:
    moved = ("conditions", "controlPlane", "workers")
    initialization = status.get("initialization", {})
    return {
        **{name: value for name, value in status.items() if name not in (*moved, "initialization", "deprecated")},
        **{older: initialization[newer] for older, newer in _READY.items() if newer in initialization},
        "conditions": status.get("deprecated", {}).get("v1beta1", {}).get("conditions", []),
        "v1beta2": {name: status[name] for name in moved if name in status},
    }
