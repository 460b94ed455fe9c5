"""Events about objects, as ``kubectl describe`` shows them."""

import asyncio
import logging
import time
from collections import OrderedDict
from typing import Literal

from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, KubernetesUnreachable, Object, Resource
from pacific_sandbox.reconcile.times import rfc3339

_EVENTS = Resource("v1", "events")
_WAITING = 1024
"""How many events wait to be written at most."""
_COUNTED = 4096
"""How many events are known again when they are recorded once more."""
_RATE, _BURST = 50.0, 1000.0
"""Events a second, and how many at once before that counts. A kubelet writes 50 a second: with thousands of pods,
events would take more of the API server than the pods themselves."""
_log = logging.getLogger(__name__)

Similar = tuple[str, str, str]
"""Identity of the object, reason, message: what makes two events one with a count."""


class EventRecorder:
    """Writes events in the order in which they were recorded; equal ones are counted, as Kubernetes does it."""

    def __init__(self, api: KubernetesAPI) -> None:
        self._api = api
        self._queue: asyncio.Queue[tuple[Similar, Object]] = asyncio.Queue(_WAITING)
        self._written: OrderedDict[Similar, tuple[str, int]] = OrderedDict()
        self._sequence = time.time_ns()
        self._spent, self._counted = 0.0, 0.0
        """What of the burst is spent, and when (by the loop's clock) that was so."""

    def record(
        self,
        item: Object,
        reason: str,
        message: str,
        *,
        component: str,
        type_: Literal["Normal", "Warning"] = "Normal",
        host: str | None = None,
    ) -> None:
        """Note an event about ``item``. It is dropped where a thousand wait to be written: events are a courtesy."""
        self._sequence = max(self._sequence + 1, time.time_ns())
        body = event(item, reason, message, component=component, type_=type_, host=host, sequence=self._sequence)
        try:
            self._queue.put_nowait(((item["metadata"]["uid"], reason, message), body))
        except asyncio.QueueFull:
            _log.debug("event dropped: %s %s", reason, message)

    async def run(self) -> None:
        """Write events until cancelled."""
        while True:
            similar, body = await self._queue.get()
            await self._turn()
            try:
                await self._write(similar, body)
            except (KubernetesError, KubernetesUnreachable) as error:
                # Its namespace is going, or the API server restarts: as with Kubernetes, the event is lost.
                _log.debug("event not written: %s", error)

    async def _turn(self) -> None:
        now = asyncio.get_running_loop().time()
        self._spent = max(0.0, self._spent - (now - self._counted) * _RATE) + 1.0
        self._counted = now
        if self._spent > _BURST:
            await asyncio.sleep((self._spent - _BURST) / _RATE)

    async def _write(self, similar: Similar, body: Object) -> None:
        namespace = body["metadata"]["namespace"]
        if similar in self._written:
            name, count = self._written[similar]
            patch = {"count": count + 1, "lastTimestamp": body["lastTimestamp"]}
            self._written[similar] = (name, count + 1)
            try:
                await self._api.patch(_EVENTS, name, patch, namespace)
            except KubernetesError as error:
                if error.code != 404:
                    raise
                del self._written[similar]
            else:
                return
        await self._api.create(_EVENTS, body)
        self._written[similar] = (body["metadata"]["name"], 1)
        if len(self._written) > _COUNTED:
            self._written.popitem(last=False)


def event(
    item: Object,
    reason: str,
    message: str,
    *,
    component: str,
    type_: Literal["Normal", "Warning"],
    host: str | None,
    sequence: int,
) -> Object:
    """A core/v1 Event. ``sequence`` grows with time: events of one second sort by it, through their names."""
    metadata = item["metadata"]
    now = rfc3339(time.time())
    involved = {
        "apiVersion": item["apiVersion"],
        "kind": item["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "resourceVersion": metadata.get("resourceVersion", ""),
    }
    if "namespace" in metadata:
        involved["namespace"] = metadata["namespace"]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{metadata['name']}.{sequence:x}",
            "namespace": metadata.get("namespace", "default"),
        },
        "involvedObject": involved,
        "reason": reason,
        "message": message,
        "type": type_,
        "source": {"component": component} | ({"host": host} if host else {}),
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
        "reportingComponent": component,
        "reportingInstance": host or "",
    }
