"""Where in vCenter's inventory the machines of a Kubernetes namespace are."""

from collections.abc import Callable
from typing import Final

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.vcenter_client.inventory import VCenterInventory
from pacific_sandbox.vcenter_client.objects import Machine

POOL_ANNOTATION: Final = "vmware-system-resource-pool"
FOLDER_ANNOTATION: Final = "vmware-system-vm-folder"


class Placement:
    """Reads the annotations that vCenter puts on a namespace, at each call: the identifiers can change."""

    def __init__(self, namespaces: WatchedObjects, inventory: VCenterInventory) -> None:
        self._namespaces = namespaces
        self._inventory = inventory
        self._seen: dict[str, tuple[str, str]] = {}
        self._listeners: list[Callable[[str], object]] = []
        namespaces.listen(self._changed)

    def listen(self, moved: Callable[[str], object]) -> None:
        """Have ``moved`` called with the name of each namespace whose place changes."""
        self._listeners.append(moved)

    async def keep(self, machine: Machine, namespace: str, place: tuple[str, str] | None = None) -> Machine:
        """Move a machine to its ``place`` (resource pool, folder; None: that of its namespace), if it is not there.

        After a restart of the simulated vCenter an old identifier may name another namespace's pool for a moment.
        """
        pool, folder = place or self.of(namespace)
        if machine.resource_pool in ("", pool):
            return machine
        return await self._inventory.move(machine, pool, folder)

    def of(self, namespace: str) -> tuple[str, str]:
        """Resource pool and folder; the cluster's own where the namespace is not vCenter's (kube-system)."""
        namespace_object = self._namespaces.get(("", namespace))
        annotations = namespace_object["metadata"].get("annotations", {}) if namespace_object is not None else {}
        pool, folder = self._inventory.roots
        return annotations.get(POOL_ANNOTATION, pool), annotations.get(FOLDER_ANNOTATION, folder)

    def _changed(self, namespace: Object, exists: bool) -> None:
        name = namespace["metadata"]["name"]
        now = self.of(name)
        if exists and self._seen.get(name, now) != now:
            for moved in self._listeners:
                moved(name)
        if exists:
            self._seen[name] = now
        else:
            self._seen.pop(name, None)
