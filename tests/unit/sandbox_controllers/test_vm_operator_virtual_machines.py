import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from controller_fakes import FakeEvents, FakeInventory, FakeKubernetes, FakeOperations, eventually
from skipped_time import run

from pacific_infra.sandbox.kubernetes_api import Resource
from pacific_infra.sandbox.reconcile.addresses import AddressPool
from pacific_infra.sandbox.reconcile.placement import Placement
from pacific_infra.sandbox.reconcile.watched_objects import WatchedObjects
from pacific_infra.sandbox.supervisor import resources
from pacific_infra.sandbox.vcenter_objects import Host, Machine
from pacific_infra.sandbox.vm_operator.groups import GROUPS
from pacific_infra.sandbox.vm_operator.guest_runtime import GuestObservation, GuestRuntime, SimulatedGuests
from pacific_infra.sandbox.vm_operator.prerequisites import VirtualMachineObjects
from pacific_infra.sandbox.vm_operator.resource_policy_placement import ResourcePolicyPlacement
from pacific_infra.sandbox.vm_operator.set_resource_policies import SET_RESOURCE_POLICIES
from pacific_infra.sandbox.vm_operator.snapshot_revert import SAVED_SPEC, SnapshotRevert
from pacific_infra.sandbox.vm_operator.snapshots import SNAPSHOTS
from pacific_infra.sandbox.vm_operator.virtual_machines import VirtualMachines

VMS = resources.VIRTUAL_MACHINES


class GivenGuests(SimulatedGuests):
    """Guests that do what the test says."""

    def __init__(self) -> None:
        self.says = GuestObservation(up=False)
        self.gone: list[str] = []
        self.changed: Callable[[str], None] = lambda instance_uuid: None

    def listen(self, changed: Callable[[str], None]) -> None:
        self.changed = changed

    async def observe(
        self, vm: dict[str, Any], image: dict[str, Any] | None, machine: Machine, address: str | None
    ) -> GuestObservation:
        said = self.says
        if said.ended is not None:
            self.says = GuestObservation(up=False)  # It is booted again.
        return said

    async def forget(self, vm: dict[str, Any]) -> None:
        self.gone.append(vm["metadata"]["name"])


class World:
    def __init__(self) -> None:
        self.kubernetes = FakeKubernetes()
        self.inventory = FakeInventory(Host("host-1", "esx-01", memory=256 * 2**30))
        self.operations = FakeOperations(self.inventory)
        self.events = FakeEvents()
        self.guests: GuestRuntime = SimulatedGuests()
        annotations = {"vmware-system-resource-pool": "resgroup-5", "vmware-system-vm-folder": "group-v6"}
        self.kubernetes.put(resources.NAMESPACES, {"metadata": {"name": "shop", "annotations": annotations}})
        storage = {"metadata": {"name": "gold"}, "parameters": {"storagePolicyID": "p"}}
        self.kubernetes.put(resources.STORAGE_CLASSES, storage)
        self.put(resources.STORAGE_POLICY_QUOTAS, "gold-storagepolicyquota", spec={"storagePolicyId": "p"})
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": "t"}
        provider = {"providerRef": {"kind": "ContentLibraryItem"}}
        status = {"name": "debian-12", "conditions": [ready]}
        self.put(resources.VIRTUAL_MACHINE_IMAGES, "vmi-1", spec=provider, status=status)

    def put(self, resource: Resource, name: str, **parts: Any) -> None:
        item = {"apiVersion": resource.api_version, "kind": "X", "metadata": {"name": name, "namespace": "shop"}}
        self.kubernetes.put(resource, {**item, **parts})

    def put_class(self, name: str = "small", memory: str = "4Gi") -> None:
        hardware = {"cpus": 2, "memory": memory}
        self.put(resources.VIRTUAL_MACHINE_CLASSES, name, spec={"hardware": hardware})

    def put_vm(self, **spec: Any) -> None:
        described = {"className": "small", "imageName": "debian-12", "storageClass": "gold", **spec}
        self.put(VMS, "v", spec=described)

    @property
    def vm(self) -> dict[str, Any]:
        return self.kubernetes.read(VMS, "v", "shop") or {"gone": True}

    def condition(self, type_: str) -> dict[str, Any]:
        conditions = self.vm.get("status", {}).get("conditions", ())
        return next((one for one in conditions if one["type"] == type_), {"status": "Absent"})

    def has_address(self) -> bool:
        return bool(self.vm.get("status", {}).get("network", {}).get("primaryIP4"))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        api: Any = self.kubernetes
        inventory: Any = self.inventory
        events: Any = self.events

        def watched(resource: Resource) -> WatchedObjects:
            return WatchedObjects(api, resource)

        namespaces, vms = watched(resources.NAMESPACES), watched(VMS)
        policies, snapshots, groups = watched(SET_RESOURCE_POLICIES), watched(SNAPSHOTS), watched(GROUPS)
        placement = Placement(namespaces, inventory)
        operations: Any = self.operations
        objects = VirtualMachineObjects(
            api,
            classes=watched(resources.VIRTUAL_MACHINE_CLASSES),
            images=watched(resources.VIRTUAL_MACHINE_IMAGES),
            cluster_images=watched(Resource("x/v1", "clustervirtualmachineimages", namespaced=False)),
            storage_classes=watched(resources.STORAGE_CLASSES),
            storage_quotas=watched(resources.STORAGE_POLICY_QUOTAS),
            claims=watched(resources.PERSISTENT_VOLUME_CLAIMS),
        )
        controller = VirtualMachines(
            api,
            inventory,
            virtual_machines=vms,
            objects=objects,
            placement=placement,
            addresses=AddressPool("10.244.16.0/20", "a virtual machine"),
            network="10.244.16.0/20",
            events=events,
            zone="zone-1",
            operations=operations,
            policies=ResourcePolicyPlacement(policies, placement, operations),
            snapshots=SnapshotRevert(snapshots, inventory, operations),
            groups=groups,
            guests=self.guests,
        )
        runners = (namespaces, vms, policies, snapshots, groups, *objects.watched, controller)
        tasks = [asyncio.create_task(one.run()) for one in runners]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


