"""VirtualMachineSetResourcePolicies: child resource pool and folder of the namespace's, and cluster modules."""

import uuid
from typing import Final

from pacific_sandbox.kubernetes_api import KubernetesAPI, Object, Resource
from pacific_sandbox.reconcile.placement import Placement
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.supervisor.quantities import mebibytes, megahertz
from pacific_sandbox.vm_operator.kind_controller import KindController
from pacific_sandbox.vm_operator.machine_operations import MachineOperations, PoolSpec
from pacific_sandbox.vm_operator.resource_policy_placement import policy_name

SET_RESOURCE_POLICIES: Final = Resource("vmoperator.vmware.com/v1alpha5", "virtualmachinesetresourcepolicies")
_UNLIMITED = -1


class SetResourcePolicies(KindController):
    """All policies of one Supervisor."""

    finalizer = "vmoperator.vmware.com/virtualmachinesetresourcepolicy"

    def __init__(
        self,
        api: KubernetesAPI,
        policies: WatchedObjects,
        *,
        virtual_machines: WatchedObjects,
        placement: Placement,
        operations: MachineOperations,
    ) -> None:
        super().__init__(api, policies, [virtual_machines])
        self._virtual_machines, self._placement, self._operations = virtual_machines, placement, operations
        placement.listen(self._moved)
        virtual_machines.listen(self._machine_changed)

    async def converge(self, item: Object) -> float | None:
        """Make what is missing and say what there is."""
        spec = item["spec"]
        pool, folder = self._placement.of(item["metadata"]["namespace"])
        pools: list[Object] = []
        cluster = None
        desired_pool = pool_spec(spec)
        if desired_pool is not None:
            cluster, child = await self._operations.child_pool(pool, desired_pool)
            pools = [{"clusterMoID": cluster, "childResourcePoolMoID": child}]
        if spec.get("folder"):
            await self._operations.child_folder(folder, spec["folder"])
        modules: list[Object] = []
        if spec.get("clusterModuleGroups"):
            cluster = cluster or await self._operations.cluster()
            modules = cluster_modules(item, cluster)
        await self.report(item, {"resourcePools": pools or None, "clustermodules": modules or None})
        return None

    async def delete(self, item: Object) -> bool:
        """Not while a machine has it, as in VM Operator."""
        metadata, spec = item["metadata"], item["spec"]
        if any(policy_name(vm) == metadata["name"] for vm in self._virtual_machines.list(metadata["namespace"])):
            return False
        pool, folder = self._placement.of(metadata["namespace"])
        pool_name = (spec.get("resourcePool") or {}).get("name", "")
        await self._operations.remove_children(pool, folder, pool_name=pool_name, folder_name=spec.get("folder", ""))
        return True

    def _moved(self, namespace: str) -> None:
        for item in self._items.list(namespace):
            self.look_at((namespace, item["metadata"]["name"]))

    def _machine_changed(self, vm: Object, exists: bool) -> None:
        name = policy_name(vm)
        if not exists and name is not None:
            self.look_at((vm["metadata"]["namespace"], name))


def pool_spec(spec: Object) -> PoolSpec | None:
    """The child resource pool that a policy asks for."""
    pool = spec.get("resourcePool") or {}
    if not pool.get("name"):
        return None
    reserved, limits = pool.get("reservations") or {}, pool.get("limits") or {}
    return PoolSpec(
        pool["name"],
        cpu_reservation=megahertz(reserved.get("cpu", 0)),
        cpu_limit=megahertz(limits["cpu"]) if limits.get("cpu") else _UNLIMITED,
        memory_reservation=mebibytes(reserved.get("memory", 0)),
        memory_limit=mebibytes(limits["memory"]) if limits.get("memory") else _UNLIMITED,
    )


def cluster_modules(item: Object, cluster: str) -> list[Object]:
    """A module for each group of machines that keep apart; its identifier follows from policy and group."""
    owner = uuid.UUID(item["metadata"]["uid"])
    return [
        {"groupName": group, "moduleUUID": str(uuid.uuid5(owner, group)), "clusterMoID": cluster}
        for group in item["spec"]["clusterModuleGroups"]
    ]
