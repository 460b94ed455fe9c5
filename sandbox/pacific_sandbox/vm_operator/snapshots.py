"""VirtualMachineSnapshots: each is a snapshot of its machine in vCenter."""

import json
from typing import Final

from pacific_sandbox.kubernetes_api import KubernetesAPI, Object, Resource
from pacific_sandbox.reconcile.conditions import is_true
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.supervisor.resources import VIRTUAL_MACHINES
from pacific_sandbox.vcenter_client.inventory import VCenterInventory
from pacific_sandbox.vcenter_client.objects import Machine
from pacific_sandbox.vcenter_client.session import VCenterUnavailable
from pacific_sandbox.vm_operator.conditions import false, true
from pacific_sandbox.vm_operator.kind_controller import KindController
from pacific_sandbox.vm_operator.machine_operations import MachineOperations
from pacific_sandbox.vm_operator.snapshot_revert import SAVED_SPEC, SNAPSHOT_READY

SNAPSHOTS: Final = Resource("vmoperator.vmware.com/v1alpha5", "virtualmachinesnapshots")
CREATED: Final = "VirtualMachineSnapshotCreated"
VOLUMES_SYNCED: Final = "VirtualMachineSnapshotCSISynced"
_WAITING = 5.0
_POWER_STATES = {"poweredOn": "PoweredOn", "poweredOff": "PoweredOff", "suspended": "Suspended"}


class Snapshots(KindController):
    """All snapshots of one Supervisor."""

    finalizer = "vmoperator.vmware.com/virtualmachinesnapshot"

    def __init__(
        self,
        api: KubernetesAPI,
        snapshots: WatchedObjects,
        *,
        virtual_machines: WatchedObjects,
        inventory: VCenterInventory,
        operations: MachineOperations,
    ) -> None:
        super().__init__(api, snapshots, [virtual_machines])
        self._virtual_machines, self._inventory, self._operations = virtual_machines, inventory, operations
        virtual_machines.listen(self._machine_changed)

    async def converge(self, item: Object) -> float | None:
        """Take it once its machine is there."""
        vm, machine = self._find(item)
        if vm is None or machine is None:
            await self.report(item, {}, [_waiting("Snapshot is not ready because it doesn't have created condition")])
            return _WAITING
        if is_true(item, CREATED):
            await self._tell_machine(vm, machine)
            return None
        owner = {
            "apiVersion": VIRTUAL_MACHINES.api_version,
            "kind": "VirtualMachine",
            "name": vm["metadata"]["name"],
            "uid": vm["metadata"]["uid"],
        }
        saved = {key: value for key, value in vm["spec"].items() if key != "currentSnapshotName"}
        metadata = {"ownerReferences": [owner], "annotations": {SAVED_SPEC: json.dumps(saved)}}
        item = await self.write(item, {"metadata": metadata})
        spec = item["spec"]
        try:
            moid = await self._operations.take_snapshot(
                machine,
                item["metadata"]["name"],
                spec.get("description", ""),
                memory=bool(spec.get("memory")),
                quiesce="quiesce" in spec,
            )
        except VCenterUnavailable as error:
            failed = false(CREATED, "VirtualMachineSnapshotCreationFailed", str(error))
            await self.report(item, {}, [failed, _waiting("Snapshot is not ready: it could not be created")])
            raise
        fields = {
            "uniqueID": moid,
            "quiesced": "quiesce" in spec,
            "powerState": _POWER_STATES[machine.power_state] if spec.get("memory") else "PoweredOff",
        }
        await self.report(item, fields, [true(CREATED), true(VOLUMES_SYNCED), true(SNAPSHOT_READY)])
        await self._tell_machine(vm, machine)
        return None

    async def delete(self, item: Object) -> bool:
        """Delete it in vCenter; with its machine it is gone already."""
        vm, machine = self._find(item)
        if vm is not None and machine is not None:
            await self._operations.remove_snapshot(machine, item["metadata"]["name"])
            await self._tell_machine(vm, machine)
        return True

    def _find(self, item: Object) -> tuple[Object | None, Machine | None]:
        vm = self._virtual_machines.get((item["metadata"]["namespace"], item["spec"].get("vmName", "")))
        if not self._inventory.synced:
            raise VCenterUnavailable("not connected to vCenter")
        return vm, self._inventory.machine(vm["spec"].get("instanceUUID", "")) if vm is not None else None

    async def _tell_machine(self, vm: Object, machine: Machine) -> None:
        """Show the snapshots in the VirtualMachine's status."""
        roots, current = await self._operations.snapshots(machine)
        desired: Object = {
            "rootSnapshots": [{"name": name, "type": "Managed"} for name in roots] or None,
            "currentSnapshot": {"name": current, "type": "Managed"} if current is not None else None,
        }
        status = vm.get("status", {})
        patch = {key: value for key, value in desired.items() if status.get(key) != value}
        if patch:
            metadata = vm["metadata"]
            body = {"metadata": {"uid": metadata["uid"]}, "status": patch}
            await self._api.patch(VIRTUAL_MACHINES, metadata["name"], body, metadata["namespace"], subresource="status")

    def _machine_changed(self, vm: Object, _: bool) -> None:
        for item in self._items.list(vm["metadata"]["namespace"]):
            if item["spec"].get("vmName") == vm["metadata"]["name"]:
                self.look_at((vm["metadata"]["namespace"], item["metadata"]["name"]))


def _waiting(message: str) -> Object:
    return false(SNAPSHOT_READY, "VirtualMachineSnapshotWaitingForCreation", message)
