import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from pacific_sandbox.reconcile.addresses import AddressPool
from pacific_sandbox.reconcile.placement import Placement
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.spherelet.pod_objects import PodObjects
from pacific_sandbox.spherelet.pods import PODS, Pods
from pacific_sandbox.spherelet.simulated_runtime import SimulatedRuntime, SimulatedTimes
from pacific_sandbox.supervisor.resources import CONFIG_MAPS, NAMESPACES, PERSISTENT_VOLUME_CLAIMS
from pacific_sandbox.vcenter_client.objects import Host
from tests.support.controller_fakes import FakeEvents, FakeInventory, FakeKubernetes, eventually

TIMES = SimulatedTimes(boot=0.02, init_container=0.01, container=0.05, stop=0.01, notice=0.05)


class World:
    def __init__(self) -> None:
        self.kubernetes = FakeKubernetes()
        self.inventory = FakeInventory(Host("host-1", "esx-01", address="192.168.10.11"))
        self.events = FakeEvents()
        annotations = {"vmware-system-resource-pool": "resgroup-5", "vmware-system-vm-folder": "group-v6"}
        self.kubernetes.put(NAMESPACES, {"metadata": {"name": "shop", "annotations": annotations}})

    def pod(self, name: str = "web", **spec: Any) -> str:
        containers = [{"name": "c", "image": "web:1"}]
        item = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"nodeName": "esx-01", "containers": containers, **spec},
            "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True"}]},
        }
        uid: str = self.kubernetes.put(PODS, item)["metadata"]["uid"]
        return uid

    def phase(self, name: str = "web") -> str | None:
        pod = self.kubernetes.read(PODS, name, "shop")
        return pod["status"]["phase"] if pod else None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        api: Any = self.kubernetes
        inventory: Any = self.inventory
        events: Any = self.events
        watched = {
            resource.plural: WatchedObjects(api, resource) for resource in (PODS, NAMESPACES, PERSISTENT_VOLUME_CLAIMS)
        }
        pods = Pods(
            api,
            inventory,
            SimulatedRuntime(TIMES),
            pods=watched["pods"],
            objects=PodObjects(api, watched["persistentvolumeclaims"]),
            placement=Placement(watched["namespaces"], inventory),
            addresses=AddressPool("10.244.0.0/24", "a pod"),
            events=events,
        )
        runners: list[Any] = [*watched.values(), pods]
        tasks = [asyncio.create_task(runner.run()) for runner in runners]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


def test_a_pod_gets_its_machine_and_runs() -> None:
    async def scenario() -> None:
        world = World()
        uid = world.pod()
        async with world.running():
            await eventually(lambda: world.phase() == "Running")
            pod = world.kubernetes.read(PODS, "web", "shop")
            assert pod is not None
            machine = world.inventory.registered[uid]
            assert machine.power_state == "poweredOn"
            assert world.inventory.specs[0].resource_pool == "resgroup-5"
            assert world.inventory.specs[0].folder == "group-v6"
            assert pod["metadata"]["annotations"]["vmware-system-vm-moid"] == "vm-1:vc"
            conditions = {condition["type"]: condition["status"] for condition in pod["status"]["conditions"]}
            assert conditions["PodScheduled"] == "True"  # The scheduler's own stays.
            assert conditions["Ready"] == "True"
            assert world.events.reasons("web") == [
                "Image",
                "SuccessfulRealizeNSXResource",
                "Pulling",
                "Pulled",
                "SuccessfulMountVolume",
                "Created",
                "Started",
            ]
            writes = len(world.kubernetes.writes)
            world.inventory.changed(None)
            await asyncio.sleep(0.05)
            assert len(world.kubernetes.writes) == writes  # Nothing has changed: nothing is written.

    asyncio.run(scenario())


def test_of_many_pods_that_start_at_once_the_newest_status_is_written() -> None:
    async def scenario() -> None:
        world, names = World(), [f"web-{number}" for number in range(120)]
        async with world.running():
            await eventually(lambda: world.inventory.synced)
            for name in names:
                world.pod(name)
            await eventually(lambda: all(world.phase(name) == "Running" for name in names))
        statuses = [write for write in world.kubernetes.writes if write[0] == "patch status"]
        assert len(names) <= len(statuses) < 2 * len(names)

    asyncio.run(scenario())


def test_a_deleted_pod_goes_with_its_machine_and_gives_its_address_back() -> None:
    async def scenario() -> None:
        world = World()
        world.pod()
        async with world.running():
            await eventually(lambda: world.phase() == "Running")
            await world.kubernetes.delete(PODS, "web", "shop")
            await eventually(lambda: world.kubernetes.read(PODS, "web", "shop") is None)
            assert world.inventory.registered == {}
            assert world.events.reasons("web")[-1] == "Killing"

    asyncio.run(scenario())


def test_a_job_completes_and_its_machine_is_off() -> None:
    async def scenario() -> None:
        world = World()
        uid = world.pod(restartPolicy="Never")
        async with world.running():
            await eventually(lambda: world.phase() == "Succeeded")
            await eventually(lambda: world.inventory.registered[uid].power_state == "poweredOff")

    asyncio.run(scenario())


