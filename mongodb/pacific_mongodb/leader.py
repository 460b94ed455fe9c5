"""One controller at a time: a Lease that the leader renews, as client-go's leader election does it."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientError

from pacific_mongodb.cluster import CONFLICT, Cluster, KubernetesError
from pacific_mongodb.database import Object

LEASE_SECONDS, RENEW_SECONDS, RETRY_SECONDS = 15, 10, 2.0
"""How long a lease counts, when a leader that cannot renew it gives up, how often it is asked for."""
_API = "coordination.k8s.io/v1"


class Lease:
    """A Lease as one candidate sees it. ``identity`` is a pod's name: a container that is started again in its pod
    goes on at once, others wait until the lease has run out."""

    def __init__(self, cluster: Cluster, namespace: str, name: str, identity: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._seen: tuple[Any, float] = (None, 0.0)

    async def hold(self) -> bool:
        """Take or renew it. False where another holds it or was quicker. Raises KubernetesError, ClientError."""
        lease = await self._cluster.get(_API, "Lease", self._namespace, self._name)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        lease_spec = {"holderIdentity": self._identity, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": now}
        try:
            if lease is None:
                metadata = {"name": self._name, "namespace": self._namespace}
                spec = {**lease_spec, "acquireTime": now}
                await self._cluster.create({"apiVersion": _API, "kind": "Lease", "metadata": metadata, "spec": spec})
                return True
            if not self._may_take(lease):
                return False
            if lease["spec"].get("holderIdentity") != self._identity:
                lease_spec["acquireTime"] = now
            patch = {"metadata": {"resourceVersion": lease["metadata"]["resourceVersion"]}, "spec": lease_spec}
            await self._cluster.merge(_API, "Lease", self._namespace, self._name, patch)
            return True
        except KubernetesError as error:
            if error.code == CONFLICT:
                return False
            raise

    def _may_take(self, lease: Object) -> bool:
        """Ours, given back, or not renewed for its duration by this process's own clock."""
        spec = lease.get("spec") or {}
        renewal = (spec.get("holderIdentity"), spec.get("renewTime"))
        if renewal != self._seen[0]:
            self._seen = (renewal, time.monotonic())
        expired = time.monotonic() - self._seen[1] > spec.get("leaseDurationSeconds", LEASE_SECONDS)
        return expired or not renewal[0] or renewal[0] == self._identity


async def lead(lease: Lease, work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    """Wait for the lease, then work. True when the work has ended by itself, False when the lease was lost."""
    while not await _try(lease):  # noqa: ASYNC110 - the API server has no event for it
        await asyncio.sleep(RETRY_SECONDS)
    working = asyncio.create_task(work())
    renewed = time.monotonic()
    while not working.done() and time.monotonic() - renewed < RENEW_SECONDS:
        await asyncio.wait({working}, timeout=RETRY_SECONDS)
        if await _try(lease):
            renewed = time.monotonic()
    if working.done():
        await working
        return True
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return False


async def _try(lease: Lease) -> bool:
    try:
        async with asyncio.timeout(RENEW_SECONDS / 2):
            return await lease.hold()
    except (KubernetesError, ClientError, OSError, TimeoutError):
        return False
