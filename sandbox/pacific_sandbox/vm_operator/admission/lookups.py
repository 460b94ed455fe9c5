"""What admission rules ask for, out of watched objects."""

from collections.abc import Iterable

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.vm_operator.prerequisites import VirtualMachineObjects


class WatchedLookups:
    """Implements ``Lookups``."""

    def __init__(
        self, objects: VirtualMachineObjects, *, zones: WatchedObjects, virtual_machines: WatchedObjects
    ) -> None:
        self._objects, self._zones, self._virtual_machines = objects, zones, virtual_machines

    async def wait_synced(self) -> None:
        """Wait until everything has been seen: before that nothing may be refused."""
        await self._objects.wait_synced()
        await self._zones.wait_synced()
        await self._virtual_machines.wait_synced()

    def storage_class(self, name: str) -> Object | None:
        return self._objects.storage_classes.get(("", name))

    def storage_quotas(self, namespace: str) -> Iterable[Object]:
        return self._objects.storage_quotas.list(namespace)

    def zone(self, namespace: str, name: str) -> Object | None:
        return self._zones.get((namespace, name))

    def find_image(self, namespace: str, name: str) -> Object | str:
        return self._objects.find_image(namespace, name)

    def virtual_machine(self, namespace: str, name: str) -> Object | None:
        return self._virtual_machines.get((namespace, name))
