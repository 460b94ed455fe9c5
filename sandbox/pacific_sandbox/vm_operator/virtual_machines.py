"""Reconciles VirtualMachines with the machines in vCenter."""

import time
from dataclasses import dataclass, replace
from ipaddress import IPv4Network

from pacific_sandbox.kubernetes_api import KubernetesAPI, Object
from pacific_sandbox.reconcile.addresses import AddressPool
from pacific_sandbox.reconcile.events import EventRecorder
from pacific_sandbox.reconcile.placement import Placement
from pacific_sandbox.reconcile.watched_objects import Key, WatchedObjects, key_of
from pacific_sandbox.reconcile.work_queue import WorkQueue
from pacific_sandbox.supervisor.resources import VIRTUAL_MACHINES
from pacific_sandbox.vcenter_client.inventory import VCenterInventory
from pacific_sandbox.vcenter_client.machine_backup import RESOURCE, resource_text
from pacific_sandbox.vcenter_client.objects import Machine, guest_says
from pacific_sandbox.vcenter_client.session import VCenterUnavailable
from pacific_sandbox.vm_operator.conditions import (
    CREATED,
    DERIVED,
    PLACEMENT_READY,
    POWER_STATE_SYNCED,
    RESOURCE_POLICY_READY,
    false,
    true,
)
from pacific_sandbox.vm_operator.groups import linked_condition
from pacific_sandbox.vm_operator.guest_runtime import GuestObservation, GuestRuntime
from pacific_sandbox.vm_operator.machine import MANAGED_TYPE, NO_PLACEMENT, choose_host, machine_spec
from pacific_sandbox.vm_operator.machine_operations import MachineOperations
from pacific_sandbox.vm_operator.power_control import power, restart
from pacific_sandbox.vm_operator.prerequisites import Prerequisites, VirtualMachineObjects
from pacific_sandbox.vm_operator.resize import resize
from pacific_sandbox.vm_operator.resource_policy_placement import ResourcePolicyPlacement, policy_name
from pacific_sandbox.vm_operator.server_filled import FINALIZER, server_filled
from pacific_sandbox.vm_operator.snapshot_revert import SnapshotRevert
from pacific_sandbox.vm_operator.virtual_machine_status import (
    changes,
    machine_conditions,
    machine_status,
    static_address,
    storage_status,
    volume_statuses,
)

_WAITING = 10.0
"""Seconds after which a VirtualMachine that waits is looked at again though nothing it waits for was seen to change."""
_UNWATCHED = 2.0
"""Seconds after which a Secret that is missing is asked for again: Secrets are not watched."""
_PENDING = 1.0
"""Seconds after which a machine whose power state cannot change yet is looked at again."""
_SOON = 1.0
"""Seconds within which a first status that changes need not be written where many machines wait, as with pods."""
_PAUSED = "vmoperator.vmware.com/paused"
_DELETE_CHECK = "delete.check.vmoperator.vmware.com/"
_COMPONENT = "vmware-system-vmop/vmware-system-vmop-controller-manager/virtualmachine-controller"


@dataclass
class _Outcome:
    """What one look at a VirtualMachine found."""

    conditions: list[Object]
    fields: Object
    again: float | None = None
    is_brief: bool = False
    """Whether it is the first of a machine whose guest is up within a second."""