def test_from_missing_class_to_address_to_gone() -> None:
    async def scenario() -> None:
        world = World()
        world.put_vm()
        async with world.running():
            await eventually(lambda: world.condition("VirtualMachineClassReady")["status"] == "False")
            assert world.condition("VirtualMachineImageReady")["status"] == "True"
            assert world.inventory.there == {}
            world.put_class()
            await eventually(world.has_address)
            vm = world.vm
            assert vm["spec"]["image"] == {"kind": "VirtualMachineImage", "name": "vmi-1"}
            assert vm["status"]["powerState"] == "PoweredOn"
            assert vm["status"]["nodeName"] == "esx-01"
            assert {one["status"] for one in vm["status"]["conditions"]} == {"True"}
            assert world.inventory.specs[0].resource_pool == "resgroup-5"
            writes = len(world.kubernetes.writes)
            world.inventory.changed(None)
            await asyncio.sleep(0.05)
            assert len(world.kubernetes.writes) == writes
            await world.kubernetes.delete(VMS, "v", "shop")
            await eventually(lambda: "gone" in world.vm)
            assert world.inventory.there == {}

    run(scenario())


def test_drift_is_put_right() -> None:
    async def scenario() -> None:
        world = World()
        world.put_class()
        world.put_vm()
        async with world.running():
            await eventually(world.has_address)
            uuid = world.vm["spec"]["instanceUUID"]
            await world.inventory.power(world.inventory.there[uuid], "poweredOff")
            world.inventory.changed(uuid)
            await eventually(lambda: world.inventory.there[uuid].power_state == "poweredOn")
            del world.inventory.there[uuid]
            world.inventory.changed(uuid)
            await eventually(lambda: uuid in world.inventory.there)
            await eventually(lambda: world.vm["status"]["uniqueID"] == "vm-2")

    run(scenario())


def test_a_guest_that_runs_is_followed() -> None:
    async def scenario() -> None:
        world, guests = World(), GivenGuests()
        world.guests = guests
        world.put_class()
        world.put_vm(readinessProbe={"tcpSocket": {"port": 80}})
        async with world.running():

            def says(observation: GuestObservation) -> None:
                guests.says = observation
                guests.changed(world.vm["spec"]["instanceUUID"])

            await eventually(lambda: world.condition("VirtualMachineTools")["status"] == "False")
            assert not world.has_address()
            says(GuestObservation(up=True))
            await eventually(world.has_address)
            assert world.condition("Ready")["status"] == "False"
            says(GuestObservation(up=True, ready=True))
            await eventually(lambda: world.condition("Ready")["status"] == "True")
            # A guest that ends switches its machine off, and VM Operator brings it back as after any such drift.
            says(GuestObservation(up=False, ended="the guest has powered itself off"))
            await eventually(lambda: "GuestEnded" in world.events.reasons("v"))
            await eventually(lambda: world.inventory.powered[-2:] == ["poweredOff", "poweredOn"])
            await eventually(lambda: not world.has_address())
            says(GuestObservation(up=True, ready=True))
            await eventually(world.has_address)
            await world.kubernetes.delete(VMS, "v", "shop")
            await eventually(lambda: "gone" in world.vm)
            assert guests.gone == ["v"]

    run(scenario())


