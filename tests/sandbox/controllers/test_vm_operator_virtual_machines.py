import asyncio
import json
from collections import Counter
from dataclasses import replace

import pytest

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.supervisor import resources
from pacific_sandbox.vcenter_client.machine_backup import resource_of
from pacific_sandbox.vcenter_client.objects import Machine
from pacific_sandbox.vm_operator.guest_runtime import GuestObservation, SimulatedGuests
from pacific_sandbox.vm_operator.set_resource_policies import SET_RESOURCE_POLICIES
from pacific_sandbox.vm_operator.snapshot_revert import SAVED_SPEC
from pacific_sandbox.vm_operator.snapshots import SNAPSHOTS
from tests.support.controller_fakes import eventually
from tests.support.skipped_time import run
from tests.support.vm_operator_world import VMS, World


def test_from_missing_class_to_address_to_gone() -> None:
    async def scenario() -> None:
        world = World()
        world.put_vm()
        async with world.running():
            await eventually(lambda: world.condition("VirtualMachineClassReady")["status"] == "False")
            assert world.condition("VirtualMachineImageReady")["status"] == "True"
            assert world.inventory.registered == {}
            world.put_class()
            await eventually(world.has_address)
            vm = world.vm
            assert vm["spec"]["image"] == {"kind": "VirtualMachineImage", "name": "vmi-1"}
            assert vm["status"]["powerState"] == "PoweredOn"
            assert vm["status"]["nodeName"] == "esx-01"
            assert {item["status"] for item in vm["status"]["conditions"]} == {"True"}
            assert world.inventory.specs[0].resource_pool == "resgroup-5"
            writes = len(world.kubernetes.writes)
            world.inventory.changed(None)
            await asyncio.sleep(0.05)
            assert len(world.kubernetes.writes) == writes
            await world.kubernetes.delete(VMS, "v", "shop")
            await eventually(lambda: "gone" in world.vm)
            assert world.inventory.registered == {}

    run(scenario())


def test_an_object_that_is_made_again_of_the_machines_options_takes_over_the_machine() -> None:
    async def scenario() -> None:
        world, later = World(), World()
        world.put_class()
        world.put_vm()
        async with world.running():
            await eventually(world.has_address)
        later.inventory = world.inventory
        resource = resource_of(world.inventory.options["vm-1"])
        assert resource is not None
        later.put_class()
        later.kubernetes.put(VMS, resource)
        async with later.running():
            await eventually(later.has_address)
            assert later.vm["status"]["uniqueID"] == "vm-1"
            assert later.vm["spec"] == world.vm["spec"]
            assert len(world.inventory.specs) == 1

    run(scenario())


class SlowGuests(SimulatedGuests):
    """They are up at the second look."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    async def observe(
        self, vm: Object, image: Object | None, machine: Machine, address: str | None
    ) -> GuestObservation:
        if machine.moid in self.seen:
            return GuestObservation(up=True, ready=True)
        self.seen.add(machine.moid)
        return GuestObservation(up=False, next_change=0.5)


@pytest.mark.parametrize(("machines", "writes"), [(1, 2), (100, 1)])
def test_where_many_wait_a_first_status_is_written_once_and_whole(machines: int, writes: int) -> None:
    async def scenario() -> None:
        world = World()
        world.guests = SlowGuests()
        world.put_class()
        names = ["v", *(f"v-{number}" for number in range(1, machines))]
        for name in names:
            world.put(VMS, name, spec={"className": "small", "imageName": "debian-12", "storageClass": "gold"})

        def status(name: str) -> Object:
            vm: Object = world.kubernetes.read(VMS, name, "shop") or {}
            status: Object = vm.get("status", {})
            return status

        async with world.running():
            await eventually(lambda: all(status(name).get("network") for name in names))
        written = Counter(name for verb, _, name in world.kubernetes.writes if verb == "patch status")
        assert {written[name] for name in names} == {writes}
        assert len({tuple(item["type"] for item in status(name)["conditions"]) for name in names}) == 1
        assert world.condition("VirtualMachineClassReady")["status"] == "True"

    run(scenario())


def test_drift_is_put_right() -> None:
    async def scenario() -> None:
        world = World()
        world.put_class()
        world.put_vm()
        async with world.running():
            await eventually(world.has_address)
            uuid = world.vm["spec"]["instanceUUID"]
            await world.inventory.power(world.inventory.registered[uuid], "poweredOff")
            world.inventory.changed(uuid)
            await eventually(lambda: world.inventory.registered[uuid].power_state == "poweredOn")
            del world.inventory.registered[uuid]
            world.inventory.changed(uuid)
            await eventually(lambda: uuid in world.inventory.registered)
            await eventually(lambda: world.vm["status"]["uniqueID"] == "vm-2")

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
            assert world.inventory.registered[uuid].memory == 4096
            await world.kubernetes.patch(VMS, "v", {"spec": {"powerState": "PoweredOff"}}, "shop")
            await eventually(lambda: world.vm["status"]["class"]["name"] == "large")
            assert world.inventory.registered[uuid].memory == 8192
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
            world.inventory.registered[uuid] = replace(world.inventory.registered[uuid], processors=16, memory=1)
            world.inventory.changed(uuid)
            await eventually(lambda: world.inventory.registered[uuid].processors == 2)
            assert world.inventory.registered[uuid].memory == 4096

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
            world.operations.taken_snapshots["before"] = "snapshot-1"
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
            assert len(world.inventory.registered) == 1
            released = {"delete.check.vmoperator.vmware.com/b": None}
            await world.kubernetes.patch(VMS, "v", {"metadata": {"annotations": released}}, "shop")
            await eventually(lambda: "gone" in world.vm)
            assert world.inventory.registered == {}

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
            assert {item.power_state for item in world.inventory.registered.values()} == {"poweredOn"}
            await world.kubernetes.patch(VMS, "v", {"metadata": {"annotations": {paused: None}}}, "shop")
            await eventually(lambda: world.vm["status"]["powerState"] == "PoweredOff")

    run(scenario())
