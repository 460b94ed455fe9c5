"""Makes the Kubernetes side of vSphere Namespaces what vCenter describes."""

import asyncio
import copy
from collections.abc import Mapping, Sequence
from typing import Any

from pacific_sandbox.control_plane_protocol import NamespaceDescription, NamespaceUse, SupervisorDescription
from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, Object
from pacific_sandbox.supervisor import resources
from pacific_sandbox.supervisor.namespace_objects import (
    KINDS,
    OWNER,
    OWNER_LABEL,
    DesiredObject,
    namespace_contents,
    namespace_object,
    storage_class,
)
from pacific_sandbox.supervisor.quantities import mebibytes, megahertz

_SELECTOR = f"{OWNER_LABEL}={OWNER}"
_COUNTED_AT_ONCE = 6
"""Namespaces whose use is counted at a time, by three requests each: more open connections than are kept otherwise."""


class Namespaces:
    """The vSphere Namespaces in one Supervisor's Kubernetes."""

    def __init__(self, kubernetes: KubernetesAPI, supervisor: SupervisorDescription) -> None:
        self._kubernetes = kubernetes
        self._supervisor = supervisor
        # A storage class goes with the last namespace that uses it: not while another namespace is being given it.
        self._storage_classes = asyncio.Lock()
        self._counting = asyncio.Semaphore(_COUNTED_AT_ONCE)

    async def apply(self, namespace: NamespaceDescription) -> None:
        """Add, change and remove, until the namespace is as described."""
        kubernetes = self._kubernetes
        await kubernetes.apply(resources.NAMESPACES, namespace_object(self._supervisor, namespace))
        desired = namespace_contents(self._supervisor, namespace)
        async with self._storage_classes:
            await asyncio.gather(
                self._enter_zone(namespace),
                *(self._apply(desired_object) for desired_object in desired),
                *(
                    kubernetes.apply(resources.STORAGE_CLASSES, storage_class(policy))
                    for policy, _ in namespace.storage
                ),
            )
            await self._prune(namespace.name, desired)
            await self._prune_storage_classes()

    async def delete(self, name: str) -> bool:
        """Ask for the namespace's end; True once it is gone. What finalizers hold is left to their controllers."""
        if await self._kubernetes.delete(resources.NAMESPACES, name):
            return False
        zone = {"spec": {"namespaces": {name: None}}}
        await self._kubernetes.patch(resources.AVAILABILITY_ZONES, self._supervisor.zone, zone)
        async with self._storage_classes:
            await self._prune_storage_classes()
        return True

    async def use(self, name: str) -> NamespaceUse:
        """What the pods, VMs and volumes of a namespace ask for now: MHz, MiB, MiB."""
        list_ = self._kubernetes.list
        async with self._counting:
            pods, machines, claims = await asyncio.gather(
                list_(resources.PODS, name),
                list_(resources.VIRTUAL_MACHINES, name),
                list_(resources.PERSISTENT_VOLUME_CLAIMS, name),
            )
            classes = await list_(resources.VIRTUAL_MACHINE_CLASSES, name) if machines else []
        return namespace_use(pods, machines, classes, claims)

    async def remaining(self) -> Mapping[str, str]:
        """Each namespace that is being deleted, with what it still waits for."""
        return {
            namespace["metadata"]["name"]: " ".join(
                condition["message"]
                for condition in namespace.get("status", {}).get("conditions", ())
                if condition["status"] == "True"
            )
            or "its contents are being deleted"
            for namespace in await self._kubernetes.list(resources.NAMESPACES, label_selector=_SELECTOR)
            if "deletionTimestamp" in namespace["metadata"]
        }

    async def workloads(self, user: str, groups: Sequence[str]) -> Sequence[str]:
        """The namespaces in which a user, or one of the groups, has a role."""
        bindings = await self._kubernetes.list(resources.ROLE_BINDINGS, label_selector=_SELECTOR)
        subjects = {("User", user), *(("Group", group) for group in groups)}
        return sorted(
            {
                binding["metadata"]["namespace"]
                for binding in bindings
                if any((subject["kind"], subject["name"]) in subjects for subject in binding.get("subjects", ()))
            }
        )

    async def _apply(self, desired: DesiredObject) -> None:
        stored = await self._apply_anew(desired)
        if desired.status is None:
            return
        status = copy.deepcopy(desired.status)
        for condition in status.get("conditions", ()):
            condition["lastTransitionTime"] = stored["metadata"]["creationTimestamp"]
        body = {
            "apiVersion": stored["apiVersion"],
            "kind": stored["kind"],
            "metadata": {name: stored["metadata"][name] for name in ("name", "namespace")},
            "status": status,
        }
        await self._kubernetes.apply(desired.resource, body, subresource="status")

    async def _apply_anew(self, desired: DesiredObject) -> Object:
        """The role of a RoleBinding cannot change: a new one takes its place, as `kubectl auth reconcile` has it."""
        try:
            return await self._kubernetes.apply(desired.resource, desired.body)
        except KubernetesError as error:
            if desired.resource != resources.ROLE_BINDINGS or error.reason != "Invalid":
                raise
        metadata = desired.body["metadata"]
        await self._kubernetes.delete(desired.resource, metadata["name"], metadata["namespace"])
        return await self._kubernetes.apply(desired.resource, desired.body)

    async def _enter_zone(self, namespace: NamespaceDescription) -> None:
        placement = namespace.placement
        entry = {"folderMoId": placement.folder, "poolMoIDs": [placement.resource_pool]}
        body = {"spec": {"namespaces": {namespace.name: entry}}}
        await self._kubernetes.patch(resources.AVAILABILITY_ZONES, self._supervisor.zone, body)

    async def _prune(self, namespace: str, desired: Sequence[DesiredObject]) -> None:
        desired_names = {
            (desired_object.resource, desired_object.body["metadata"]["name"]) for desired_object in desired
        }
        listed = await asyncio.gather(
            *(self._kubernetes.list(kind, namespace, label_selector=_SELECTOR) for kind in KINDS)
        )
        await asyncio.gather(
            *(
                self._kubernetes.delete(kind, item["metadata"]["name"], namespace, uid=item["metadata"]["uid"])
                for kind, items in zip(KINDS, listed, strict=True)
                for item in items
                if (kind, item["metadata"]["name"]) not in desired_names
            )
        )

    async def _prune_storage_classes(self) -> None:
        classes, quotas = await asyncio.gather(
            self._kubernetes.list(resources.STORAGE_CLASSES, label_selector=_SELECTOR),
            self._kubernetes.list(resources.STORAGE_POLICY_QUOTAS),
        )
        used = {quota["spec"]["storagePolicyId"] for quota in quotas}
        for machine_class in classes:
            if machine_class["parameters"]["storagePolicyID"] not in used:
                await self._kubernetes.delete(resources.STORAGE_CLASSES, machine_class["metadata"]["name"])


