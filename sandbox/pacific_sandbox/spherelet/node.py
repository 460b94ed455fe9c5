"""The Node that stands for an ESXi host, and its Lease. Pure."""

from collections.abc import Sequence
from typing import Final

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.conditions import with_transitions
from pacific_sandbox.reconcile.times import rfc3339, rfc3339_micro
from pacific_sandbox.vcenter_client.objects import Host

VERSION: Final = "v1.33.13-sph-5f3a1c7"
"""Kubernetes' version and Spherelet's build, in the form of real ones."""
MOID_ANNOTATION: Final = "vmware-system-esxi-node-moid"
ROLE_LABEL: Final = "node-role.kubernetes.io/agent"
LEASE_SECONDS: Final = 40
_PODS = 250
_OVERHEAD = 64
"""One in so many parts of a host's CPU and memory is for ESXi and the CRX machines' own needs."""

_DISK = {"ephemeral-storage": "100Gi"}
"""What pods can ask for of a host's disk. How much a real host reports is not known."""


def node(host: Host, zone: str) -> Object:
    """Labels and annotations of the host's node; in maintenance mode it is cordoned."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": host.name,
            "labels": {
                ROLE_LABEL: "",
                "kubernetes.io/hostname": host.name,
                "kubernetes.io/os": "CRX",
                "kubernetes.io/arch": "amd64",
                "topology.kubernetes.io/zone": zone,
            },
            "annotations": {
                MOID_ANNOTATION: host.moid,
                "vmware-system/csi-create-csinode-object": "true",
            },
        },
    } | ({"spec": {"unschedulable": True}} if host.in_maintenance else {})


def node_status(
    host: Host, before: Sequence[Object], now: float, *, port: int | None = None, drained: bool = True
) -> Object:
    """Its status: capacity from the host's cores and memory, addresses, conditions (``before``: the old ones).

    ``port``: where its kubelet API is served on this computer. ``drained``: whether its pods have gone.
    """
    memory = host.memory // 1024
    return {
        "capacity": {"cpu": str(host.cores), "memory": f"{memory}Ki", "pods": str(_PODS), **_DISK},
        "allocatable": {
            "cpu": f"{host.cores * 1000 - host.cores * 1000 // _OVERHEAD}m",
            "memory": f"{memory - memory // _OVERHEAD}Ki",
            "pods": str(_PODS),
            **_DISK,
        },
        "addresses": [
            *([{"type": "InternalIP", "address": host.address}] if host.address else []),
            {"type": "Hostname", "address": host.name},
            # Where the API server reaches it: a host's own address is not one of this computer's.
            {"type": "InternalDNS", "address": "localhost"},
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port} if port else None},
        "conditions": _conditions(host, before, now, drained),
        "nodeInfo": {
            # Unknown on a Supervisor, too: kubectl shows <unknown>.
            "bootID": "",
            "containerRuntimeVersion": "",
            "kernelVersion": "",
            "machineID": "",
            "osImage": "",
            "systemUUID": "",
            "architecture": "amd64",
            "kubeProxyVersion": "",
            "kubeletVersion": VERSION,
            "operatingSystem": "linux",
        },
    }


def lease(host: Host, now: float) -> Object:
    """The heartbeat by which Kubernetes sees that the node lives."""
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": host.name, "namespace": "kube-node-lease"},
        "spec": {
            "holderIdentity": host.name,
            "leaseDurationSeconds": LEASE_SECONDS,
            "renewTime": rfc3339_micro(now),
        },
    }


def _conditions(host: Host, before: Sequence[Object], now: float, drained: bool) -> list[Object]:
    if not host.connected:
        # What the node lifecycle controller would find out some time later: vCenter has told already.
        ready, reason, message = "Unknown", "NodeStatusUnknown", "ESXi host is not connected to vCenter."
    elif host.in_maintenance and drained:
        ready, reason, message = "False", "HostInMaintenance", "ESXi host is in maintenance mode."
    elif host.in_maintenance:
        # Were it not ready, its pods would at once count as unavailable and no disruption budget let them go.
        ready, reason, message = (
            "True",
            "HostEnteringMaintenance",
            "ESXi host is in maintenance mode; pods are evicted.",
        )
    else:
        ready, reason, message = "True", "KubeletReady", "Spherelet is ready."
    calm = [("MemoryPressure", "KubeletHasSufficientMemory"), ("DiskPressure", "KubeletHasNoDiskPressure")]
    status = "False" if host.connected else "Unknown"
    desired = [
        *({"type": type_, "status": status, "reason": reason_, "message": ""} for type_, reason_ in calm),
        {"type": "Ready", "status": ready, "reason": reason, "message": message},
    ]
    time = rfc3339(now)
    return [{**condition, "lastHeartbeatTime": time} for condition in with_transitions(desired, before, time)]