def test_a_pod_waits_for_its_config_map_and_says_so() -> None:
    async def scenario() -> None:
        world = World()
        world.pod(volumes=[{"name": "v", "configMap": {"name": "cm"}}])
        async with world.running():
            await eventually(lambda: "FailedMount" in world.events.reasons("web"))
            pod = world.kubernetes.read(PODS, "web", "shop")
            assert pod is not None
            waiting = pod["status"]["containerStatuses"][0]["state"]["waiting"]
            assert waiting["message"] == 'MountVolume.SetUp failed for volume "v" : configmap "cm" not found'
            assert world.inventory.registered == {}
            world.kubernetes.put(CONFIG_MAPS, {"metadata": {"name": "cm", "namespace": "shop"}, "data": {}})
            await eventually(lambda: world.phase() == "Running")

    asyncio.run(scenario())


def test_a_pod_without_vcenter_is_creating() -> None:
    async def scenario() -> None:
        world = World()
        world.inventory.failure = "no vCenter"
        world.pod()

        def state() -> Any:
            pod = world.kubernetes.read(PODS, "web", "shop")
            return pod and pod["status"].get("containerStatuses", [{}])[0].get("state")

        async with world.running():
            await eventually(lambda: state() == {"waiting": {"reason": "ContainerCreating"}})
            world.inventory.failure = None
            await eventually(lambda: world.phase() == "Running")
            assert world.events.reasons("web").count("Image") == 1

    asyncio.run(scenario())


def test_a_lost_machine_is_made_again_and_one_without_pod_goes() -> None:
    async def scenario() -> None:
        world = World()
        uid = world.pod()
        async with world.running():
            await eventually(lambda: world.phase() == "Running")
            orphan = world.inventory.registered.pop(uid)
            world.inventory.registered["orphan"] = type(orphan)(
                "vm-9", instance_uuid="orphan", managed_type="vSpherePod"
            )
            world.inventory.registered["other"] = type(orphan)("vm-8", instance_uuid="other")  # Somebody else's.
            world.inventory.changed(None)
            await eventually(lambda: set(world.inventory.registered) == {uid, "other"})
            await eventually(lambda: world.inventory.registered[uid].power_state == "poweredOn")

    asyncio.run(scenario())


def test_a_machine_follows_its_namespace() -> None:
    async def scenario() -> None:
        world = World()
        uid = world.pod()
        async with world.running():
            await eventually(lambda: world.phase() == "Running")
            annotations = {"vmware-system-resource-pool": "resgroup-77"}
            before = world.kubernetes.read(NAMESPACES, "shop")
            assert before is not None
            metadata = {"name": "shop", "uid": before["metadata"]["uid"], "annotations": annotations}
            world.kubernetes.put(NAMESPACES, {"metadata": metadata})
            await eventually(lambda: world.inventory.registered[uid].resource_pool == "resgroup-77")

    asyncio.run(scenario())


def test_a_lost_hosts_pods_are_let_be_until_it_is_back() -> None:
    async def scenario() -> None:
        world = World()
        world.pod()
        async with world.running():
            await eventually(lambda: world.phase() == "Running")
            connected = world.inventory.hosts["host-1"]
            world.inventory.hosts["host-1"] = replace(connected, connected=False)
            await world.kubernetes.delete(PODS, "web", "shop")
            await asyncio.sleep(0.1)
            assert len(world.inventory.registered) == 1
            assert "Killing" not in world.events.reasons("web")
            world.inventory.hosts["host-1"] = connected
            world.inventory.changed(None)
            await eventually(lambda: world.kubernetes.read(PODS, "web", "shop") is None)
            assert world.inventory.registered == {}

    asyncio.run(scenario())


def test_a_crash_is_restarted_counted_and_said() -> None:
    async def scenario() -> None:
        world = World()
        world.pod(containers=[{"name": "c", "image": "web:1", "command": ["sh", "-c", "exit 3"]}])
        async with world.running():
            await eventually(lambda: "BackOff" in world.events.reasons("web"))
            pod = world.kubernetes.read(PODS, "web", "shop")
            assert pod is not None
            container = pod["status"]["containerStatuses"][0]
            assert (pod["status"]["phase"], container["restartCount"]) == ("Running", 1)
            assert container["state"]["waiting"]["reason"] == "CrashLoopBackOff"
            assert container["lastState"]["terminated"]["exitCode"] == 3
            # A slow computer may see the second run only, and then it is said once.
            assert "Started" in world.events.reasons("web")

    asyncio.run(scenario())


def test_a_pod_that_is_active_for_too_long_fails_and_its_machine_is_off() -> None:
    async def scenario() -> None:
        world = World()
        uid = world.pod(activeDeadlineSeconds=1, terminationGracePeriodSeconds=1)
        async with world.running():
            await eventually(lambda: world.phase() == "Failed")
            pod = world.kubernetes.read(PODS, "web", "shop")
            assert pod is not None
            assert pod["status"]["reason"] == "DeadlineExceeded"
            assert pod["status"]["message"] == "Pod was active on the node longer than the specified deadline"
            assert "terminated" in pod["status"]["containerStatuses"][0]["state"]
            assert {condition["type"]: condition["status"] for condition in pod["status"]["conditions"]}[
                "Ready"
            ] == "False"
            assert world.events.reasons("web")[-2:] == ["DeadlineExceeded", "Killing"]
            await eventually(lambda: world.inventory.registered[uid].power_state == "poweredOff")

    asyncio.run(scenario())
