"""What VM Operator does in vCenter beyond making, powering and deleting machines."""

from dataclasses import dataclass
from typing import Any

from pyVmomi import vim, vmodl

from pacific_sandbox.vcenter_client.inventory import VCenterInventory
from pacific_sandbox.vcenter_client.objects import Machine
from pacific_sandbox.vcenter_client.session import VCenterSession, finish
from pacific_sandbox.vm_operator.resize import Hardware


@dataclass(frozen=True)
class PoolSpec:
    """A child resource pool: MHz and MiB; a limit of -1 means no limit."""

    name: str
    cpu_reservation: int = 0
    cpu_limit: int = -1
    memory_reservation: int = 0
    memory_limit: int = -1


class MachineOperations:
    """Every method can be repeated; all raise VCenterUnavailable with vCenter's reason."""

    def __init__(self, inventory: VCenterInventory) -> None:
        self._inventory = inventory

    async def resize(self, machine: Machine, hardware: Hardware) -> Machine:
        """Give a machine other processors and memory."""

        def work(session: VCenterSession) -> None:
            spec = vim.vm.ConfigSpec(numCPUs=hardware.processors, memoryMB=hardware.memory)
            if hardware.processor_reservation is not None:
                spec.cpuAllocation = vim.ResourceAllocationInfo(reservation=hardware.processor_reservation)
            if hardware.memory_reservation is not None:
                spec.memoryAllocation = vim.ResourceAllocationInfo(reservation=hardware.memory_reservation)
            finish(session.managed_object(vim.VirtualMachine, machine.moid).ReconfigVM_Task(spec=spec))

        await self._inventory.perform(work)
        return self._inventory.note_hardware(machine, hardware.processors, hardware.memory)

    async def options(self, machine: Machine) -> dict[str, str]:
        """A machine's advanced options (extraConfig)."""

        def work(session: VCenterSession) -> dict[str, str]:
            options = session.managed_object(vim.VirtualMachine, machine.moid).config.extraConfig
            return {str(option.key): str(option.value) for option in options}

        return await self._inventory.perform(work)

    async def take_snapshot(self, machine: Machine, name: str, description: str, *, memory: bool, quiesce: bool) -> str:
        """The identifier of the snapshot of this name, made if it is not there."""

        def work(session: VCenterSession) -> str:
            vm = session.managed_object(vim.VirtualMachine, machine.moid)
            snapshot = _snapshot(vm, name)
            if snapshot is None:
                snapshot = finish(vm.CreateSnapshot_Task(name, description, memory, quiesce))
            return str(snapshot._moId)

        return await self._inventory.perform(work)

    async def revert(self, machine: Machine, name: str) -> bool:
        """Bring a machine back to the snapshot of this name; False where it has none."""

        def work(session: VCenterSession) -> bool:
            snapshot = _snapshot(session.managed_object(vim.VirtualMachine, machine.moid), name)
            if snapshot is None:
                return False
            finish(snapshot.RevertToSnapshot_Task(suppressPowerOn=True))
            return True

        return await self._inventory.perform(work)

    async def remove_snapshot(self, machine: Machine, name: str) -> None:
        """Delete the snapshot of this name, if it is there; its children stay."""

        def work(session: VCenterSession) -> None:
            snapshot = _snapshot(session.managed_object(vim.VirtualMachine, machine.moid), name)
            if snapshot is not None:
                finish(snapshot.RemoveSnapshot_Task(removeChildren=False))

        await self._inventory.perform(work)

    async def snapshots(self, machine: Machine) -> tuple[list[str], str | None]:
        """Names of the snapshots at the root of the tree, and of the one the machine runs on."""

        def work(session: VCenterSession) -> tuple[list[str], str | None]:
            snapshots = _snapshots(session.managed_object(vim.VirtualMachine, machine.moid))
            if snapshots is None:
                return [], None
            current = snapshots.currentSnapshot._moId if snapshots.currentSnapshot is not None else None
            names = {snapshot.snapshot._moId: str(snapshot.name) for snapshot in _tree(snapshots.rootSnapshotList)}
            return [str(snapshot.name) for snapshot in snapshots.rootSnapshotList], names.get(current)

        return await self._inventory.perform(work)

    async def child_pool(self, parent: str, spec: PoolSpec) -> tuple[str, str]:
        """Identifiers of the cluster and of the child resource pool, which is made or brought up to date."""

        def work(session: VCenterSession) -> tuple[str, str]:
            pool = session.managed_object(vim.ResourcePool, parent)
            child = _child(pool.resourcePool, spec.name)
            configuration = vim.ResourceConfigSpec(
                cpuAllocation=_allocation(spec.cpu_reservation, spec.cpu_limit),
                memoryAllocation=_allocation(spec.memory_reservation, spec.memory_limit),
            )
            if child is None:
                child = pool.CreateResourcePool(spec.name, configuration)
            else:
                child.UpdateConfig(None, configuration)
            return session.cluster, str(child._moId)

        return await self._inventory.perform(work)

    async def cluster(self) -> str:
        """The identifier of the compute cluster."""
        return await self._inventory.perform(lambda session: session.cluster)

    async def child_folder(self, parent: str, name: str) -> str:
        """The identifier of a child folder, which is made if it is missing."""

        def work(session: VCenterSession) -> str:
            folder = session.managed_object(vim.Folder, parent)
            child = _child(folder.childEntity, name) or folder.CreateFolder(name)
            return str(child._moId)

        return await self._inventory.perform(work)

    async def remove_children(self, pool: str, folder: str, *, pool_name: str, folder_name: str) -> None:
        """Delete a child pool and a child folder, where they are there and empty of machines."""

        def work(session: VCenterSession) -> None:
            pools = session.managed_object(vim.ResourcePool, pool).resourcePool if pool_name else ()
            folders = session.managed_object(vim.Folder, folder).childEntity if folder_name else ()
            for child in (_child(pools, pool_name), _child(folders, folder_name)):
                if child is not None:
                    finish(child.Destroy_Task())

        await self._inventory.perform(work)


def _snapshot(vm: Any, name: str) -> Any:
    snapshots = _snapshots(vm)
    trees = _tree(snapshots.rootSnapshotList) if snapshots is not None else []
    return next((tree.snapshot for tree in trees if tree.name == name), None)


def _snapshots(vm: Any) -> Any:
    # pyvmomi raises where the simulator leaves the property out because it is empty.
    return getattr(vm, "snapshot", None)


def _tree(nodes: Any) -> list[Any]:
    return [snapshot for node in nodes for snapshot in (node, *_tree(node.childSnapshotList or ()))]


def _child(children: Any, name: str) -> Any:
    for child in children:
        try:
            if child.name == name and not isinstance(child, vim.VirtualMachine):
                return child
        except vmodl.fault.ManagedObjectNotFound:
            continue  # It went between the two questions.
    return None


def _allocation(reservation: int, limit: int) -> Any:
    shares = vim.SharesInfo(level=vim.SharesInfo.Level.normal, shares=0)
    return vim.ResourceAllocationInfo(reservation=reservation, expandableReservation=True, limit=limit, shares=shares)
