"""Spherelet's pods: those bound to the cluster's hosts get a machine, run, report, and go."""

import time
from typing import Final

from pacific_infra.errors import PacificError
from pacific_sandbox.kubernetes_api import KubernetesAPI, Object, Resource
from pacific_sandbox.reconcile.addresses import AddressPool
from pacific_sandbox.reconcile.events import EventRecorder
from pacific_sandbox.reconcile.placement import Placement
from pacific_sandbox.reconcile.watched_objects import Key, WatchedObjects, key_of
from pacific_sandbox.reconcile.work_queue import WorkQueue
from pacific_sandbox.spherelet import pod_deadline, pod_machine
from pacific_sandbox.spherelet.pod_events import PodEvents
from pacific_sandbox.spherelet.pod_needs import Problem
from pacific_sandbox.spherelet.pod_objects import PodObjects
from pacific_sandbox.spherelet.pod_report import report_pod
from pacific_sandbox.spherelet.pod_runtime import PodObservation, PodRuntime
from pacific_sandbox.spherelet.pod_status import creating, pod_status, terminated
from pacific_sandbox.vcenter_client.inventory import VCenterInventory
from pacific_sandbox.vcenter_client.objects import Host, Machine, MachineSpec, guest_says
from pacific_sandbox.vcenter_client.session import VCenterUnavailable

PODS: Final = Resource("v1", "pods")
_FINISHED = ("Succeeded", "Failed")
_AGAIN = 1.0
_SOON = 0.5
"""Seconds within which a status that changes need not be written where many pods wait."""