class VirtualMachines:
    """All VirtualMachines of one Supervisor."""

    def __init__(
        self,
        api: KubernetesAPI,
        inventory: VCenterInventory,
        *,
        virtual_machines: WatchedObjects,
        objects: VirtualMachineObjects,
        placement: Placement,
        addresses: AddressPool,
        network: str,
        events: EventRecorder,
        zone: str,
        operations: MachineOperations,
        policies: ResourcePolicyPlacement,
        snapshots: SnapshotRevert,
        groups: WatchedObjects,
        guests: GuestRuntime,
    ) -> None:
        self._api, self._inventory, self._vms = api, inventory, virtual_machines
        self._objects, self._placement, self._addresses = objects, placement, addresses
        self._events, self._zone, self._guests = events, zone, guests
        self._operations, self._policies, self._snapshots, self._groups = operations, policies, snapshots, groups
        self._prefix_length = IPv4Network(network).prefixlen
        self._keys: dict[str, Key] = {}
        self._placing: dict[str, int] = {}
        self._reported: set[str] = set()
        self._backed_up: dict[str, int] = {}
        """Generation of the VirtualMachine that each machine's options have."""
        self._waiting: set[Key] = set()
        self._started = False
        self._queue: WorkQueue[Key] = WorkQueue("virtual machine", self._reconcile)
        virtual_machines.listen(self._changed)
        objects.listen(self._needs_changed)
        placement.listen(self._namespace_moved)
        policies.listen(self._policy_changed)
        snapshots.listen(self._look_at)
        groups.listen(self._group_changed)
        inventory.listen(self._machine_changed)
        guests.listen(self._machine_changed)

    async def run(self) -> None:
        """Reconcile until cancelled."""
        await self._vms.wait_synced()
        await self._objects.wait_synced()
        await self._policies.wait_synced()
        await self._snapshots.wait_synced()
        await self._inventory.wait_synced()
        self._started = True
        self._machine_changed(None)

    def _changed(self, vm: Object, exists: bool) -> None:
        key, uuid = key_of(vm), vm["spec"].get("instanceUUID")
        if exists:
            if uuid:
                self._keys[uuid] = key
            if address := vm.get("status", {}).get("network", {}).get("primaryIP4"):
                self._addresses.claim(vm["metadata"]["uid"], address)
        else:
            self._keys.pop(uuid, None)
            self._addresses.release(vm["metadata"]["uid"])
        if self._started:
            self._queue.add(key)

    def _needs_changed(self, namespace: str | None) -> None:
        for key in self._waiting:
            if namespace is None or key[0] == namespace:
                self._queue.add(key)

    def _namespace_moved(self, namespace: str) -> None:
        if self._started:
            for vm in self._vms.list(namespace):
                self._queue.add(key_of(vm))

    def _group_changed(self, group: Object, _: bool) -> None:
        for vm in self._vms.list(group["metadata"]["namespace"]):
            if vm["spec"].get("groupName") == group["metadata"]["name"]:
                self._look_at(key_of(vm))

    def _policy_changed(self, namespace: str, name: str) -> None:
        for vm in self._vms.list(namespace):
            if policy_name(vm) == name:
                self._look_at(key_of(vm))

    def _look_at(self, key: Key) -> None:
        if self._started and self._vms.get(key) is not None:
            self._queue.add(key)

    def _machine_changed(self, instance_uuid: str | None) -> None:
        if not self._started:
            return
        if instance_uuid is None:
            for vm in self._vms.list():
                self._queue.add(key_of(vm))
        elif instance_uuid in self._keys:
            self._queue.add(self._keys[instance_uuid])

    async def _reconcile(self, key: Key) -> float | None:
        vm = self._vms.get(key)
        if vm is None:
            self._waiting.discard(key)
            return None
        metadata = vm["metadata"]
        if "deletionTimestamp" in metadata:
            return await self._delete(vm)
        if _PAUSED in metadata.get("annotations", {}):
            return None
        patch = server_filled(vm, self._objects.resolved_image(vm))
        if patch is not None:
            vm = await self._api.patch(VIRTUAL_MACHINES, key[1], patch, key[0])
            self._vms.note(vm)
        if not self._inventory.synced:
            raise VCenterUnavailable("not connected to vCenter")
        try:
            outcome = await self._converge(vm)
        except VCenterUnavailable as error:
            await self._report(vm, _Outcome([*_kept(vm, CREATED), _created(vm, error)], {}))
            self._events.record(vm, "CreateOrUpdateFailure", str(error), component=_COMPONENT, type_="Warning")
            raise
        if outcome is None:
            return None
        if not (outcome.is_brief and self._queue.is_crowded):
            await self._report(vm, outcome)
        if outcome.again is None:
            self._waiting.discard(key)
        else:
            self._waiting.add(key)
        return outcome.again

    async def _converge(self, vm: Object) -> _Outcome | None:
        """What there is to report; None where the spec itself was written: the watch brings it."""
        claims = self._claims(vm)
        machine = self._inventory.machine(vm["spec"]["instanceUUID"])
        policy = self._policies.condition(vm)
        conditions: list[Object]
        if machine is None:
            prerequisites = await self._objects.prerequisites(vm)
            conditions = [*prerequisites.conditions, *([policy] if policy else [])]
            if not prerequisites.met or (policy is not None and policy["status"] != "True"):
                missing = prerequisites.missing or str((policy or {})["message"])
                not_created = [false(CREATED, "NotReady", missing)] if _kept(vm) else []
                volumes = volume_statuses(vm, claims, created=False)
                wait = _WAITING if prerequisites.bootstrap.is_there else _UNWATCHED
                return _Outcome([*conditions, *not_created], {**_without_machine(vm), "volumes": volumes or None}, wait)
            machine = await self._create(vm, prerequisites)
            if machine is None:
                conditions.append(false(PLACEMENT_READY, "NotReady", NO_PLACEMENT))
                return _Outcome([*conditions, false(CREATED, "NotReady", NO_PLACEMENT)], _without_machine(vm), _WAITING)
            conditions += [true(PLACEMENT_READY), true(CREATED)]
        else:
            machine = await self._placement.keep(machine, vm["metadata"]["namespace"], await self._policies.place(vm))
            # Where nothing has been written of it yet, what it was made from is looked up again.
            kept = (
                _kept(vm, PLACEMENT_READY, CREATED, RESOURCE_POLICY_READY)
                if _is_reported(vm)
                else (await self._objects.prerequisites(vm)).conditions
            )
            conditions = [*kept, *([policy] if policy else []), true(PLACEMENT_READY), true(CREATED)]
        if self._snapshots.requested(vm):
            answer = await self._snapshots.revert(vm, machine)
            if "spec" in answer:
                return await self._reverted(vm, answer)
            conditions.append(answer)
        await self._back_up(vm, machine)
        resized = resize(vm, self._objects.vm_class(vm), machine)
        if resized.hardware is not None:
            machine = await self._operations.resize(machine, resized.hardware)
        conditions.append(resized.condition)
        group = self._groups.get((vm["metadata"]["namespace"], vm["spec"].get("groupName", "")))
        linked = linked_condition(vm, group)
        conditions += [linked] if linked is not None else []
        machine, pending = await power(self._inventory, vm, machine, claims)
        machine, restarted = await restart(self._inventory, vm, machine)
        machine, address, guest = await self._guest(vm, machine)
        again = guest.next_change
        host = self._inventory.hosts.get(machine.host)
        fields = machine_status(vm, machine, host, address=address, prefix_length=self._prefix_length, zone=self._zone)
        fields |= {
            "class": _class_reference(resized.class_name),
            "lastRestartTime": restarted,
            "volumes": volume_statuses(vm, claims, created=True) or None,
            "storage": storage_status(vm, self._objects.image(vm)),
        }
        state = machine_conditions(vm, machine, guest_up=guest.up, ready=guest.ready)
        if pending:
            state = [condition for condition in state if condition["type"] != POWER_STATE_SYNCED]
            state.append(false(POWER_STATE_SYNCED, "NotSynced", pending))
            # Soon, as it may be the time of its group that it waits for.
            again = _PENDING
        # What has been restarted must be known at the next look.
        brief = again is not None and again <= _SOON and not (pending or restarted or _is_reported(vm))
        return _Outcome([*conditions, *state], fields, again, brief)

    async def _reverted(self, vm: Object, patch: Object) -> _Outcome | None:
        metadata = vm["metadata"]
        written = await self._api.patch(VIRTUAL_MACHINES, metadata["name"], patch, metadata["namespace"])
        self._vms.note(written)
        self._events.record(vm, "SnapshotRevertSuccess", "Snapshot revert success", component=_COMPONENT)
        return None

    async def _create(self, vm: Object, prerequisites: Prerequisites) -> Machine | None:
        if prerequisites.vm_class is None or prerequisites.image is None:
            raise AssertionError("met prerequisites without class and image")
        place = await self._policies.place(vm)
        spec = machine_spec(
            vm, prerequisites.vm_class, prerequisites.image, prerequisites.bootstrap.user_data, place=place, host=""
        )
        host = choose_host(self._inventory.hosts.values(), spec.memory, self._inventory.running_memory, self._placing)
        if host is None:
            return None
        self._placing[host.moid] = self._placing.get(host.moid, 0) + spec.memory
        try:
            # With its backup: to add that would be a task of its own.
            options = {**spec.extra_config, RESOURCE: resource_text(vm)}
            machine = await self._inventory.create(replace(spec, host=host.moid, extra_config=options))
        finally:
            self._placing[host.moid] -= spec.memory
        self._backed_up[machine.moid] = vm["metadata"].get("generation", 0)
        self._events.record(vm, "CreateSuccess", "Create success", component=_COMPONENT)
        return machine

    async def _back_up(self, vm: Object, machine: Machine) -> None:
        """Keep what is wanted of the machine in its own options, as registervm reads it."""
        generation = vm["metadata"].get("generation", 0)
        if self._backed_up.get(machine.moid) != generation:
            await self._inventory.configure(machine, {RESOURCE: resource_text(vm)})
            self._backed_up[machine.moid] = generation

    async def _guest(self, vm: Object, machine: Machine) -> tuple[Machine, str | None, GuestObservation]:
        """The machine, which a guest may have switched off, the address that the guest reports, and what it does."""
        address = None
        if machine.power_state == "poweredOn" and not vm["spec"].get("network", {}).get("disabled"):
            address = static_address(vm) or self._addresses.claim(vm["metadata"]["uid"])
        guest = await self._guests.observe(vm, self._objects.image(vm), machine, address)
        if guest.ended is not None:
            self._events.record(vm, "GuestEnded", guest.ended, component=_COMPONENT, type_="Warning")
            machine = await self._inventory.power(machine, "poweredOff")
            guest = GuestObservation(up=False, next_change=_PENDING)
        if not guest.up:
            self._reported.discard(machine.moid)
            return machine, None, guest
        if address is not None and machine.moid not in self._reported:
            await self._inventory.configure(machine, guest_says(address, vm["metadata"]["name"]))
            self._reported.add(machine.moid)
        return machine, address, guest

    async def _report(self, vm: Object, outcome: _Outcome) -> None:
        status = changes(vm, outcome.fields, outcome.conditions, time.time())
        if status is None:
            return
        metadata = vm["metadata"]
        patch = {"metadata": {"uid": metadata["uid"]}, "status": status}
        name, namespace = metadata["name"], metadata["namespace"]
        self._vms.note(await self._api.patch(VIRTUAL_MACHINES, name, patch, namespace, subresource="status"))

    async def _delete(self, vm: Object) -> float | None:
        metadata = vm["metadata"]
        if FINALIZER not in metadata.get("finalizers", ()):
            return None
        if any(annotation.startswith(_DELETE_CHECK) for annotation in metadata.get("annotations", {})):
            return None
        if not self._inventory.synced:
            raise VCenterUnavailable("not connected to vCenter")
        await self._guests.forget(vm)
        machine = self._inventory.machine(vm["spec"].get("instanceUUID", ""))
        if machine is not None and machine.managed_type == MANAGED_TYPE:
            await self._inventory.destroy(machine)
        self._addresses.release(metadata["uid"])
        finalizers = [finalizer for finalizer in metadata["finalizers"] if finalizer != FINALIZER]
        patch = {"metadata": {"resourceVersion": metadata["resourceVersion"], "finalizers": finalizers}}
        await self._api.patch(VIRTUAL_MACHINES, metadata["name"], patch, metadata["namespace"])
        return None

    def _claims(self, vm: Object) -> list[tuple[Object, Object | None]]:
        return [
            (volume, self._objects.claim(vm, volume["persistentVolumeClaim"]["claimName"]))
            for volume in vm["spec"].get("volumes", ())
            if "persistentVolumeClaim" in volume
        ]


def _kept(vm: Object, *without: str) -> list[Object]:
    """The conditions that an object has, so that those which are not looked at again stay."""
    conditions = vm.get("status", {}).get("conditions", ())
    return [
        condition for condition in conditions if condition["type"] not in without and condition["type"] not in DERIVED
    ]


def _is_reported(vm: Object) -> bool:
    """Whether its status tells of a machine."""
    return "uniqueID" in vm.get("status", {})


def _created(vm: Object, error: VCenterUnavailable) -> Object:
    before = next((condition for condition in _kept(vm) if condition["type"] == CREATED), None)
    # A machine that is there stays created while vCenter does not answer.
    return before if before is not None and before["status"] == "True" else false(CREATED, "Error", str(error))


def _without_machine(vm: Object) -> Object:
    """Status fields of a machine that is not there (any longer)."""
    fields = ("powerState", "uniqueID", "nodeName", "network", "hardware", "hardwareVersion")
    return {key: None for key in fields if key in vm.get("status", {})}


def _class_reference(name: str) -> Object:
    return {"apiVersion": VIRTUAL_MACHINES.api_version, "kind": "VirtualMachineClass", "name": name}