def namespace_use(
    pods: Sequence[Object], machines: Sequence[Object], classes: Sequence[Object], claims: Sequence[Object]
) -> NamespaceUse:
    """Sum up what pods that are not over, VMs that are powered on, and volume claims ask for."""
    cpu = memory = 0
    for pod in pods:
        if pod.get("status", {}).get("phase") not in ("Succeeded", "Failed"):
            pod_cpu, pod_memory = _pod_requests(pod["spec"])
            cpu, memory = cpu + pod_cpu, memory + pod_memory
    hardware = {
        machine_class["metadata"]["name"]: machine_class["spec"].get("hardware", {}) for machine_class in classes
    }
    for machine in machines:
        size = hardware.get(machine["spec"].get("className", ""))
        if size and machine.get("status", {}).get("powerState") == "PoweredOn":
            cpu += megahertz(size.get("cpus", 0))
            memory += mebibytes(size.get("memory", 0))
    storage = sum(
        mebibytes(claim["spec"].get("resources", {}).get("requests", {}).get("storage", 0)) for claim in claims
    )
    storage += sum(mebibytes(machine.get("status", {}).get("storage", {}).get("total", 0)) for machine in machines)
    return NamespaceUse(cpu, memory, storage)


def _pod_requests(spec: Mapping[str, Any]) -> tuple[int, int]:
    def request(container: Mapping[str, Any], name: str) -> str:
        return str(container.get("resources", {}).get("requests", {}).get(name, "0"))

    containers = spec["containers"]
    cpu = sum(megahertz(request(container, "cpu")) for container in containers)
    memory = sum(mebibytes(request(container, "memory")) for container in containers)
    for container in spec.get("initContainers", ()):
        cpu = max(cpu, megahertz(request(container, "cpu")))
        memory = max(memory, mebibytes(request(container, "memory")))
    return cpu, memory
