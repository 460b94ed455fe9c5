"""Brings a VirtualMachine back to the snapshot that ``spec.currentSnapshotName`` names."""

import json
from collections.abc import Callable
from typing import Any, Final

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.conditions import is_true
from pacific_sandbox.reconcile.watched_objects import Key, WatchedObjects
from pacific_sandbox.vcenter_client.inventory import VCenterInventory
from pacific_sandbox.vcenter_client.objects import Machine
from pacific_sandbox.vm_operator.conditions import SNAPSHOT_REVERTED, false
from pacific_sandbox.vm_operator.machine_operations import MachineOperations

SAVED_SPEC: Final = "sandbox.pacific.infra/virtual-machine-spec"
"""Annotation of a snapshot with the spec of its machine. VM Operator keeps it among the machine's advanced options."""
SNAPSHOT_READY: Final = "VirtualMachineSnapshotReady"


class SnapshotRevert:
    """Reverts machines; the spec that goes with the snapshot comes back too."""

    def __init__(self, snapshots: WatchedObjects, inventory: VCenterInventory, operations: MachineOperations) -> None:
        self._snapshots, self._inventory, self._operations = snapshots, inventory, operations

    def listen(self, changed: Callable[[Key], None]) -> None:
        """Have ``changed`` called with the key of a VirtualMachine of which a snapshot changed."""
        self._snapshots.listen(lambda item, _: changed((item["metadata"]["namespace"], item["spec"].get("vmName", ""))))

    async def wait_synced(self) -> None:
        """Wait until all snapshots are known."""
        await self._snapshots.wait_synced()

    def requested(self, vm: Object) -> str | None:
        """The name of the snapshot to go back to."""
        name: str | None = vm["spec"].get("currentSnapshotName")
        return name or None

    async def revert(self, vm: Object, machine: Machine) -> Object:
        """The merge patch of the VirtualMachine once it is done; else the condition that says why it is not."""
        name, namespace = vm["spec"]["currentSnapshotName"], vm["metadata"]["namespace"]
        snapshot = self._snapshots.get((namespace, name))
        if snapshot is None:
            missing = f'virtualmachinesnapshots.vmoperator.vmware.com "{name}" not found'
            return _failed("VirtualMachineSnapshotRevertFailed", f'failed to get snapshot object "{name}": {missing}')
        if snapshot["spec"].get("vmName") != vm["metadata"]["name"] or not is_true(snapshot, SNAPSHOT_READY):
            message = f'skipping revert for not-ready snapshot "{name}"'
            return _failed("VirtualMachineSnapshotRevertSkipped", message)
        if not await self._operations.revert(machine, name):
            message = f'failed to find vSphere snapshot "{name}"'
            return _failed("VirtualMachineSnapshotRevertFailed", message)
        if not snapshot["spec"].get("memory") and machine.power_state != "poweredOff":
            # Without its memory a machine comes back switched off; the spec may power it on again.
            await self._inventory.power(machine, "poweredOff")
        saved = json.loads(snapshot["metadata"]["annotations"][SAVED_SPEC])
        patch = merge_patch(vm["spec"], saved)
        patch["currentSnapshotName"] = None
        return {"spec": patch}


def merge_patch(before: Object, after: Object) -> Object:
    """The JSON merge patch that makes ``before`` into ``after``."""
    patch: dict[str, Any] = {key: None for key in before if key not in after}
    for key, value in after.items():
        old = before.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            inner = merge_patch(old, value)
            if inner:
                patch[key] = inner
        elif old != value:
            patch[key] = value
    return patch


def _failed(reason: str, message: str) -> Object:
    return false(SNAPSHOT_REVERTED, reason, message)
