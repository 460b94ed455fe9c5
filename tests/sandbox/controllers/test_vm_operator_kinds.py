"""Resource policies, snapshots, groups and publish requests, each with its controller against fakes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from pacific_sandbox.kubernetes_api import Object, Resource
from pacific_sandbox.reconcile.placement import Placement
from pacific_sandbox.reconcile.times import seconds_of_duration
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.supervisor import resources
from pacific_sandbox.vcenter_client.objects import Host, Machine
from pacific_sandbox.vm_operator.admission.groups import APPLY_AT, LAST_UPDATED
from pacific_sandbox.vm_operator.groups import GROUPS, Groups
from pacific_sandbox.vm_operator.publish_requests import PUBLISH_REQUESTS, PublishRequests
from pacific_sandbox.vm_operator.set_resource_policies import SET_RESOURCE_POLICIES, SetResourcePolicies
from pacific_sandbox.vm_operator.snapshots import SNAPSHOTS, Snapshots
from tests.support.controller_fakes import FakeInventory, FakeKubernetes, FakeOperations, eventually

VMS = resources.VIRTUAL_MACHINES
POLICY = "11111111-1111-4111-8111-111111111111"


class FakeLibraries:
    def __init__(self) -> None:
        self.items: dict[str, tuple[str, str]] = {}

    async def named(self, library: str) -> Mapping[str, tuple[str, str]]:
        return self.items

    async def capture(self, library: str, machine: str, name: str, description: str) -> str:
        self.items[name] = (f"item-of-{machine}", description)
        return self.items[name][0]


class World:
    def __init__(self) -> None:
        self.kubernetes = FakeKubernetes()
        self.inventory = FakeInventory(Host("host-1", "esx-01", memory=2**38))
        self.operations = FakeOperations(self.inventory)
        self.libraries = FakeLibraries()
        self.watches: dict[str, WatchedObjects] = {}

    def put(self, resource: Resource, name: str, **parts: Any) -> None:
        metadata = {"name": name, "namespace": "shop", **parts.pop("metadata", {})}
        kind = "VirtualMachine" if resource == VMS else "X"
        self.kubernetes.put(resource, {"apiVersion": resource.api_version, "kind": kind, "metadata": metadata, **parts})

    def put_machine(self, name: str = "v", **spec: Any) -> None:
        self.inventory.registered[f"i-{name}"] = Machine(f"vm-{name}", instance_uuid=f"i-{name}")
        status = {"uniqueID": f"vm-{name}", "powerState": "PoweredOff"}
        self.put(VMS, name, spec={"instanceUUID": f"i-{name}", "powerState": "PoweredOff", **spec}, status=status)

    def read(self, resource: Resource, name: str) -> Object:
        return self.kubernetes.read(resource, name, "shop") or {"gone": True}

    def conditions(self, resource: Resource, name: str) -> dict[str, str]:
        """Type to status and reason."""
        result = self.read(resource, name).get("status", {}).get("conditions", ())
        return {item["type"]: item["status"] if item["status"] == "True" else item["reason"] for item in result}

    def watched(self, resource: Resource) -> WatchedObjects:
        api: Any = self.kubernetes
        return self.watches.setdefault(resource.plural, WatchedObjects(api, resource))

    @asynccontextmanager
    async def running(self, make: Callable[["World"], Any]) -> AsyncIterator[None]:
        controller = make(self)
        tasks = [asyncio.create_task(item.run()) for item in (*self.watches.values(), controller)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


def policies(world: World) -> Any:
    inventory: Any = world.inventory
    operations: Any = world.operations
    api: Any = world.kubernetes
    return SetResourcePolicies(
        api,
        world.watched(SET_RESOURCE_POLICIES),
        virtual_machines=world.watched(VMS),
        placement=Placement(world.watched(resources.NAMESPACES), inventory),
        operations=operations,
    )


def test_a_resource_policy_and_its_end() -> None:
    async def scenario() -> None:
        world = World()
        pool = {"name": "pool", "reservations": {"cpu": "500m"}, "limits": {"memory": "4Gi"}}
        spec = {"resourcePool": pool, "folder": "folder", "clusterModuleGroups": ["one", "two"]}
        world.put(SET_RESOURCE_POLICIES, "apart", metadata={"uid": POLICY}, spec=spec)
        world.put_machine(reserved={"resourcePolicyName": "apart"})
        async with world.running(policies):
            status = await eventually(lambda: world.read(SET_RESOURCE_POLICIES, "apart").get("status"))
            result = world.operations.pools["resgroup-root/pool"]
            assert (result.cpu_reservation, result.cpu_limit, result.memory_limit) == (1000, -1, 4096)
            assert status["resourcePools"] == [
                {"clusterMoID": "domain-c1", "childResourcePoolMoID": "resgroup-root/pool"}
            ]
            assert [clustermodule["groupName"] for clustermodule in status["clustermodules"]] == ["one", "two"]
            assert world.operations.folders == {"group-root/folder"}
            await world.kubernetes.delete(SET_RESOURCE_POLICIES, "apart", "shop")
            await asyncio.sleep(0.05)
            assert "gone" not in world.read(SET_RESOURCE_POLICIES, "apart")
            await world.kubernetes.delete(VMS, "v", "shop")
            await eventually(lambda: "gone" in world.read(SET_RESOURCE_POLICIES, "apart"))
            assert (world.operations.pools, world.operations.folders) == ({}, set())

    asyncio.run(scenario())


def test_a_snapshot_and_its_end() -> None:
    async def scenario() -> None:
        world = World()

        def make(world: World) -> Any:
            api: Any = world.kubernetes
            inventory: Any = world.inventory
            operations: Any = world.operations
            vms = world.watched(VMS)
            return Snapshots(
                api, world.watched(SNAPSHOTS), virtual_machines=vms, inventory=inventory, operations=operations
            )

        world.put(SNAPSHOTS, "before", spec={"vmName": "v"})
        async with world.running(make):
            waiting = {"VirtualMachineSnapshotReady": "VirtualMachineSnapshotWaitingForCreation"}
            await eventually(lambda: world.conditions(SNAPSHOTS, "before") == waiting)
            world.put_machine(className="small")
            await eventually(lambda: world.conditions(SNAPSHOTS, "before").get("VirtualMachineSnapshotReady") == "True")
            snapshot = world.read(SNAPSHOTS, "before")
            assert snapshot["status"]["uniqueID"] == "snapshot-1"
            assert '"className": "small"' in next(iter(snapshot["metadata"]["annotations"].values()))
            await eventually(lambda: world.read(VMS, "v")["status"].get("currentSnapshot"))
            assert world.read(VMS, "v")["status"]["currentSnapshot"] == {"name": "before", "type": "Managed"}
            await world.kubernetes.delete(SNAPSHOTS, "before", "shop")
            await eventually(lambda: "gone" in world.read(SNAPSHOTS, "before"))
            assert world.operations.taken_snapshots == {}
            await eventually(lambda: "currentSnapshot" not in world.read(VMS, "v")["status"])

    asyncio.run(scenario())


def groups(world: World) -> Any:
    api: Any = world.kubernetes
    return Groups(api, world.watched(GROUPS), virtual_machines=world.watched(VMS))


def test_a_group_powers_its_members_on_in_order() -> None:
    async def scenario() -> None:
        world = World()
        order = [{"members": [{"name": "a"}]}, {"powerOnDelay": "1m30s", "members": [{"name": "b"}]}]
        annotations = {LAST_UPDATED: "2026-11-23T18:00:00.5Z"}
        spec = {"powerState": "PoweredOn", "bootOrder": order}
        world.put(GROUPS, "g", metadata={"annotations": annotations}, spec=spec)
        world.put_machine("a", groupName="g")
        world.put_machine("b")
        async with world.running(groups):
            await eventually(lambda: world.read(VMS, "a")["spec"]["powerState"] == "PoweredOn")
            assert world.read(VMS, "a")["metadata"]["annotations"][APPLY_AT].startswith("2026-11-23T18:00:00.5")
            members = await eventually(lambda: world.read(GROUPS, "g").get("status", {}).get("members"))
            assert [member["conditions"][0]["reason"] for member in members] == ["True", "NotMember"]
            assert "lastUpdatedPowerStateTime" not in world.read(GROUPS, "g")["status"]
            world.put_machine("b", groupName="g")
            await eventually(lambda: world.read(VMS, "b")["spec"]["powerState"] == "PoweredOn")
            assert world.read(VMS, "b")["metadata"]["annotations"][APPLY_AT].startswith("2026-11-23T18:01:30.5")
            await eventually(lambda: "lastUpdatedPowerStateTime" in world.read(GROUPS, "g")["status"])
            assert world.conditions(GROUPS, "g") == {"Ready": "MembersNotReady"}
            for name in ("a", "b"):
                status = {"status": {"powerState": "PoweredOn"}}
                await world.kubernetes.patch(VMS, name, status, "shop", subresource="status")
            await eventually(lambda: world.conditions(GROUPS, "g") == {"Ready": "True"})
            # Somebody switches a member off by itself: the group says so, and leaves it.
            await world.kubernetes.patch(VMS, "a", {"spec": {"powerState": "PoweredOff"}}, "shop")
            await world.kubernetes.patch(VMS, "a", {"status": {"powerState": "PoweredOff"}}, "shop")
            await eventually(lambda: world.conditions(GROUPS, "g") == {"Ready": "MembersNotReady"})
            assert world.read(VMS, "a")["spec"]["powerState"] == "PoweredOff"

    asyncio.run(scenario())


def test_durations() -> None:
    assert [seconds_of_duration(item) for item in ("0s", "1m30s", "2h", "1.5s", "300ms")] == [0, 90, 7200, 1.5, 0.3]


def publishing(world: World) -> Any:
    api: Any = world.kubernetes
    return PublishRequests(
        api,
        world.watched(PUBLISH_REQUESTS),
        virtual_machines=world.watched(VMS),
        content_libraries=world.watched(resources.CONTENT_LIBRARIES),
        images=world.watched(resources.VIRTUAL_MACHINE_IMAGES),
        libraries=world.libraries,
    )


def library(world: World, *, writable: bool) -> None:
    status = {"name": "images", "conditions": [{"type": "Ready", "status": "True"}]}
    world.put(resources.CONTENT_LIBRARIES, "cl-1", spec={"id": "l", "allowPublish": writable}, status=status)


def test_a_machine_becomes_an_image() -> None:
    async def scenario() -> None:
        world = World()
        library(world, writable=True)
        world.put_machine()
        world.put(PUBLISH_REQUESTS, "v", spec={"target": {"location": {"name": "cl-1"}}})
        async with world.running(publishing):
            await eventually(lambda: world.conditions(PUBLISH_REQUESTS, "v").get("Uploaded") == "True")
            assert world.libraries.items["v-image"][0] == "item-of-vm-v"
            assert world.conditions(PUBLISH_REQUESTS, "v")["Complete"] == "ImageUnavailable"
            image = {"providerItemID": "item-of-vm-v"}
            world.put(resources.VIRTUAL_MACHINE_IMAGES, "vmi-9", spec={}, status=image)
            await eventually(lambda: world.conditions(PUBLISH_REQUESTS, "v").get("Complete") == "True")
            status = world.read(PUBLISH_REQUESTS, "v")["status"]
            assert (status["imageName"], status["ready"], status["attempts"]) == ("vmi-9", True, 1)

    asyncio.run(scenario())


def test_why_a_machine_cannot_become_an_image() -> None:
    async def scenario() -> None:
        world = World()
        library(world, writable=False)
        world.libraries.items["taken"] = ("item-1", "somebody else's")
        world.put(PUBLISH_REQUESTS, "v", spec={"target": {"location": {"name": "cl-1"}}})
        world.put(PUBLISH_REQUESTS, "w", spec={"target": {"location": {"name": "cl-2"}}})
        async with world.running(publishing):
            reasons = {
                "SourceValid": "SourceVirtualMachineNotExist",
                "TargetValid": "TargetContentLibraryNotWritable",
                "Complete": "HasNotBeenUploaded",
            }
            await eventually(lambda: world.conditions(PUBLISH_REQUESTS, "v") == reasons)
            await eventually(
                lambda: world.conditions(PUBLISH_REQUESTS, "w").get("TargetValid") == "TargetContentLibraryNotExist"
            )
            library(world, writable=True)
            world.put_machine()
            target = {"item": {"name": "taken"}, "location": {"name": "cl-1"}}
            world.put(PUBLISH_REQUESTS, "x", spec={"source": {"name": "v"}, "target": target})
            await eventually(
                lambda: world.conditions(PUBLISH_REQUESTS, "x").get("TargetValid") == "TargetItemAlreadyExists"
            )

    asyncio.run(scenario())