def test_power_off_takes_the_address_away() -> None:
    async def scenario() -> None:
        world = World()
        world.put_class()
        world.put_vm()
        async with world.running():
            await eventually(world.has_address)
            await world.kubernetes.patch(VMS, "v", {"spec": {"powerState": "PoweredOff"}}, "shop")
            await eventually(lambda: world.vm["status"]["powerState"] == "PoweredOff")
            assert "network" not in world.vm["status"]
            assert world.condition("VirtualMachinePowerStateSynced")["status"] == "True"
            assert world.condition("VirtualMachineTools")["status"] == "False"

    run(scenario())


def test_what_vcenter_refuses_is_said_in_the_condition() -> None:
    async def scenario() -> None:
        world = World()
        world.put_class()
        world.put_vm()
        world.inventory.failure = "no space"
        async with world.running():
            await eventually(lambda: world.condition("VirtualMachineCreated")["status"] == "False")
            assert world.condition("VirtualMachineCreated")["message"] == "no space"
            world.inventory.failure = None
            await eventually(world.has_address)

    run(scenario())


def test_power_on_waits_for_volumes() -> None:
    async def scenario() -> None:
        world = World()
        world.put_class()
        world.put_vm(volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "c"}}])
        async with world.running():
            await eventually(lambda: world.vm.get("status", {}).get("uniqueID"))
            assert world.vm["status"]["powerState"] == "PoweredOff"
            assert "persistent volumes is pending" in world.condition("VirtualMachinePowerStateSynced")["message"]
            requested = {"requests": {"storage": "1Gi"}}
            world.put(
                resources.PERSISTENT_VOLUME_CLAIMS,
                "c",
                spec={"resources": requested, "volumeName": "pv"},
                status={"phase": "Bound"},
            )
            await eventually(world.has_address)
            assert world.vm["status"]["volumes"][0]["attached"] is True

    run(scenario())


def test_a_new_class_takes_effect_through_a_power_cycle() -> None:
    async def scenario() -> None:
        world = World()
        world.put_class()
        world.put_class("large", "8Gi")
        world.put_vm()
        async with world.running():
            await eventually(world.has_address)
            uuid = world.vm["spec"]["instanceUUID"]
            await world.kubernetes.patch(VMS, "v", {"spec": {"className": "large"}}, "shop")
            synced = "VirtualMachineClassConfigurationSynced"
            await eventually(lambda: world.condition(synced)["status"] == "False")
            assert world.condition(synced)["reason"] == "ClassNameChanged"
            assert world.inventory.there[uuid].memory == 4096
            await world.kubernetes.patch(VMS, "v", {"spec": {"powerState": "PoweredOff"}}, "shop")
            await eventually(lambda: world.vm["status"]["class"]["name"] == "large")
            assert world.inventory.there[uuid].memory == 8192
            await world.kubernetes.patch(VMS, "v", {"spec": {"powerState": "PoweredOn"}}, "shop")
            await eventually(world.has_address)
            assert world.vm["status"]["hardware"]["memory"] == {"total": "8192Mi"}
            assert world.condition(synced)["status"] == "True"

    run(scenario())


def test_hardware_changed_behind_its_back_comes_back() -> None:
    async def scenario() -> None:
        world = World()
        world.put_class()
        world.put_vm()
        async with world.running():
            await eventually(world.has_address)
            uuid = world.vm["spec"]["instanceUUID"]
            world.inventory.there[uuid] = replace(world.inventory.there[uuid], processors=16, memory=1)
            world.inventory.changed(uuid)
            await eventually(lambda: world.inventory.there[uuid].processors == 2)
            assert world.inventory.there[uuid].memory == 4096

    run(scenario())


def test_a_restart_is_made_once() -> None:
    async def scenario() -> None:
        world = World()
        world.put_class()
        world.put_vm()
        async with world.running():
            await eventually(world.has_address)
            world.inventory.powered.clear()
            await world.kubernetes.patch(VMS, "v", {"spec": {"nextRestartTime": "2026-01-01T00:00:00.5Z"}}, "shop")
            await eventually(lambda: world.vm["status"].get("lastRestartTime"))
            await eventually(world.has_address)
            assert world.inventory.powered == ["poweredOff", "poweredOn"]

    run(scenario())


