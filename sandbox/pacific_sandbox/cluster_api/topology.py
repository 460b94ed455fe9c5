"""From a Cluster's topology to its machines, and what the Cluster reports of them: pure functions."""

import base64
import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_sandbox.cluster_api.definitions import CLUSTER_LABEL
from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.conditions import is_true
from pacific_sandbox.reconcile.owner_reference import controller_reference

POOL_LABEL = "topology.cluster.x-k8s.io/deployment-name"
CONTROL_PLANE = "control-plane"
"""Name of the pool of etcd and the API servers."""
CONTROL_PLANE_LABEL = "cluster.x-k8s.io/control-plane"
VERSION_ANNOTATION = "sandbox.pacific.infra/kubernetes-version"
PORT = 6443
_NODE_GROUP = "cluster.x-k8s.io/cluster-api-autoscaler-node-group"
"""Beginning of a pool's annotations."""


@dataclass(frozen=True)
class Pool:
    """Machines that are alike."""

    name: str
    replicas: int
    vm_class: str
    storage_class: str
    version: str

    @property
    def digest(self) -> str:
        """What tells an up-to-date machine from an older one."""
        text = f"{self.vm_class}/{self.storage_class}/{self.version}"
        return hashlib.sha256(text.encode()).hexdigest()[:5]

    def machines(self, cluster: str) -> list[str]:
        """Names of the machines, up to date."""
        return [f"{cluster}-{self.name}-{index}-{self.digest}" for index in range(self.replicas)]


def pools(cluster: Object, machines: Iterable[str] = ()) -> list[Pool]:
    """The control plane first, then the node pools. ``machines``: names of those that are there.

    A pool without ``replicas`` keeps the machines that it has, within the bounds of its autoscaler.
    """
    topology = cluster["spec"]["topology"]
    common = variables_of(topology.get("variables", ()))
    pools = []
    control_plane = {"replicas": 1, **topology.get("controlPlane", {}), "name": CONTROL_PLANE}
    for part in (control_plane, *topology.get("workers", {}).get("machineDeployments", ())):
        pool_variables = {**common, **variables_of(part.get("variables", {}).get("overrides", ()))}
        sizes = (str(pool_variables.get("vmClass", "")), str(pool_variables.get("storageClass", "")))
        replicas = part.get("replicas")
        if replicas is None:
            replicas = _within_bounds(part, _present(f"{cluster['metadata']['name']}-{part['name']}-", machines))
        pools.append(Pool(part["name"], replicas, *sizes, topology["version"]))
    return pools


def _within_bounds(pool: Object, present: int) -> int:
    """What the defaulting webhook of MachineDeployments chooses: annotations bound the autoscaler."""
    annotations = pool.get("metadata", {}).get("annotations", {})
    least, most = (int(annotations.get(f"{_NODE_GROUP}-{end}-size", present or 1)) for end in ("min", "max"))
    return min(max(present, least), most)


def _present(prefix: str, machines: Iterable[str]) -> int:
    """Machines of a pool, without the one more of a rollout: names are PREFIX, a number and a digest."""
    numbers = [name.removeprefix(prefix).split("-") for name in machines if name.startswith(prefix)]
    return max((int(parts[0]) + 1 for parts in numbers if len(parts) == 2 and parts[0].isdigit()), default=0)


def variables_of(variables: Sequence[Object]) -> dict[str, Any]:
    """Values of a topology's variables by name."""
    return {variable["name"]: variable.get("value") for variable in variables}


def is_available(machine: Object) -> bool:
    """Whether the machine runs and has an address."""
    status = machine.get("status", {})
    address = status.get("network", {}).get("primaryIP4")
    return bool(is_true(machine, "VirtualMachineCreated") and status.get("powerState") == "PoweredOn" and address)


def next_steps(pool: Pool, cluster: str, machines: Mapping[str, Object]) -> tuple[list[str], list[str]]:
    """Names of machines to make and to delete now.

    A new version or class is rolled: one machine more, and when it is available one old one less.
    """
    pool_machines = pool.machines(cluster)
    old = sorted(name for name in machines if not name.endswith(f"-{pool.digest}"))
    surplus = [name for name in machines if name not in pool_machines and name not in old]
    missing = [name for name in pool_machines if name not in machines]
    ready = sum(name in machines and is_available(machines[name]) for name in pool_machines)
    if not old:
        return missing, surplus
    if ready + len(old) > pool.replicas:
        return [], [*surplus, old[0]]
    all_ready = ready == len(pool_machines) - len(missing)
    return (missing[:1] if all_ready else []), surplus


