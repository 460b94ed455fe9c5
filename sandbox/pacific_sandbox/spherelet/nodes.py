"""Keeps one Node for each host of the Supervisor's cluster, alive by its Lease."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final

from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, KubernetesUnreachable, Object, Resource
from pacific_sandbox.spherelet.maintenance import Maintenance
from pacific_sandbox.spherelet.node import MOID_ANNOTATION, ROLE_LABEL, lease, node, node_status
from pacific_sandbox.vcenter_client.inventory import VCenterInventory
from pacific_sandbox.vcenter_client.objects import Host

NODES: Final = Resource("v1", "nodes", namespaced=False)
_LEASES = Resource("coordination.k8s.io/v1", "leases")
_BEAT = 20.0
"""Seconds between two heartbeats: twice a kubelet's, half of what a Lease lasts. A lost host is told by vCenter."""
_STATUS_EVERY = 300.0
"""Seconds between two reports of an unchanged status, as a kubelet with leases does it."""
_log = logging.getLogger(__name__)


class Nodes:
    """The nodes of one Supervisor."""

    def __init__(
        self,
        api: KubernetesAPI,
        inventory: VCenterInventory,
        zone: str,
        *,
        port: Callable[[str], Awaitable[int]],
        maintenance: Maintenance,
    ) -> None:
        """``port``: where the kubelet API of a node is served."""
        self._api = api
        self._inventory = inventory
        self._zone = zone
        self._port = port
        self._maintenance = maintenance
        self._reported: dict[str, tuple[Host, bool, float]] = {}
        self._leases: dict[str, str] = {}
        """The version in which each node's Lease was last written."""
        self._swept = False
        self._changed = asyncio.Event()
        maintenance.listen(self._changed.set)
        inventory.listen(lambda instance_uuid: self._changed.set() if instance_uuid is None else None)

    async def run(self) -> None:
        """Keep the nodes until cancelled."""
        await self._inventory.wait_synced()
        while True:
            self._changed.clear()
            hosts = list(self._inventory.hosts.values())
            results = await asyncio.gather(*(self._beat(host) for host in hosts), return_exceptions=True)
            results += await asyncio.gather(self._remove_others(hosts), return_exceptions=True)
            failed = [result for result in results if isinstance(result, Exception)]
            for error in failed:
                if not isinstance(error, KubernetesError | KubernetesUnreachable):
                    raise error
            if failed:
                _log.warning("nodes: %s", failed[0])
                await asyncio.sleep(1.0)
                continue
            try:
                async with asyncio.timeout(_BEAT):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _beat(self, host: Host) -> None:
        now = time.time()
        drained = not host.in_maintenance or not self._maintenance.remaining(host)
        *reported, at = self._reported.get(host.name, (None, None, 0.0))
        if reported != [host, drained] or (host.connected and now - at > _STATUS_EVERY):
            current = await self._api.apply(NODES, node(host, self._zone))
            before = current.get("status", {}).get("conditions", [])
            status = node_status(host, before, now, port=await self._port(host.name), drained=drained)
            await self._api.patch(NODES, host.name, {"status": status}, subresource="status")
            # Not all of a hundred nodes at once.
            spread = random.uniform(0.0, _STATUS_EVERY / 2)  # noqa: S311 - no secret
            self._reported[host.name] = (host, drained, now - spread)
        if host.connected:
            await self._renew(lease(host, now))

    async def _renew(self, lease: Object) -> None:
        # Put as a kubelet does: a patch makes the API server read and compare what is written.
        metadata = lease["metadata"]
        name = metadata["name"]
        if name not in self._leases:
            stored = await self._api.get(_LEASES, name, metadata["namespace"])
            if stored is not None:
                self._leases[name] = stored["metadata"]["resourceVersion"]
        version = self._leases.pop(name, None)
        if version is None:
            stored = await self._api.create(_LEASES, lease)
        else:
            stored = await self._api.replace(_LEASES, {**lease, "metadata": {**metadata, "resourceVersion": version}})
        self._leases[name] = stored["metadata"]["resourceVersion"]

    async def _remove_others(self, hosts: list[Host]) -> None:
        names = {host.name for host in hosts}
        if self._swept and self._reported.keys() == names:
            return
        for current in await self._api.list(NODES, label_selector=ROLE_LABEL):
            metadata = current["metadata"]
            if metadata["name"] not in names and MOID_ANNOTATION in metadata.get("annotations", {}):
                await self._api.delete(NODES, metadata["name"], uid=metadata["uid"])
                self._reported.pop(metadata["name"], None)
        self._swept = True
