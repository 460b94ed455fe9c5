"""Knative Services: a Deployment for each revision, scaled by its requests, and conditions as Knative sets them."""

import time
from collections.abc import Callable

from pacific_sandbox.knative.autoscaling import ScaleBounds, Traffic, wanted_pods
from pacific_sandbox.knative.definitions import DEPLOYMENTS, REVISION_LABEL, SERVICE_LABEL
from pacific_sandbox.knative.revisions import (
    failure_of,
    internal_name,
    is_current,
    next_deployment,
    revision_of,
    service_status,
    sorted_revisions,
)
from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, Object
from pacific_sandbox.load_balancer import SERVICES as CORE_SERVICES
from pacific_sandbox.reconcile.status import report
from pacific_sandbox.reconcile.watched_objects import Key, WatchedObjects, key_of
from pacific_sandbox.reconcile.work_queue import WorkQueue


class KnativeServices:
    """Reconciles every Service of serving.knative.dev."""

    def __init__(
        self,
        api: KubernetesAPI,
        *,
        services: WatchedObjects,
        deployments: WatchedObjects,
        pods: WatchedObjects,
        traffic: Traffic,
        domain: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``domain``: what follows NAME.NAMESPACE in a URL. ``clock``: seconds since the epoch."""
        self._api, self._services, self._deployments, self._pods = api, services, deployments, pods
        self._traffic, self._domain, self._clock = traffic, domain, clock
        self._last_deployments: dict[Key, Object] = {}
        """Deployments that the watch has not brought yet."""
        self._named: set[Key] = set()
        """Functions whose internal name is there."""
        self._started = False
        self._queue: WorkQueue[Key] = WorkQueue("kservice", self._reconcile)
        services.listen(self._service_changed)
        deployments.listen(self._part_changed)
        pods.listen(self._part_changed)

    async def run(self) -> None:
        """Reconcile until cancelled."""
        for objects in (self._services, self._deployments, self._pods):
            await objects.wait_synced()
        self._started = True
        for service in self._services.list():
            self.look_at(key_of(service))

    def look_at(self, key: Key) -> None:
        """Reconcile a Service soon, if it is there."""
        if self._started and self._services.get(key) is not None:
            self._queue.add(key)

    def _service_changed(self, service: Object, exists: bool) -> None:
        if exists:
            self.look_at(key_of(service))
        else:
            self._last_deployments.pop(key_of(service), None)
            self._named.discard(key_of(service))

    def _part_changed(self, item: Object, exists: bool) -> None:
        labels = item["metadata"].get("labels", {})
        if SERVICE_LABEL in labels:
            if not exists and item["kind"] == "Deployment":
                self._traffic.forget(labels[REVISION_LABEL])
            self.look_at((item["metadata"]["namespace"], labels[SERVICE_LABEL]))

    async def _reconcile(self, key: Key) -> float | None:
        service = self._services.get(key)
        if service is None or "deletionTimestamp" in service["metadata"]:
            return None
        bounds, now = ScaleBounds.of(service), self._clock()
        revisions = self._revisions(key, service)
        await self._name(key, service)
        if not revisions or not is_current(revisions[-1], service):
            successor = next_deployment(service, revisions, max(bounds.minimum, 1))
            self._last_deployments[key] = await self._api.create(DEPLOYMENTS, successor)
            revisions.append(self._last_deployments[key])
        latest = revisions[-1]
        created, ready = revision_of(latest), service.get("status", {}).get("latestReadyRevisionName")
        if ready != created and latest.get("status", {}).get("availableReplicas", 0) > 0:
            ready = created
        if ready is not None:
            self._traffic.begin(ready, now)
        failure = None if ready == created else failure_of(created, self._pods_of(key[0], created), latest)
        status = service_status(service, created, ready, failure, self._domain)
        await report(self._api, self._services, service, status, now)
        again: float | None = None
        for deployment in revisions:
            revision = revision_of(deployment)
            if revision == ready:
                await self._scale(deployment, wanted_pods(bounds, self._traffic.peak(revision, bounds.window, now)))
                again = self._traffic.quiet_in(revision, bounds.window, now)
            elif revision != created:
                await self._api.delete(DEPLOYMENTS, deployment["metadata"]["name"], key[0])
        return again

    async def _name(self, key: Key, service: Object) -> None:
        """Let the function's internal name lead to the gateway of all functions, as Knative does."""
        if key in self._named:
            return
        try:
            await self._api.create(CORE_SERVICES, internal_name(service))
        except KubernetesError as error:
            if error.reason != "AlreadyExists":
                raise
        self._named.add(key)

    def _revisions(self, key: Key, service: Object) -> list[Object]:
        seen = sorted_revisions(self._deployments.list(key[0]), service)
        deployment = self._last_deployments.get(key)
        if deployment is not None and self._deployments.get(key_of(deployment)) is not None:
            del self._last_deployments[key]
        elif deployment is not None:
            seen.append(deployment)
        return [revision for revision in seen if "deletionTimestamp" not in revision["metadata"]]

    def _pods_of(self, namespace: str, revision: str) -> list[Object]:
        return [
            pod
            for pod in self._pods.list(namespace)
            if pod["metadata"].get("labels", {}).get(REVISION_LABEL) == revision
        ]

    async def _scale(self, deployment: Object, pods: int) -> None:
        if deployment["spec"].get("replicas") == pods:
            return
        metadata = deployment["metadata"]
        patch = {"metadata": {"uid": metadata["uid"]}, "spec": {"replicas": pods}}
        self._deployments.note(await self._api.patch(DEPLOYMENTS, metadata["name"], patch, metadata["namespace"]))
