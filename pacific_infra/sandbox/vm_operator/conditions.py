"""Conditions of VM Operator's objects. Pure."""

from collections.abc import Iterable
from typing import Final

from pacific_infra.sandbox.kubernetes_api import Object

CLASS_READY: Final = "VirtualMachineClassReady"
IMAGE_READY: Final = "VirtualMachineImageReady"
STORAGE_READY: Final = "VirtualMachineStorageReady"
NETWORK_READY: Final = "VirtualMachineNetworkReady"
BOOTSTRAP_READY: Final = "VirtualMachineBootstrapReady"
PLACEMENT_READY: Final = "VirtualMachineConditionPlacementReady"
CREATED: Final = "VirtualMachineCreated"
POWER_STATE_SYNCED: Final = "VirtualMachinePowerStateSynced"
TOOLS: Final = "VirtualMachineTools"
RECONCILE_READY: Final = "VirtualMachineReconcileReady"
READY: Final = "Ready"


def true(type_: str, reason: str = "True", message: str = "") -> Object:
    """A condition that holds; VM Operator gives those the reason ``True``."""
    return {"type": type_, "status": "True", "reason": reason, "message": message}


def false(type_: str, reason: str, message: str = "") -> Object:
    """A condition that does not hold, and why."""
    return {"type": type_, "status": "False", "reason": reason, "message": message}


def in_order(conditions: Iterable[Object]) -> list[Object]:
    """``Ready`` first, the others by name, as VM Operator writes them."""
    return sorted(conditions, key=lambda condition: (condition["type"] != READY, condition["type"]))
