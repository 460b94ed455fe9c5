"""Keeps the Secret of each ExternalSecret as its store has it, as External Secrets' own controller does.

It waits for the interval, not for the store: a value that changes there is seen when it is next due.
"""

import base64
import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pacific_sandbox.external_secrets.definitions import CLUSTER_STORES, EXTERNAL_SECRETS, STORES
from pacific_sandbox.external_secrets.values import NotFetchedError, fetched
from pacific_sandbox.kubernetes_api import KubernetesAPI, Object, Resource
from pacific_sandbox.reconcile.conditions import condition_of
from pacific_sandbox.reconcile.owner_reference import controller_reference
from pacific_sandbox.reconcile.status import report
from pacific_sandbox.reconcile.times import rfc3339, seconds_of
from pacific_sandbox.reconcile.watched_objects import Key, WatchedObjects, key_of
from pacific_sandbox.reconcile.work_queue import WorkQueue
from pacific_sandbox.vm_operator.vm_operator import Runner

SECRETS: Final = Resource("v1", "secrets")
DATA_HASH = "reconcile.external-secrets.io/data-hash"
_MANAGED: Final = {"reconcile.external-secrets.io/managed": "true"}
_UNITS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
_FIELD_MANAGER = "externalsecrets.external-secrets.io"
_RETRY = 2.0


def external_secrets(api: KubernetesAPI) -> Sequence[Runner]:
    """What is to be run."""
    stores, cluster_stores = WatchedObjects(api, STORES), WatchedObjects(api, CLUSTER_STORES)
    externals = WatchedObjects(api, EXTERNAL_SECRETS)
    return [stores, cluster_stores, externals, ExternalSecrets(api, stores, cluster_stores, externals)]


class ExternalSecrets:
    """Reconciles every ExternalSecret, and says of every store whether it can be used."""

    def __init__(
        self,
        api: KubernetesAPI,
        stores: WatchedObjects,
        cluster_stores: WatchedObjects,
        externals: WatchedObjects,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api, self._externals, self._clock = api, externals, clock
        self._stores: Mapping[str, WatchedObjects] = {"SecretStore": stores, "ClusterSecretStore": cluster_stores}
        self._queue: WorkQueue[Key] = WorkQueue("externalsecret", self._reconcile)
        self._store_queue: WorkQueue[tuple[str, Key]] = WorkQueue("secretstore", self._look_at_store)
        for kind, watched in self._stores.items():
            watched.listen(lambda store, _, kind=kind: self._store_queue.add((kind, key_of(store))))  # type: ignore[misc]
        externals.listen(lambda external, _: self._queue.add(key_of(external)))

    async def run(self) -> None:
        """Return at once: the queues work when something is told."""

    async def _look_at_store(self, key: tuple[str, Key]) -> None:
        store = self._stores[key[0]].get(key[1])
        if store is None:
            return
        usable = "fake" in store["spec"]["provider"]
        condition = {"type": "Ready", "status": "True", "reason": "Valid", "message": "store validated"}
        if not usable:
            message = "the sandbox knows stores of the provider fake alone"
            condition = {"type": "Ready", "status": "False", "reason": "InvalidProviderConfig", "message": message}
        await report(self._api, self._stores[key[0]], store, {"conditions": [condition]}, self._clock())

    async def _reconcile(self, key: Key) -> float | None:
        external = self._externals.get(key)
        if external is None or "deletionTimestamp" in external["metadata"]:
            return None
        spec, now = external["spec"], self._clock()
        due = _due(external)
        if due is not None and now < due:
            return None if due == float("inf") else due - now
        try:
            await self._write(external, fetched(spec, self._provider(external)))
        except NotFetchedError as error:
            message = f"could not get secret data from provider: {error}"
            await self._report(external, {"status": "False", "reason": "SecretSyncedError", "message": message})
            return _RETRY
        synced = {"status": "True", "reason": "SecretSynced", "message": "secret synced"}
        fields = {"refreshTime": rfc3339(now), "syncedResourceVersion": _version(external)}
        await self._report(external, synced, fields | {"binding": {"name": _secret_name(external)}})
        return _interval(spec) or None

    def _provider(self, external: Object) -> Mapping[str, Any]:
        reference = external["spec"]["secretStoreRef"]
        kind = reference.get("kind", "SecretStore")
        namespace = external["metadata"]["namespace"] if kind == "SecretStore" else ""
        store = self._stores[kind].get((namespace, reference["name"]))
        if store is None:
            raise NotFetchedError(f'{kind} "{reference["name"]}" not found')
        provider: Mapping[str, Any] = store["spec"]["provider"]
        return provider

    async def _write(self, external: Object, values: Mapping[str, str]) -> None:
        namespace, name = external["metadata"]["namespace"], _secret_name(external)
        existing = await self._api.get(SECRETS, name, namespace)
        owners = [] if existing is None else existing["metadata"].get("ownerReferences", [])
        if existing is not None and not any(owner["uid"] == external["metadata"]["uid"] for owner in owners):
            raise NotFetchedError(f"the Secret {name} is there and is not of this ExternalSecret")
        template = (external["spec"].get("target") or {}).get("template") or {}
        carried = template.get("metadata") or {}
        written = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
        metadata = {
            "name": name,
            "namespace": namespace,
            "labels": {**carried.get("labels", {}), **_MANAGED},
            "annotations": {**carried.get("annotations", {}), DATA_HASH: written},
            "ownerReferences": [controller_reference(external)],
        }
        data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}
        body["type"] = template.get("type", "Opaque")
        await self._api.apply(SECRETS, body, field_manager=_FIELD_MANAGER)

    async def _report(self, external: Object, condition: Object, fields: Object | None = None) -> None:
        status = {**(fields or {}), "conditions": [{"type": "Ready", **condition}]}
        await report(self._api, self._externals, external, status, self._clock())


def _due(external: Object) -> float | None:
    """When the store is to be asked next, in seconds since the epoch, or never; None: now, whatever the time."""
    spec, status = external["spec"], external.get("status") or {}
    ready = condition_of(external, "Ready")
    if ready is None or ready["status"] != "True":
        return None
    policy = spec.get("refreshPolicy", "Periodic")
    if policy != "CreatedOnce" and status.get("syncedResourceVersion") != _version(external):
        return None
    interval = _interval(spec) if policy == "Periodic" else 0
    return seconds_of(status["refreshTime"]) + interval if interval else float("inf")


def _version(external: Object) -> str:
    metadata = external["metadata"]
    carried = json.dumps([metadata.get("annotations", {}), metadata.get("labels", {})], sort_keys=True)
    return f"{metadata.get('generation', 1)}-{hashlib.sha256(carried.encode()).hexdigest()[:32]}"


def _interval(spec: Object) -> float:
    parts = re.findall(r"([0-9.]+)(ms|s|m|h)", spec.get("refreshInterval", "1h"))
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _secret_name(external: Object) -> str:
    name: str = (external["spec"].get("target") or {}).get("name") or external["metadata"]["name"]
    return name