class Pods:
    """Reconciles the pods of all the cluster's hosts."""

    def __init__(
        self,
        api: KubernetesAPI,
        inventory: VCenterInventory,
        runtime: PodRuntime,
        *,
        pods: WatchedObjects,
        objects: PodObjects,
        placement: Placement,
        addresses: AddressPool,
        events: EventRecorder,
    ) -> None:
        self._api, self._inventory, self._runtime = api, inventory, runtime
        self._pods, self._objects, self._placement = pods, objects, placement
        self._addresses, self._events = addresses, PodEvents(events)
        self._keys: dict[str, Key] = {}
        self._deleted: set[str] = set()
        self._queue: WorkQueue[str] = WorkQueue("pod", self._reconcile)
        pods.listen(self._pod_changed)
        inventory.listen(self._machine_changed)
        placement.listen(self._namespace_moved)
        runtime.listen(self._queue.add)

    async def run(self) -> None:
        """Reconcile until cancelled."""
        await self._pods.wait_synced()
        await self._inventory.wait_synced()
        self._machine_changed(None)

    def _pod_changed(self, pod: Object, exists: bool) -> None:
        uid = pod["metadata"]["uid"]
        if exists:
            self._keys[uid] = key_of(pod)
            address = pod.get("status", {}).get("podIP")
            if address and pod["status"].get("phase") not in _FINISHED:
                self._addresses.claim(uid, address)
        else:
            self._keys.pop(uid, None)
            self._deleted.add(uid)
        if self._ready():
            self._queue.add(uid)

    def _machine_changed(self, instance_uuid: str | None) -> None:
        if not self._ready():
            return
        if instance_uuid is not None:
            if instance_uuid in self._keys or instance_uuid in self._deleted:
                self._queue.add(instance_uuid)
            return
        for machine in self._inventory.machines():
            if machine.managed_type == pod_machine.MANAGED_TYPE and machine.instance_uuid not in self._keys:
                self._deleted.add(machine.instance_uuid)
        for uid in (*self._keys, *self._deleted):
            self._queue.add(uid)

    def _namespace_moved(self, namespace: str) -> None:
        for pod in self._pods.list(namespace):
            self._queue.add(pod["metadata"]["uid"])

    def _ready(self) -> bool:
        return self._pods.synced and self._inventory.synced

    async def _reconcile(self, uid: str) -> float | None:
        key = self._keys.get(uid)
        pod = self._pods.get(key) if key is not None else None
        if pod is None or pod["metadata"]["uid"] != uid:
            await self._clean(uid)
            return None
        host = self._inventory.host_named(pod["spec"].get("nodeName", ""))
        if host is None or not host.connected:
            # Nothing is known of a lost host's pods, and nothing can be done: all are looked at when it is back.
            return None
        if "deletionTimestamp" in pod["metadata"]:
            return await self._end(pod, host)
        if pod.get("status", {}).get("phase") in _FINISHED:
            await self._finish(uid)
            return None
        return await self._start(pod, host)

    async def _clean(self, uid: str) -> None:
        if uid in self._deleted:
            await self._remove(uid)
            self._deleted.discard(uid)

    async def _remove(self, uid: str) -> None:
        machine = self._inventory.machine(uid)
        if machine is not None:
            await self._inventory.destroy(machine)
        self._runtime.forget(uid)
        self._addresses.release(uid)
        self._events.forget(uid)

    async def _finish(self, uid: str) -> None:
        """A pod that has done its work keeps its machine, powered off, until it is deleted."""
        machine = self._inventory.machine(uid)
        if machine is not None and machine.power_state != "poweredOff":
            await self._inventory.power(machine, "poweredOff")
        self._addresses.release(uid)

    async def _start(self, pod: Object, host: Host) -> float | None:
        uid = pod["metadata"]["uid"]
        left = pod_deadline.seconds_left(pod, time.time())
        if left == 0:
            return await self._expire(pod, host)
        if "startTime" not in pod.get("status", {}):
            self._events.resolved(pod)
        problem = await self._objects.problem(pod)
        if problem is not None:
            return await self._wait(pod, host, problem)
        try:
            address = self._addresses.claim(uid, pod.get("status", {}).get("podIP"))
        except PacificError as error:
            return await self._wait(pod, host, Problem("FailedCreatePodSandBox", str(error)))
        try:
            machine = await self._machine(pod, host, address)
        except VCenterUnavailable:
            await self._report(pod, host, creating(pod), None)
            raise
        observed = await self._runtime.observe(pod, address)
        self._events.progress(pod, observed, host)
        if self._queue.is_crowded and observed.next_change is not None and observed.next_change <= _SOON:
            # As a kubelet does, which writes the newest status when it comes to a pod.
            return observed.next_change
        written = await self._report(pod, host, observed, address, self._annotations(pod, machine))
        left = pod_deadline.seconds_left(written, time.time())
        return min((wait for wait in (observed.next_change, left) if wait is not None), default=None)

    async def _expire(self, pod: Object, host: Host) -> float | None:
        """End a pod that was active for too long; it fails, also where its containers exit with 0."""
        self._events.expired(pod, host)
        ending = pod_deadline.asked_to_end(pod)
        left = await self._runtime.stop(ending)
        if left is not None:
            return left
        observed, address = terminated(ending, time.time()), pod.get("status", {}).get("podIP")
        failed = {"phase": "Failed", "reason": pod_deadline.REASON, "message": pod_deadline.MESSAGE}
        await self._report(ending, host, observed, address, overriding=failed)
        return None

    async def _wait(self, pod: Object, host: Host, problem: Problem) -> float:
        """Say why a pod does not start, and look again soon."""
        if not self._events.problem(pod, problem, host):
            return _AGAIN / 4
        await self._report(pod, host, creating(pod, (problem.waiting, problem.message)), None)
        return 2 * _AGAIN

    async def _machine(self, pod: Object, host: Host, address: str) -> Machine:
        metadata = pod["metadata"]
        machine = self._inventory.machine(metadata["uid"])
        if machine is None:
            self._events.realized(pod)
            pool, folder = self._placement.of(metadata["namespace"])
            size = pod_machine.size(pod)
            machine = await self._inventory.create(
                MachineSpec(
                    name=metadata["name"],
                    instance_uuid=metadata["uid"],
                    bios_uuid=metadata["uid"],
                    managed_type=pod_machine.MANAGED_TYPE,
                    folder=folder,
                    resource_pool=pool,
                    host=host.moid,
                    processors=size.processors,
                    memory=size.memory,
                    processor_reservation=size.processor_reservation,
                    memory_reservation=size.memory_reservation,
                    guest="crxPod1Guest",
                    extra_config=guest_says(address, metadata["name"]),
                )
            )
        else:
            machine = await self._placement.keep(machine, metadata["namespace"])
        if machine.power_state != "poweredOn":
            machine = await self._inventory.power(machine, "poweredOn")
        return machine

    def _annotations(self, pod: Object, machine: Machine) -> Object:
        return {
            pod_machine.MOID_ANNOTATION: f"{machine.moid}:{self._inventory.instance}",
            pod_machine.UUID_ANNOTATION: machine.bios_uuid,
            pod_machine.IMAGES_ANNOTATION: pod_machine.image_references(pod),
        }

    async def _report(
        self,
        pod: Object,
        host: Host,
        observed: PodObservation,
        address: str | None,
        annotations: Object | None = None,
        *,
        overriding: Object | None = None,
    ) -> Object:
        status = pod_status(pod, observed, address=address, host_address=host.address, now=time.time())
        status |= overriding or {}
        return await report_pod(self._api, self._pods, pod, status, annotations)

    async def _end(self, pod: Object, host: Host) -> float | None:
        metadata, status = pod["metadata"], pod.get("status", {})
        uid = metadata["uid"]
        finished = status.get("phase") in _FINISHED
        if not finished:
            self._events.stopping(pod, host)
            left = await self._runtime.stop(pod)
            if left is not None:
                return left
            pod = await self._report(pod, host, terminated(pod, time.time()), status.get("podIP"))
        await self._remove(uid)
        if metadata.get("deletionGracePeriodSeconds") != 0:
            await self._api.delete(PODS, metadata["name"], metadata["namespace"], grace_period_seconds=0, uid=uid)
        return None
