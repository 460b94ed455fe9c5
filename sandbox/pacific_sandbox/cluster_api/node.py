"""The Node that stands for a machine of a workload cluster. Pure."""

from typing import Final

from pacific_sandbox.cluster_api.catalogue import kubernetes_version
from pacific_sandbox.cluster_api.topology import CONTROL_PLANE_LABEL, POOL_LABEL, VERSION_ANNOTATION, is_available
from pacific_sandbox.kubernetes_api import Object

_ROLE: Final = "node-role.kubernetes.io/control-plane"
_PODS = 110


def node(machine: Object) -> Object:
    """Labels, taints and identity of the machine's node."""
    metadata = machine["metadata"]
    name = metadata["name"]
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        POOL_LABEL: metadata["labels"][POOL_LABEL],
    }
    spec: Object = {"taints": []}
    if CONTROL_PLANE_LABEL in metadata["labels"]:
        labels[_ROLE] = ""
        spec = {"taints": [{"key": _ROLE, "effect": "NoSchedule"}]}
    if identifier_of(machine):
        spec["providerID"] = f"vsphere://{identifier_of(machine)}"
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "spec": spec}


def node_status(machine: Object, machine_class: Object | None) -> Object:
    """Its status, conditions without times: capacity by the VM class, addresses, version."""
    hardware = (machine_class or {}).get("spec", {}).get("hardware", {})
    amounts = {
        "cpu": str(hardware.get("cpus", 1)),
        "memory": str(hardware.get("memory", "1Gi")),
        "pods": str(_PODS),
        "ephemeral-storage": "20Gi",  # a node's root disk
    }
    address = machine.get("status", {}).get("network", {}).get("primaryIP4")
    name = machine["metadata"]["name"]
    runs = is_available(machine)
    ready = (
        {"status": "True", "reason": "KubeletReady", "message": "simulated kubelet is ready"}
        if runs
        else {"status": "Unknown", "reason": "NodeStatusUnknown", "message": "the machine does not run"}
    )
    return {
        "capacity": amounts,
        "allocatable": amounts,
        "addresses": [
            *([{"type": "InternalIP", "address": address}] if address else []),
            {"type": "Hostname", "address": name},
        ],
        "conditions": [
            {"type": "MemoryPressure", "status": "False", "reason": "KubeletHasSufficientMemory", "message": ""},
            {"type": "DiskPressure", "status": "False", "reason": "KubeletHasNoDiskPressure", "message": ""},
            {"type": "Ready", **ready},
        ],
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": "",
            "containerRuntimeVersion": "simulated://1",
            "kernelVersion": "",
            "kubeProxyVersion": "",
            "kubeletVersion": kubernetes_version(
                machine["metadata"].get("annotations", {}).get(VERSION_ANNOTATION, "")
            ),
            "machineID": "",
            "operatingSystem": "linux",
            "osImage": "simulated",
            "systemUUID": identifier_of(machine),
        },
    }


def identifier_of(machine: Object) -> str:
    """The machine's BIOS UUID, or empty."""
    return str(machine.get("status", {}).get("biosUUID", ""))
