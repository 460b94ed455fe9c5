"""What the controllers of VM Operator's smaller kinds have in common: a queue, a finalizer, a status."""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence

from pacific_sandbox.kubernetes_api import KubernetesAPI, Object
from pacific_sandbox.reconcile.watched_objects import Key, WatchedObjects, key_of
from pacific_sandbox.reconcile.work_queue import WorkQueue
from pacific_sandbox.vm_operator.virtual_machine_status import changes

_log = logging.getLogger(__name__)


class KindController(ABC):
    """Reconciles all objects of one kind."""

    finalizer: str

    def __init__(self, api: KubernetesAPI, items: WatchedObjects, needs: Sequence[WatchedObjects] = ()) -> None:
        """``needs``: what has to be known, too, before anything is reconciled."""
        self._api, self._items, self._needs = api, items, needs
        self._started = False
        self._queue: WorkQueue[Key] = WorkQueue(items.resource.plural, self._reconcile)
        items.listen(lambda item, _: self.look_at(key_of(item)))

    async def run(self) -> None:
        """Reconcile until cancelled."""
        for objects in (self._items, *self._needs):
            await objects.wait_synced()
        self._started = True
        for item in self._items.list():
            self.look_at(key_of(item))

    def look_at(self, key: Key) -> None:
        """Reconcile an object soon, if it is there."""
        if self._started and self._items.get(key) is not None:
            self._queue.add(key)

    @abstractmethod
    async def converge(self, item: Object) -> float | None:
        """Bring about what an object asks for; answers after how many seconds to look again, or None."""

    @abstractmethod
    async def delete(self, item: Object) -> bool:
        """Undo it before the object goes; False while it may not go yet."""

    async def report(self, item: Object, fields: Object, conditions: Sequence[Object] | None = None) -> Object:
        """Write what has changed of the status; the object as it is then."""
        status = changes(item, fields, conditions or (), time.time())
        if status is None or (conditions is None and status.keys() <= {"conditions"}):
            return item
        metadata = item["metadata"]
        if conditions is None:
            status.pop("conditions", None)
        patch = {"metadata": {"uid": metadata["uid"]}, "status": status}
        written = await self._api.patch(
            self._items.resource, metadata["name"], patch, metadata["namespace"], subresource="status"
        )
        self._items.note(written)
        return written

    async def write(self, item: Object, patch: Object) -> Object:
        """Merge a patch into an object; the object as it is then. KubernetesError 409 where it has changed since."""
        metadata = item["metadata"]
        patch["metadata"] = {**patch.get("metadata", {}), "resourceVersion": metadata["resourceVersion"]}
        written = await self._api.patch(self._items.resource, metadata["name"], patch, metadata["namespace"])
        self._items.note(written)
        return written

    async def _reconcile(self, key: Key) -> float | None:
        item = self._items.get(key)
        if item is None:
            return None
        finalizers = item["metadata"].get("finalizers", [])
        if "deletionTimestamp" in item["metadata"]:
            if self.finalizer in finalizers and await self.delete(item):
                left = [finalizer for finalizer in finalizers if finalizer != self.finalizer]
                await self.write(item, {"metadata": {"finalizers": left}})
            return None
        if self.finalizer not in finalizers:
            item = await self.write(item, {"metadata": {"finalizers": [*finalizers, self.finalizer]}})
        return await self.converge(item)
