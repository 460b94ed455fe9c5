"""A kubelet's ``/stats/summary`` from what vCenter knows: the memory of pods' machines. CPU use nobody counts."""

import time
from collections.abc import Sequence

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.times import rfc3339
from pacific_sandbox.vcenter_client.inventory import VCenterInventory
from pacific_sandbox.vcenter_client.objects import Host


def summary(host: Host, pods: Sequence[Object], inventory: VCenterInventory) -> Object:
    """``stats.k8s.io/v1alpha1`` Summary of a node."""
    now = rfc3339(time.time())
    found = [_pod(pod, used, now) for pod in pods if (used := _used(pod, inventory))]
    used = sum(one["memory"]["workingSetBytes"] for one in found)
    memory = {"time": now, "availableBytes": host.memory - used, "usageBytes": used, "workingSetBytes": used}
    return {"node": {"nodeName": host.name, "memory": memory}, "pods": found}


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
            {"name": one["name"], "startTime": one["state"]["running"]["startedAt"]}
            for one in status.get("containerStatuses", ())
            if "running" in one.get("state", {})
        ],
        "memory": memory,
    }