def machine(cluster: Object, pool: Pool, name: str, image: str) -> Object:
    """The VirtualMachine of one machine."""
    metadata = cluster["metadata"]
    labels = {CLUSTER_LABEL: metadata["name"], POOL_LABEL: pool.name}
    if pool.name == CONTROL_PLANE:
        labels[CONTROL_PLANE_LABEL] = ""
    return {
        "apiVersion": "vmoperator.vmware.com/v1alpha5",
        "kind": "VirtualMachine",
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": labels,
            "annotations": {VERSION_ANNOTATION: pool.version},
            "ownerReferences": [controller_reference(cluster)],
        },
        "spec": {
            "className": pool.vm_class,
            "imageName": image,
            "storageClass": pool.storage_class,
            "powerState": "PoweredOn",
        },
    }


def control_plane_service(cluster: Object) -> Object:
    """The VirtualMachineService in front of the control plane."""
    metadata = cluster["metadata"]
    return {
        "apiVersion": "vmoperator.vmware.com/v1alpha5",
        "kind": "VirtualMachineService",
        "metadata": {
            "name": f"{metadata['name']}-control-plane-service",
            "namespace": metadata["namespace"],
            "labels": {CLUSTER_LABEL: metadata["name"]},
            "ownerReferences": [controller_reference(cluster)],
        },
        "spec": {
            "type": "LoadBalancer",
            "selector": {CLUSTER_LABEL: metadata["name"], CONTROL_PLANE_LABEL: ""},
            "ports": [{"name": "apiserver", "port": PORT, "targetPort": PORT, "protocol": "TCP"}],
        },
    }


def kubeconfig_secret(cluster: Object, kubeconfig: Object) -> Object:
    """The Secret NAME-kubeconfig."""
    metadata, name = cluster["metadata"], cluster["metadata"]["name"]
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "cluster.x-k8s.io/secret",
        "metadata": {
            "name": f"{name}-kubeconfig",
            "namespace": metadata["namespace"],
            "labels": {CLUSTER_LABEL: name},
            "ownerReferences": [controller_reference(cluster)],
        },
        "data": {"value": base64.b64encode(json.dumps(kubeconfig).encode()).decode()},
    }


def cluster_status(
    cluster: Object, of_pools: Sequence[tuple[Pool, Mapping[str, Object]]], host: str | None, nodes: Collection[str]
) -> Object:
    """What the Cluster reports, its conditions without transition times.

    ``nodes``: names of the nodes that its API server knows; none while that does not answer.
    """
    counts = [_counts(pool, machines, nodes) for pool, machines in of_pools]
    control_plane, workers = counts[0], {key: sum(count[key] for count in counts[1:]) for key in counts[0]}
    infrastructure = host is not None
    initialized = infrastructure and control_plane["availableReplicas"] > 0
    whole = _condition(
        "ControlPlaneReady",
        _is_done(control_plane),
        "ScalingUp",
        f"{control_plane['availableReplicas']} of {control_plane['desiredReplicas']} machines are available"
        + ("" if nodes else "; the API server does not answer yet"),
    )
    network = _condition(
        "InfrastructureReady", infrastructure, "WaitingForLoadBalancer", "the control plane has no address yet"
    )
    ready = {**(whole if infrastructure else network), "type": "Ready"}
    topology = _condition(
        "TopologyReconciled",
        _is_rolled(counts),
        "MachineDeploymentsUpgradePending",
        "machines of an older version or class are left",
    )
    available = _is_done(control_plane) and _is_done(workers)
    parts = {
        "ControlPlaneAvailable": _is_done(control_plane),
        "WorkersAvailable": _is_done(workers),
        "ControlPlaneMachinesUpToDate": _is_rolled(counts[:1]),
        "WorkerMachinesUpToDate": _is_rolled(counts[1:]),
    }
    return {
        "observedGeneration": cluster["metadata"]["generation"],
        "phase": "Provisioned" if initialized else "Provisioning",
        "infrastructureReady": infrastructure,
        "controlPlaneReady": initialized,
        "conditions": [ready, whole, network, topology],
        "v1beta2": {
            "controlPlane": control_plane,
            "workers": workers,
            "conditions": [
                {"type": type_, "status": str(met), "reason": type_ if met else f"Not{type_}"}
                for type_, met in {"Available": available, **parts}.items()
            ],
        },
    }


def _counts(pool: Pool, machines: Mapping[str, Object], nodes: Collection[str]) -> dict[str, int]:
    return {
        "desiredReplicas": pool.replicas,
        "replicas": len(machines),
        "upToDateReplicas": sum(name.endswith(f"-{pool.digest}") for name in machines),
        "availableReplicas": sum(is_available(machine) and name in nodes for name, machine in machines.items()),
    }


def _is_done(counts: Mapping[str, int]) -> bool:
    return counts["availableReplicas"] >= counts["desiredReplicas"]


def _is_rolled(counts: Iterable[Mapping[str, int]]) -> bool:
    return all(count["upToDateReplicas"] == count["desiredReplicas"] for count in counts)


def _condition(type_: str, met: bool, reason: str, message: str) -> Object:
    if met:
        return {"type": type_, "status": "True"}
    return {"type": type_, "status": "False", "reason": reason, "severity": "Info", "message": message}
