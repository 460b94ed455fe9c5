"""Where a VirtualMachine is put that has a VirtualMachineSetResourcePolicy."""

from collections.abc import Callable

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.placement import Placement
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.vm_operator.conditions import RESOURCE_POLICY_READY, false, true
from pacific_sandbox.vm_operator.machine_operations import MachineOperations


class ResourcePolicyPlacement:
    """The policies of all namespaces."""

    def __init__(self, policies: WatchedObjects, placement: Placement, operations: MachineOperations) -> None:
        self._policies, self._placement, self._operations = policies, placement, operations
        self._folders: dict[tuple[str, str], str] = {}

    def listen(self, changed: Callable[[str, str], None]) -> None:
        """Have ``changed`` called with namespace and name of a policy that changed."""
        self._policies.listen(lambda item, _: changed(item["metadata"]["namespace"], item["metadata"]["name"]))

    async def wait_synced(self) -> None:
        """Wait until all policies are known."""
        await self._policies.wait_synced()

    def condition(self, vm: Object) -> Object | None:
        """Whether the policy is there and has its pool; None where the machine asks for none."""
        name = policy_name(vm)
        if name is None:
            return None
        policy = self._policies.get((vm["metadata"]["namespace"], name))
        if policy is None:
            message = f'virtualmachinesetresourcepolicies.vmoperator.vmware.com "{name}" not found'
            return false(RESOURCE_POLICY_READY, "NotFound", message)
        if "deletionTimestamp" in policy["metadata"]:
            return false(RESOURCE_POLICY_READY, "NotReady", "VirtualMachineSetResourcePolicy is being deleted")
        if policy["spec"].get("resourcePool", {}).get("name") and not policy.get("status", {}).get("resourcePools"):
            return false(RESOURCE_POLICY_READY, "NotReady", "VirtualMachineSetResourcePolicy is not yet ready")
        return true(RESOURCE_POLICY_READY)

    async def place(self, vm: Object) -> tuple[str, str]:
        """Resource pool and folder: the policy's, else the namespace's."""
        namespace, name = vm["metadata"]["namespace"], policy_name(vm)
        pool, folder = self._placement.of(namespace)
        policy = self._policies.get((namespace, name)) if name is not None else None
        if policy is None:
            return pool, folder
        pools = policy.get("status", {}).get("resourcePools") or ()
        for candidate in pools:
            pool = candidate["childResourcePoolMoID"]
        child = policy["spec"].get("folder")
        if child:
            key = (folder, child)
            if key not in self._folders:
                self._folders[key] = await self._operations.child_folder(folder, child)
            folder = self._folders[key]
        return pool, folder


def policy_name(vm: Object) -> str | None:
    """The name of the VirtualMachine's policy."""
    name: str | None = (vm["spec"].get("reserved") or {}).get("resourcePolicyName")
    return name or None