def test_a_machine_lies_where_its_resource_policy_says() -> None:
    async def scenario() -> None:
        world = World()
        world.put_class()
        world.put_vm(reserved={"resourcePolicyName": "apart"})
        async with world.running():
            ready = "VirtualMachineConditionVMSetResourcePolicyReady"
            await eventually(lambda: world.condition(ready)["status"] == "False")
            assert world.condition(ready)["reason"] == "NotFound"
            pools = [{"clusterMoID": "domain-c1", "childResourcePoolMoID": "resgroup-9"}]
            spec = {"resourcePool": {"name": "pool"}, "folder": "folder"}
            world.put(SET_RESOURCE_POLICIES, "apart", spec=spec, status={"resourcePools": pools})
            await eventually(world.has_address)
            assert (world.inventory.specs[0].resource_pool, world.inventory.specs[0].folder) == (
                "resgroup-9",
                "group-v6/folder",
            )
            assert world.condition(ready)["status"] == "True"

    run(scenario())


def test_back_to_a_snapshot_with_the_spec_of_then() -> None:
    async def scenario() -> None:
        world = World()
        world.put_class()
        world.put_class("large", "8Gi")
        world.put_vm(className="large", currentSnapshotName="before")
        async with world.running():
            reverted = "VirtualMachineSnapshotRevertSucceeded"
            await eventually(lambda: world.condition(reverted)["status"] == "False")
            assert "not found" in world.condition(reverted)["message"]
            saved = {**world.vm["spec"], "className": "small", "powerState": "PoweredOff"}
            del saved["currentSnapshotName"]
            metadata = {"name": "before", "namespace": "shop", "annotations": {SAVED_SPEC: json.dumps(saved)}}
            status = {"conditions": [{"type": "VirtualMachineSnapshotReady", "status": "True"}]}
            world.operations.taken["before"] = "snapshot-1"
            snapshot = {"apiVersion": SNAPSHOTS.api_version, "kind": "X", "metadata": metadata}
            world.kubernetes.put(SNAPSHOTS, {**snapshot, "spec": {"vmName": "v"}, "status": status})
            await eventually(lambda: world.vm["status"].get("class", {}).get("name") == "small", 12)
            assert "currentSnapshotName" not in world.vm["spec"]
            assert world.vm["status"]["powerState"] == "PoweredOff"
            assert world.condition(reverted)["status"] == "Absent"

    run(scenario())


def test_annotations_hold_power_on_and_deletion_back() -> None:
    async def scenario() -> None:
        world = World()
        world.put_class()
        world.put_vm()
        held = {"poweron.check.vmoperator.vmware.com/a": "", "delete.check.vmoperator.vmware.com/b": ""}
        await world.kubernetes.patch(VMS, "v", {"metadata": {"annotations": held}}, "shop")
        async with world.running():
            synced = "VirtualMachinePowerStateSynced"
            await eventually(lambda: world.condition(synced)["status"] == "False")
            assert "poweron.check.vmoperator.vmware.com/a" in world.condition(synced)["message"]
            released: dict[str, None] = {"poweron.check.vmoperator.vmware.com/a": None}
            await world.kubernetes.patch(VMS, "v", {"metadata": {"annotations": released}}, "shop")
            await eventually(world.has_address)
            await world.kubernetes.delete(VMS, "v", "shop")
            await asyncio.sleep(0.05)
            assert len(world.inventory.there) == 1
            released = {"delete.check.vmoperator.vmware.com/b": None}
            await world.kubernetes.patch(VMS, "v", {"metadata": {"annotations": released}}, "shop")
            await eventually(lambda: "gone" in world.vm)
            assert world.inventory.there == {}

    run(scenario())


def test_a_paused_machine_is_left_alone() -> None:
    async def scenario() -> None:
        world = World()
        world.put_class()
        world.put_vm()
        async with world.running():
            await eventually(world.has_address)
            paused = "vmoperator.vmware.com/paused"
            await world.kubernetes.patch(VMS, "v", {"metadata": {"annotations": {paused: ""}}}, "shop")
            await world.kubernetes.patch(VMS, "v", {"spec": {"powerState": "PoweredOff"}}, "shop")
            await asyncio.sleep(0.05)
            assert {one.power_state for one in world.inventory.there.values()} == {"poweredOn"}
            await world.kubernetes.patch(VMS, "v", {"metadata": {"annotations": {paused: None}}}, "shop")
            await eventually(lambda: world.vm["status"]["powerState"] == "PoweredOff")

    run(scenario())
