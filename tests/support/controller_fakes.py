"""An API server and a vCenter in memory, as far as the controllers' unit tests need them."""

import asyncio
import copy
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

from pacific_sandbox.kubernetes_api import KubernetesError, Object, Resource, WatchEvent
from pacific_sandbox.reconcile.times import rfc3339
from pacific_sandbox.vcenter_client.objects import Host, Machine, MachineSpec, PowerState
from pacific_sandbox.vcenter_client.session import VCenterUnavailable
from pacific_sandbox.vm_operator.machine_operations import PoolSpec
from pacific_sandbox.vm_operator.resize import Hardware
from tests.support.waiting import PATIENCE


class FakeKubernetes:
    """Objects with resource versions and uids, watches, deletion with finalizers and with a grace period."""

    def __init__(self) -> None:
        self.writes: list[tuple[str, str, str]] = []
        """Verb, plural and name of every write."""
        self.evicted: list[str] = []
        """Names of pods whose eviction was asked for."""
        self.protected: set[str] = set()
        """Names of pods that a disruption budget keeps."""
        self._objects: dict[tuple[str, str, str], Object] = {}
        self._watches: dict[str, list[asyncio.Queue[WatchEvent]]] = {}
        self._version = 0

    def put(self, resource: Resource, item: Object) -> Object:
        """Create or replace, as a user does."""
        key = self._key(resource, item["metadata"].get("namespace"), item["metadata"]["name"])
        known = key in self._objects
        self._version += 1
        metadata = {"uid": f"uid-{self._version}", **item["metadata"], "resourceVersion": str(self._version)}
        self._objects[key] = {**copy.deepcopy(item), "metadata": metadata}
        self._tell(resource, WatchEvent("MODIFIED" if known else "ADDED", copy.deepcopy(self._objects[key])))
        return copy.deepcopy(self._objects[key])

    def read(self, resource: Resource, name: str, namespace: str = "") -> Object | None:
        return copy.deepcopy(self._objects.get(self._key(resource, namespace, name)))

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Object | None:
        return self.read(resource, name, namespace or "")

    async def patch(
        self,
        resource: Resource,
        name: str,
        body: Any,
        namespace: str | None = None,
        *,
        subresource: str | None = None,
        patch_type: str = "merge",
    ) -> Object:
        self.writes.append((f"patch {subresource or 'object'}", resource.plural, name))
        item = self.read(resource, name, namespace or "")
        if item is None:
            raise KubernetesError(404, "NotFound", name)
        for field in ("uid", "resourceVersion"):
            expected = body.get("metadata", {}).get(field)
            if expected is not None and expected != item["metadata"][field]:
                raise KubernetesError(409, "Conflict", field)
        merged = _merged(item, body, by_type=patch_type == "strategic")
        if "deletionTimestamp" in merged["metadata"] and not merged["metadata"].get("finalizers"):
            return self._remove(resource, merged)
        return self.put(resource, merged)

    async def apply(self, resource: Resource, body: Object, **_: Any) -> Object:
        self.writes.append(("apply", resource.plural, body["metadata"]["name"]))
        before = self.read(resource, body["metadata"]["name"], body["metadata"].get("namespace", ""))
        return self.put(resource, _merged(before or {}, body, by_type=False))

    async def create(self, resource: Resource, body: Object, namespace: str | None = None) -> Object:
        return self.put(resource, body)

    async def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str | None = None,
        *,
        grace_period_seconds: int | None = None,
        uid: str | None = None,
    ) -> bool:
        item = self.read(resource, name, namespace or "")
        if item is None:
            return False
        if item["metadata"].get("finalizers") or (resource.plural == "pods" and grace_period_seconds != 0):
            grace = item.get("spec", {}).get("terminationGracePeriodSeconds", 30)
            ends = rfc3339(time.time() + grace)
            item["metadata"] |= {"deletionTimestamp": ends, "deletionGracePeriodSeconds": grace}
            self.put(resource, item)
        else:
            self._remove(resource, item)
        return True

    async def evict(self, name: str, namespace: str) -> bool:
        self.evicted.append(name)
        if name in self.protected:
            return False
        return await self.delete(Resource("v1", "pods"), name, namespace, grace_period_seconds=0)

    async def watch(self, resource: Resource, *_: Any, **__: Any) -> AsyncIterator[WatchEvent]:
        queue: asyncio.Queue[WatchEvent] = asyncio.Queue()
        self._watches.setdefault(str(resource), []).append(queue)
        for (of, _namespace, _name), item in list(self._objects.items()):
            if of == str(resource):
                yield WatchEvent("ADDED", copy.deepcopy(item))
        yield WatchEvent("SYNCED", {})
        while True:
            yield await queue.get()

    def _remove(self, resource: Resource, item: Object) -> Object:
        metadata = item["metadata"]
        del self._objects[self._key(resource, metadata.get("namespace"), metadata["name"])]
        self._tell(resource, WatchEvent("DELETED", item))
        return item

    def _tell(self, resource: Resource, event: WatchEvent) -> None:
        for queue in self._watches.get(str(resource), ()):
            queue.put_nowait(event)

    def _key(self, resource: Resource, namespace: str | None, name: str) -> tuple[str, str, str]:
        return str(resource), namespace or "", name


