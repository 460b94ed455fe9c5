"""Pods of a workload cluster: simulated, as there is no kubelet in its machines."""

import time

from pacific_infra.errors import PacificError
from pacific_sandbox.kubernetes_api import KubernetesAPI, Object
from pacific_sandbox.reconcile.addresses import AddressPool
from pacific_sandbox.reconcile.watched_objects import Key, WatchedObjects, key_of
from pacific_sandbox.reconcile.work_queue import WorkQueue
from pacific_sandbox.spherelet.pod_objects import PodObjects
from pacific_sandbox.spherelet.pod_report import report_pod
from pacific_sandbox.spherelet.pod_runtime import PodObservation, PodRuntime
from pacific_sandbox.spherelet.pod_status import creating, pod_status, terminated
from pacific_sandbox.supervisor.resources import PODS

_FINISHED = ("Succeeded", "Failed")
_WAITING = 2.0


class ClusterPods:
    """Reconciles the pods of all nodes of one cluster."""

    def __init__(
        self,
        api: KubernetesAPI,
        runtime: PodRuntime,
        *,
        pods: WatchedObjects,
        objects: PodObjects,
        addresses: AddressPool,
    ) -> None:
        """``pods``: those that have a node."""
        self._api, self._runtime = api, runtime
        self._pods, self._objects, self._addresses = pods, objects, addresses
        self._queue: WorkQueue[Key] = WorkQueue("pod", self._reconcile)
        pods.listen(self._changed)

    def close(self) -> None:
        """Stop."""
        self._queue.close()

    def _changed(self, pod: Object, exists: bool) -> None:
        if exists:
            self._queue.add(key_of(pod))
        else:
            uid = pod["metadata"]["uid"]
            self._runtime.forget(uid)
            self._addresses.release(uid)

    async def _reconcile(self, key: Key) -> float | None:
        pod = self._pods.get(key)
        if pod is None:
            return None
        if "deletionTimestamp" in pod["metadata"]:
            return await self._end(pod)
        if pod.get("status", {}).get("phase") in _FINISHED:
            self._addresses.release(pod["metadata"]["uid"])
            return None
        problem = await self._objects.problem(pod)
        if problem is not None:
            await self._report(pod, creating(pod, (problem.waiting, problem.message)), None)
            return _WAITING
        try:
            address = self._addresses.claim(pod["metadata"]["uid"], pod.get("status", {}).get("podIP"))
        except PacificError as error:
            await self._report(pod, creating(pod, ("ContainerCreating", str(error))), None)
            return _WAITING
        observed = await self._runtime.observe(pod, address)
        await self._report(pod, observed, address)
        return observed.next_change

    async def _end(self, pod: Object) -> float | None:
        metadata, status = pod["metadata"], pod.get("status", {})
        if status.get("phase") not in _FINISHED:
            left = await self._runtime.stop(pod)
            if left is not None:
                return left
            await self._report(pod, terminated(pod, time.time()), status.get("podIP"))
        uid = metadata["uid"]
        await self._api.delete(PODS, metadata["name"], metadata["namespace"], grace_period_seconds=0, uid=uid)
        return None

    async def _report(self, pod: Object, observed: PodObservation, address: str | None) -> None:
        status = pod_status(pod, observed, address=address, host_address=None, now=time.time())
        await report_pod(self._api, self._pods, pod, status)
