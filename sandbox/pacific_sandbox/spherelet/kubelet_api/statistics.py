"""A kubelet's ``/stats/summary`` from what vCenter knows: the memory of pods' machines, without CPU use."""

import time
from collections.abc import Sequence

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.times import rfc3339
from pacific_sandbox.vcenter_client.inventory import VCenterInventory
from pacific_sandbox.vcenter_client.objects import Host


def summary(host: Host, pods: Sequence[Object], inventory: VCenterInventory) -> Object:
    """``stats.k8s.io/v1alpha1`` Summary of a node."""
    now = rfc3339(time.time())
    pod_statistics = [_pod(pod, used, now) for pod in pods if (used := _used(pod, inventory))]
    used = sum(container["memory"]["workingSetBytes"] for container in pod_statistics)
    memory = {"time": now, "availableBytes": host.memory - used, "usageBytes": used, "workingSetBytes": used}
    return {"node": {"nodeName": host.name, "memory": memory}, "pods": pod_statistics}


def _used(pod: Object, inventory: VCenterInventory) -> int:
    """Bytes that the pod's machine has while it is on."""
    machine = inventory.machine(pod["metadata"]["uid"])
    return machine.memory * 2**20 if machine is not None and machine.power_state == "poweredOn" else 0


def _pod(pod: Object, used: int, now: str) -> Object:
    metadata, status = pod["metadata"], pod.get("status", {})
    memory = {"time": now, "usageBytes": used, "workingSetBytes": used}
    return {
        "podRef": {"name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"]},
        "startTime": status.get("startTime", now),
        "containers": [
            {"name": container_status["name"], "startTime": container_status["state"]["running"]["startedAt"]}
            for container_status in status.get("containerStatuses", ())
            if "running" in container_status.get("state", {})
        ],
        "memory": memory,
    }