class FakeInventory:
    """A vCenter with hosts; machines are made at once."""

    def __init__(self, *hosts: Host) -> None:
        self.synced = True
        self.instance = "vc"
        self.roots = ("resgroup-root", "group-root")
        self.hosts = {host.moid: host for host in hosts}
        self.registered: dict[str, Machine] = {}
        self.specs: list[MachineSpec] = []
        self.powered: list[PowerState] = []
        self.options: dict[str, dict[str, str]] = {}
        """Advanced options by machine."""
        self.failure: str | None = None
        self._listeners: list[Callable[[str | None], None]] = []

    def listen(self, listener: Callable[[str | None], None]) -> None:
        self._listeners.append(listener)

    def changed(self, instance_uuid: str | None) -> None:
        for listener in self._listeners:
            listener(instance_uuid)

    async def wait_synced(self) -> None:
        return None

    def host_named(self, name: str) -> Host | None:
        return next((host for host in self.hosts.values() if host.name == name), None)

    def machine(self, instance_uuid: str) -> Machine | None:
        return self.registered.get(instance_uuid)

    def machines(self) -> list[Machine]:
        return list(self.registered.values())

    @property
    def running_memory(self) -> dict[str, int]:
        memory: Counter[str] = Counter()
        for machine in self.registered.values():
            memory[machine.host] += machine.memory if machine.power_state == "poweredOn" else 0
        return memory

    async def create(self, spec: MachineSpec) -> Machine:
        if self.failure is not None:
            raise VCenterUnavailable(self.failure)
        self.specs.append(spec)
        machine = Machine(
            moid=f"vm-{len(self.specs)}",
            name=spec.name,
            instance_uuid=spec.instance_uuid,
            bios_uuid=spec.bios_uuid,
            host=spec.host,
            resource_pool=spec.resource_pool,
            hardware_version="vmx-21",
            managed_type=spec.managed_type,
            processors=spec.processors,
            memory=spec.memory,
        )
        self.registered[spec.instance_uuid] = machine
        self.options[machine.moid] = dict(spec.extra_config)
        return machine

    async def power(self, machine: Machine, state: PowerState) -> Machine:
        self.powered.append(state)
        self.registered[machine.instance_uuid] = replace(machine, power_state=state)
        return self.registered[machine.instance_uuid]

    async def move(self, machine: Machine, resource_pool: str, folder: str) -> Machine:
        self.registered[machine.instance_uuid] = replace(machine, resource_pool=resource_pool)
        return self.registered[machine.instance_uuid]

    async def configure(self, machine: Machine, extra_config: dict[str, str]) -> None:
        self.options.setdefault(machine.moid, {}).update(extra_config)

    async def destroy(self, machine: Machine) -> None:
        self.registered.pop(machine.instance_uuid, None)


class FakeOperations:
    """What VM Operator does in vCenter, remembered."""

    def __init__(self, inventory: FakeInventory) -> None:
        self.taken_snapshots: dict[str, str] = {}
        """Snapshots by name."""
        self.pools: dict[str, PoolSpec] = {}
        self.folders: set[str] = set()
        self._inventory = inventory

    async def resize(self, machine: Machine, hardware: Hardware) -> Machine:
        resized = replace(machine, processors=hardware.processors, memory=hardware.memory)
        self._inventory.registered[machine.instance_uuid] = resized
        return resized

    async def take_snapshot(self, machine: Machine, name: str, description: str, **_: bool) -> str:
        return self.taken_snapshots.setdefault(name, f"snapshot-{len(self.taken_snapshots) + 1}")

    async def revert(self, machine: Machine, name: str) -> bool:
        return name in self.taken_snapshots

    async def remove_snapshot(self, machine: Machine, name: str) -> None:
        self.taken_snapshots.pop(name, None)

    async def snapshots(self, machine: Machine) -> tuple[list[str], str | None]:
        names = list(self.taken_snapshots)
        return names[:1], names[-1] if names else None

    async def cluster(self) -> str:
        return "domain-c1"

    async def child_pool(self, parent: str, spec: PoolSpec) -> tuple[str, str]:
        self.pools[f"{parent}/{spec.name}"] = spec
        return "domain-c1", f"{parent}/{spec.name}"

    async def child_folder(self, parent: str, name: str) -> str:
        self.folders.add(f"{parent}/{name}")
        return f"{parent}/{name}"

    async def remove_children(self, pool: str, folder: str, *, pool_name: str, folder_name: str) -> None:
        self.pools.pop(f"{pool}/{pool_name}", None)
        self.folders.discard(f"{folder}/{folder_name}")


class FakeEvents:
    """Keeps events as ``(object's name, reason)``."""

    def __init__(self) -> None:
        self.recorded: list[tuple[str, str]] = []

    def record(self, item: Object, reason: str, message: str, **_: Any) -> None:
        self.recorded.append((item["metadata"]["name"], reason))

    def reasons(self, name: str) -> list[str]:
        return [reason for item, reason in self.recorded if item == name]


async def eventually(subject: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """The first true answer of ``subject``; AssertionError after ``seconds``."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        answer = subject()
        if answer:
            return answer
        assert asyncio.get_running_loop().time() < deadline, "nothing came"
        await asyncio.sleep(0.005)


def _merged(before: Any, patch: Any, *, by_type: bool) -> Any:
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = copy.deepcopy(before) if isinstance(before, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif by_type and key == "conditions":
            conditions = {item["type"]: item for item in result.get(key, ())}
            for item in value:
                conditions[item["type"]] = _merged(conditions.get(item["type"], {}), item, by_type=False)
            result[key] = list(conditions.values())
        else:
            result[key] = _merged(result.get(key), value, by_type=by_type)
    return result
