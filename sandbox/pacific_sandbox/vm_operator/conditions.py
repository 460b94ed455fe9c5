"""Conditions of VM Operator's objects. Pure."""

from collections.abc import Iterable
from typing import Final

from pacific_sandbox.kubernetes_api import Object

CLASS_READY: Final = "VirtualMachineClassReady"
IMAGE_READY: Final = "VirtualMachineImageReady"
STORAGE_READY: Final = "VirtualMachineStorageReady"
NETWORK_READY: Final = "VirtualMachineNetworkReady"
BOOTSTRAP_READY: Final = "VirtualMachineBootstrapReady"
PLACEMENT_READY: Final = "VirtualMachineConditionPlacementReady"
CREATED: Final = "VirtualMachineCreated"
POWER_STATE_SYNCED: Final = "VirtualMachinePowerStateSynced"
TOOLS: Final = "VirtualMachineTools"
CLASS_CONFIGURATION_SYNCED: Final = "VirtualMachineClassConfigurationSynced"
RESOURCE_POLICY_READY: Final = "VirtualMachineConditionVMSetResourcePolicyReady"
GUEST_CUSTOMIZATION: Final = "GuestCustomization"
DISK_PROMOTION_SYNCED: Final = "VirtualMachineDiskPromotionSynced"
SNAPSHOT_REVERTED: Final = "VirtualMachineSnapshotRevertSucceeded"
GROUP_LINKED: Final = "GroupLinked"
RECONCILE_READY: Final = "VirtualMachineReconcileReady"
READY: Final = "Ready"

DERIVED: Final = frozenset(
    {
        POWER_STATE_SYNCED,
        TOOLS,
        CLASS_CONFIGURATION_SYNCED,
        GROUP_LINKED,
        GUEST_CUSTOMIZATION,
        DISK_PROMOTION_SYNCED,
        SNAPSHOT_REVERTED,
        RECONCILE_READY,
        READY,
    }
)
"""Conditions of a VirtualMachine that follow from its machine at every look."""


def true(type_: str, reason: str = "True", message: str = "") -> Object:
    """A condition that holds; VM Operator gives those the reason ``True``."""
    return {"type": type_, "status": "True", "reason": reason, "message": message}


def false(type_: str, reason: str, message: str = "") -> Object:
    """A condition that does not hold, and why."""
    return {"type": type_, "status": "False", "reason": reason, "message": message}


def unknown(type_: str, reason: str, message: str = "") -> Object:
    """A condition of which nothing is known, and why."""
    return {"type": type_, "status": "Unknown", "reason": reason, "message": message}


def in_order(conditions: Iterable[Object]) -> list[Object]:
    """``Ready`` first, the others by name, as VM Operator writes them."""
    return sorted(conditions, key=lambda condition: (condition["type"] != READY, condition["type"]))
