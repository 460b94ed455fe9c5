"""Hosts in maintenance mode: their pods are evicted, as far as disruption budgets allow it at a time."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, KubernetesUnreachable, Object
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.vcenter_client.inventory import VCenterInventory
from pacific_sandbox.vcenter_client.objects import Host

_FINISHED: Final = ("Succeeded", "Failed")
_AGAIN = 1.0
"""Seconds after which an eviction that a budget did not allow is asked for again."""
_log = logging.getLogger(__name__)


class Maintenance:
    """Empties hosts in maintenance mode through the Eviction API.

    Pods without a controller go, too, and are not made again. Those of DaemonSets stay: they would come back at once.
    """

    def __init__(self, api: KubernetesAPI, inventory: VCenterInventory, pods: WatchedObjects) -> None:
        self._api, self._inventory, self._pods = api, inventory, pods
        self._wake = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        inventory.listen(lambda instance_uuid: self._wake.set() if instance_uuid is None else None)
        pods.listen(self._pod_changed)

    def listen(self, listener: Callable[[], None]) -> None:
        """Have ``listener`` called when a host in maintenance mode has lost its last pod."""
        self._listeners.append(listener)

    def remaining(self, host: Host) -> list[Object]:
        """The pods that still have to leave a host."""
        return [pod for pod in self._pods.list() if pod["spec"].get("nodeName") == host.name and must_leave(pod)]

    async def run(self) -> None:
        """Evict until cancelled."""
        await self._inventory.wait_synced()
        await self._pods.wait_synced()
        while True:
            self._wake.clear()
            hosts = [host for host in self._inventory.hosts.values() if host.in_maintenance and host.connected]
            refused = False
            for host in hosts:
                for pod in self.remaining(host):
                    refused |= not await self._evict(pod)
            try:
                async with asyncio.timeout(_AGAIN if refused else None):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _evict(self, pod: Object) -> bool:
        metadata = pod["metadata"]
        if "deletionTimestamp" in metadata:
            return True
        try:
            return await self._api.evict(metadata["name"], metadata["namespace"])
        except (KubernetesError, KubernetesUnreachable) as error:
            _log.warning("eviction of %s/%s: %s", metadata["namespace"], metadata["name"], error)
            return False

    def _pod_changed(self, pod: Object, exists: bool) -> None:
        host = self._inventory.host_named(pod["spec"].get("nodeName", ""))
        if host is None or not host.in_maintenance:
            return
        self._wake.set()
        if not exists and not self.remaining(host):
            for listener in self._listeners:
                listener()


def must_leave(pod: Object) -> bool:
    """Whether a pod holds its host in the way to maintenance mode. Pure."""
    owners = pod["metadata"].get("ownerReferences", ())
    return pod.get("status", {}).get("phase") not in _FINISHED and not any(
        owner.get("controller") and owner["kind"] == "DaemonSet" for owner in owners
    )
