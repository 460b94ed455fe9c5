"""Clusters: their machines by VM Operator, their address by a VirtualMachineService, their kubeconfig as a Secret."""

import asyncio
import time
from collections.abc import Mapping

from pacific_sandbox.cluster_api.definitions import CLUSTER_LABEL
from pacific_sandbox.cluster_api.kubernetes_clusters import KubernetesClusters
from pacific_sandbox.cluster_api.node import node, node_status
from pacific_sandbox.cluster_api.storage_classes import storage_classes
from pacific_sandbox.cluster_api.topology import (
    POOL_LABEL,
    PORT,
    cluster_status,
    control_plane_service,
    is_available,
    kubeconfig_secret,
    machine,
    next_steps,
    pools,
)
from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, Object, Resource
from pacific_sandbox.load_balancer import ingress
from pacific_sandbox.reconcile.status import report
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.supervisor import resources
from pacific_sandbox.vm_operator.kind_controller import KindController
from pacific_sandbox.vm_operator.virtual_machine_services import VIRTUAL_MACHINE_SERVICES

SECRETS = Resource("v1", "secrets")
_WAITING = 5.0


class Clusters(KindController):
    """All Clusters of one Supervisor."""

    finalizer = "cluster.cluster.x-k8s.io"

    def __init__(
        self,
        api: KubernetesAPI,
        clusters: WatchedObjects,
        *,
        machines: WatchedObjects,
        services: WatchedObjects,
        kubernetes: KubernetesClusters,
    ) -> None:
        """``machines``: the VirtualMachines with the label of a cluster."""
        super().__init__(api, clusters, [machines, services])
        self._machines, self._services, self._kubernetes = machines, services, kubernetes
        machines.listen(self._part_changed)
        services.listen(self._part_changed)

    def _part_changed(self, item: Object, _: bool) -> None:
        name = item["metadata"].get("labels", {}).get(CLUSTER_LABEL)
        if name is None:
            # The Service of a VirtualMachineService has its name, not its labels.
            name = item["metadata"]["name"].removesuffix("-control-plane-service")
        self.look_at((item["metadata"]["namespace"], name))

    async def converge(self, item: Object) -> float | None:
        """One step towards the topology; every change of a machine brings the next one."""
        metadata = item["metadata"]
        name, namespace = metadata["name"], metadata["namespace"]
        await self._create(VIRTUAL_MACHINE_SERVICES, control_plane_service(item))
        host = self._host(item)
        of_pools = [(pool, self._of(item, pool.name)) for pool in pools(item, self._left(item, set()))]
        nodes: set[str] = set()
        if host is not None:
            item = await self._with_endpoint(item, host)
            if any(is_available(pool) for pool in of_pools[0][1].values()):
                nodes = await self._keep_kubernetes(item, host)
        image = await self._image(namespace)
        again = None
        for pool, machines in of_pools:
            if image is None:
                again = _WAITING
                break
            make, delete = next_steps(pool, name, machines)
            for new_machine in make:
                await self._create(resources.VIRTUAL_MACHINES, machine(item, pool, new_machine, image))
            for new_machine in delete:
                await self._api.delete(resources.VIRTUAL_MACHINES, new_machine, namespace)
            current = [name for name in pool.machines(name) if name in machines and is_available(machines[name])]
            # Nodes are not newer than their control plane.
            if pool is of_pools[0][0] and len(current) < pool.replicas:
                break
        # A pool that is no longer in the topology.
        for left, machine_of_pool in self._left(item, {pool.name for pool, _ in of_pools}).items():
            if "deletionTimestamp" not in machine_of_pool["metadata"]:
                await self._api.delete(resources.VIRTUAL_MACHINES, left, namespace)
        await report(self._api, self._items, item, cluster_status(item, of_pools, host, nodes), time.time())
        return again

    async def delete(self, item: Object) -> bool:
        """Its Kubernetes and machines first; False while some are left."""
        await self._kubernetes.delete(item)
        left = self._left(item, set())
        for name, remaining in left.items():
            if "deletionTimestamp" not in remaining["metadata"]:
                await self._api.delete(resources.VIRTUAL_MACHINES, name, item["metadata"]["namespace"])
        return not left

    async def _keep_kubernetes(self, cluster: Object, host: str) -> set[str]:
        """Its control plane, the Secret with its kubeconfig, and a node for each machine that has run.

        The names of the nodes that its API server knows.
        """
        metadata = cluster["metadata"]
        namespace = metadata["namespace"]
        kubernetes = self._kubernetes.start(cluster, host, lambda: self.look_at((namespace, metadata["name"])))
        kubeconfig = await asyncio.to_thread(kubernetes.administrator, metadata["name"])
        await self._keep_secret(kubeconfig_secret(cluster, kubeconfig))
        if not kubernetes.answers:
            return set()
        machines = self._left(cluster, set()).values()
        classes: dict[str, Object | None] = {}
        for virtual_machine in machines:
            name = virtual_machine["spec"]["className"]
            if name not in classes:
                classes[name] = await self._api.get(resources.VIRTUAL_MACHINE_CLASSES, name, namespace)
        desired = {
            machine["metadata"]["name"]: (node(machine), node_status(machine, classes[machine["spec"]["className"]]))
            for machine in machines
            if machine.get("status", {}).get("network", {}).get("primaryIP4")
        }
        quotas = await self._api.list(resources.RESOURCE_QUOTAS, namespace)
        await kubernetes.keep_storage_classes(storage_classes(cluster, quotas))
        return await kubernetes.keep_nodes(desired)

    async def _keep_secret(self, secret: Object) -> None:
        metadata = secret["metadata"]
        current = await self._api.get(SECRETS, metadata["name"], metadata["namespace"])
        if current is None:
            await self._create(SECRETS, secret)
        elif current.get("data") != secret["data"]:
            await self._api.patch(SECRETS, metadata["name"], {"data": secret["data"]}, metadata["namespace"])

    def _left(self, cluster: Object, pools_there: set[str]) -> dict[str, Object]:
        metadata = cluster["metadata"]
        return {
            machine["metadata"]["name"]: machine
            for machine in self._machines.list(metadata["namespace"])
            if machine["metadata"]["labels"][CLUSTER_LABEL] == metadata["name"]
            and machine["metadata"]["labels"].get(POOL_LABEL) not in pools_there
        }

    def _of(self, cluster: Object, pool: str) -> Mapping[str, Object]:
        remaining = self._left(cluster, set())
        return {
            name: machine
            for name, machine in remaining.items()
            if machine["metadata"]["labels"].get(POOL_LABEL) == pool and "deletionTimestamp" not in machine["metadata"]
        }

    def _host(self, cluster: Object) -> str | None:
        metadata = cluster["metadata"]
        service = self._services.get((metadata["namespace"], f"{metadata['name']}-control-plane-service"))
        return ingress(service) if service else None

    async def _with_endpoint(self, cluster: Object, host: str) -> Object:
        endpoint = {"host": host, "port": PORT}
        if cluster["spec"].get("controlPlaneEndpoint") == endpoint:
            return cluster
        return await self.write(cluster, {"spec": {"controlPlaneEndpoint": endpoint}})

    async def _image(self, namespace: str) -> str | None:
        """An image of the namespace; the sandbox has no images of Kubernetes releases. None until there is one."""
        images = await self._api.list(resources.VIRTUAL_MACHINE_IMAGES, namespace)
        return min((str(image["metadata"]["name"]) for image in images), default=None)

    async def _create(self, resource: Resource, body: Object) -> None:
        try:
            await self._api.create(resource, body)
        except KubernetesError as error:
            if error.reason != "AlreadyExists":
                raise
