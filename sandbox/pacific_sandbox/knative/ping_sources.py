"""PingSources: requests to a function by schedule, as CloudEvents."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import aiohttp

from pacific_sandbox.knative.activator import INTERNAL
from pacific_sandbox.knative.cron import Cron
from pacific_sandbox.kubernetes_api import KubernetesAPI, Object
from pacific_sandbox.reconcile.status import report
from pacific_sandbox.reconcile.times import rfc3339
from pacific_sandbox.reconcile.watched_objects import Key, WatchedObjects, key_of
from pacific_sandbox.reconcile.work_queue import WorkQueue

_ANSWER_WITHIN = 600.0
_log = logging.getLogger(__name__)


class PingSources:
    """Reconciles every PingSource, and sends its requests to the activator at ``port``.

    What was due while this did not run is not made up for, as in Knative.
    """

    def __init__(
        self,
        api: KubernetesAPI,
        port: int,
        *,
        sources: WatchedObjects,
        services: WatchedObjects,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api, self._port, self._sources, self._services, self._clock = api, port, sources, services, clock
        self._due: dict[Key, tuple[object, float]] = {}
        """The spec and when it is due next, in seconds since the epoch."""
        self._sent: set[asyncio.Task[None]] = set()
        self._started = False
        self._queue: WorkQueue[Key] = WorkQueue("pingsource", self._reconcile)
        sources.listen(lambda source, _: self._look_at(key_of(source)))
        services.listen(lambda service, _: self._look_at_all(service["metadata"]["namespace"]))

    async def run(self) -> None:
        """Reconcile until cancelled."""
        await self._services.wait_synced()
        await self._sources.wait_synced()
        self._started = True
        self._look_at_all(None)

    def _look_at_all(self, namespace: str | None) -> None:
        for source in self._sources.list(namespace):
            self._look_at(key_of(source))

    def _look_at(self, key: Key) -> None:
        if self._started:
            self._queue.add(key)

    async def _reconcile(self, key: Key) -> float | None:
        source = self._sources.get(key)
        if source is None or "deletionTimestamp" in source["metadata"]:
            self._due.pop(key, None)
            return None
        spec = source["spec"]
        ref = spec["sink"]["ref"]
        service = self._services.get((ref.get("namespace", key[0]), ref["name"]))
        uri = service.get("status", {}).get("address", {}).get("url") if service else None
        problem = None
        if uri is None:
            problem = ("NotFound", f'services.serving.knative.dev "{ref["name"]}" not found')
        due, now = None, self._clock()
        try:
            due = self._next(key, spec, now)
        except (ValueError, ZoneInfoNotFoundError) as error:
            problem = ("InvalidSchedule", str(error))
        await self._report(source, uri, problem)
        if due is None or problem is not None:
            return None
        if due <= now:
            task = asyncio.create_task(self._send(source, ref))
            self._sent.add(task)
            task.add_done_callback(self._sent.discard)
            del self._due[key]
            due = self._next(key, spec, now) or now + 60
        return max(due - now, 0.05)

    def _next(self, key: Key, spec: Object, now: float) -> float | None:
        known = self._due.get(key)
        if known is None or known[0] != spec:
            zone = ZoneInfo(spec.get("timezone") or "UTC")
            moment = Cron(spec["schedule"]).after(datetime.fromtimestamp(now, zone))
            if moment is None:
                raise ValueError(f"never due: {spec['schedule']}")
            known = self._due[key] = (spec, moment.timestamp())
        return known[1]

    async def _send(self, source: Object, ref: Object) -> None:
        metadata, spec = source["metadata"], source["spec"]
        headers = {
            "Host": f"{ref['name']}.{ref.get('namespace', metadata['namespace'])}.{INTERNAL}",
            "Content-Type": spec.get("contentType", "application/json"),
            "Ce-Specversion": "1.0",
            "Ce-Type": "dev.knative.sources.ping",
            "Ce-Source": f"/apis/v1/namespaces/{metadata['namespace']}/pingsources/{metadata['name']}",
            "Ce-Id": str(uuid.uuid4()),
            "Ce-Time": rfc3339(self._clock()),
        }
        timeout = aiohttp.ClientTimeout(total=_ANSWER_WITHIN)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as client,
                client.post(f"http://127.0.0.1:{self._port}/", data=spec.get("data", ""), headers=headers) as answer,
            ):
                _log.info("pingsource %s: %d", metadata["name"], answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            _log.warning("pingsource %s: %s", metadata["name"], error)

    async def _report(self, source: Object, uri: str | None, problem: tuple[str, str] | None) -> None:
        metadata = source["metadata"]
        wrong = {"status": "False", "reason": problem[0], "message": problem[1]} if problem else {"status": "True"}
        sink = wrong if uri is None else {"status": "True"}
        conditions = [{"type": "Ready", **wrong}, {"type": "SinkProvided", **sink}]
        status = {"observedGeneration": metadata["generation"], "conditions": conditions, "sinkUri": uri}
        await report(self._api, self._sources, source, status, self._clock())
