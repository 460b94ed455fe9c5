"""The objects of one resource as last seen: one watch that all controllers of the process share."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, Object, Resource

Key = tuple[str, str]
"""Namespace and name of an object; the namespace of a cluster-wide one is empty."""
Listener = Callable[[Object, bool], None]
"""Called with an object and whether it is there: False once it is gone."""

_RETRY = 2.0
_log = logging.getLogger(__name__)


def key_of(item: Object) -> Key:
    """The key of an object."""
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


class WatchedObjects:
    """All objects of ``resource``, kept up to date while ``run`` runs. Its objects are not to be changed in place."""

    def __init__(
        self,
        api: KubernetesAPI,
        resource: Resource,
        *,
        field_selector: str | None = None,
        label_selector: str | None = None,
    ) -> None:
        self.resource = resource
        self._api = api
        self._field_selector = field_selector
        self._label_selector = label_selector
        self._objects: dict[str, dict[str, Object]] = {}
        self._listeners: list[Listener] = []
        self._synced = asyncio.Event()

    def listen(self, listener: Listener) -> None:
        """Have ``listener`` called at every change, first for everything that is there."""
        self._listeners.append(listener)

    @property
    def synced(self) -> bool:
        """Whether everything that was there at the start has been seen."""
        return self._synced.is_set()

    async def wait_synced(self) -> None:
        """Wait for ``synced``; without a deadline, as a controller has nothing to do before."""
        await self._synced.wait()

    def get(self, key: Key) -> Object | None:
        """The object as last seen."""
        return self._objects.get(key[0], {}).get(key[1])

    def list(self, namespace: str | None = None) -> Sequence[Object]:
        """All objects, or those of one namespace."""
        if namespace is not None:
            return list(self._objects.get(namespace, {}).values())
        return [item for items in self._objects.values() for item in items.values()]

    def note(self, item: Object) -> None:
        """Take the answer of our own write, so that the next look does not see the state before it."""
        key = key_of(item)
        if self.get(key) is not None:
            self._put(key, item)

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self._watch()
            except KubernetesError as error:
                # The resource is not there yet (a CRD that is still to be applied), or rights are.
                _log.warning("watch of %s: %s", self.resource.plural, error)
            await asyncio.sleep(_RETRY)

    async def _watch(self) -> None:
        unseen = {key_of(item) for item in self.list()}
        async for event in self._api.watch(
            self.resource, field_selector=self._field_selector, label_selector=self._label_selector
        ):
            if event.type == "SYNCED":
                for key in unseen:
                    self._remove(key)
                unseen.clear()
                self._synced.set()
                continue
            key = key_of(event.object)
            unseen.discard(key)
            event.object["metadata"].pop("managedFields", None)  # Half of an object's memory, and not read here.
            if event.type == "DELETED":
                self._remove(key, event.object)
            else:
                self._put(key, event.object)

    def _put(self, key: Key, item: Object) -> None:
        before = self.get(key)
        if before is not None and int(item["metadata"]["resourceVersion"]) <= int(
            before["metadata"]["resourceVersion"]
        ):
            return
        item["metadata"].pop("managedFields", None)
        self._objects.setdefault(key[0], {})[key[1]] = item
        self._tell(item, True)

    def _remove(self, key: Key, item: Object | None = None) -> None:
        before = self._objects.get(key[0], {}).get(key[1])
        if before is None or (item is not None and before["metadata"]["uid"] != item["metadata"]["uid"]):
            return
        del self._objects[key[0]][key[1]]
        if not self._objects[key[0]]:
            del self._objects[key[0]]
        self._tell(item or before, False)

    def _tell(self, item: Object, exists: bool) -> None:
        for listener in self._listeners:
            listener(item, exists)
