"""The Kubernetes API on plain objects: server-side apply, get, list, patch, delete."""

import json
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
import kopf
from yarl import URL

from pacific_mongodb.database import API_VERSION, GROUP, Object

_PLURALS = {
    "CronJob": "cronjobs",
    "Event": "events",
    "Job": "jobs",
    "Lease": "leases",
    "MongoDB": "mongodbs",
    "NetworkPolicy": "networkpolicies",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "Pod": "pods",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "Secret": "secrets",
    "Service": "services",
    "StatefulSet": "statefulsets",
    "VirtualMachine": "virtualmachines",
    "VirtualMachineService": "virtualmachineservices",
}
_REQUEST_SECONDS = 30.0
_TOKEN_SECONDS = 60.0
_SETTINGS = kopf.OperatorSettings()
NOT_FOUND, CONFLICT = 404, 409


class KubernetesError(Exception):
    """An answer other than success: HTTP ``code`` and the API server's message."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(f"{code}: {message}")


def login(**settings: Any) -> kopf.ConnectionInfo:
    """As the pod's ServiceAccount, else by the kubeconfig that kubectl would take. Raises kopf.LoginError."""
    connection = kopf.login_with_service_account(**settings) or kopf.login_with_kubeconfig(**settings)
    if connection is None:
        raise kopf.LoginError("there is neither a ServiceAccount's token nor a kubeconfig")
    return connection


class Cluster:
    """A connection to one API server; close it with ``close``."""

    def __init__(self) -> None:
        connection = self._credentials = login(settings=_SETTINGS)
        self._read_at = time.monotonic()
        self._server = URL(connection.server)
        # kopf's own reading of certificates and keys, in files or in the kubeconfig itself.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=connection.as_ssl_context()),
            timeout=aiohttp.ClientTimeout(total=_REQUEST_SECONDS),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def get(self, api_version: str, kind: str, namespace: str, name: str) -> Object | None:
        """The object; None where it is not there."""
        try:
            return await self._call("GET", _path(api_version, kind, namespace, name))
        except KubernetesError as error:
            if error.code == NOT_FOUND:
                return None
            raise

    async def find(self, api_version: str, kind: str, namespace: str, labels: Mapping[str, str]) -> list[Object]:
        """The objects with these labels; none where the kind is not served."""
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        path = _path(api_version, kind, namespace)
        try:
            listed = await self._call("GET", path, query=[("labelSelector", selector)])
        except KubernetesError as error:
            if error.code == NOT_FOUND:
                return []
            raise
        # The items of a list do not say what they are.
        return [{"apiVersion": api_version, "kind": kind, **item} for item in listed["items"]]

    async def apply(self, item: Object) -> Object:
        """Server-side apply: fields of ours that others changed are ours again."""
        meta = item["metadata"]
        path = _path(item["apiVersion"], item["kind"], meta["namespace"], meta["name"])
        query = [("fieldManager", GROUP), ("force", "true")]
        return await self._call("PATCH", path, item, content="application/apply-patch+yaml", query=query)

    async def merge(  # noqa: PLR0917 - the parts of a URL
        self, api_version: str, kind: str, namespace: str, name: str, patch: Object, subresource: str = ""
    ) -> Object:
        """A JSON merge patch; a resource version in it is compared."""
        path = _path(api_version, kind, namespace, name) + (f"/{subresource}" if subresource else "")
        query = [("fieldManager", GROUP)]
        return await self._call("PATCH", path, patch, content="application/merge-patch+json", query=query)

    async def create(self, item: Object) -> Object:
        """Make it; KubernetesError with CONFLICT where it is there."""
        path = _path(item["apiVersion"], item["kind"], item["metadata"]["namespace"])
        return await self._call("POST", path, item)

    async def delete(self, item: Object, propagation: str = "Background") -> None:
        """Delete exactly this object, not a later one of its name; nothing where it has gone."""
        meta = item["metadata"]
        body = {"propagationPolicy": propagation, "preconditions": {"uid": meta["uid"]}}
        try:
            await self._call("DELETE", _path(item["apiVersion"], item["kind"], meta["namespace"], meta["name"]), body)
        except KubernetesError as error:
            if error.code not in (NOT_FOUND, CONFLICT):
                raise

    async def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        content: str = "application/json",
        query: list[tuple[str, str]] | None = None,
    ) -> Object:
        headers = {"Accept": "application/json", "Content-Type": content, **self._authorization()}
        data = None if body is None else json.dumps(body)
        url = self._server.joinpath(path.removeprefix("/")).with_query(query or [])
        async with self._session.request(method, url, headers=headers, data=data) as response:
            answered = await response.json(content_type=None)
        if not 200 <= response.status < 300:
            raise KubernetesError(response.status, str(answered.get("message", response.reason)))
        document: Object = answered
        return document

    def _authorization(self) -> dict[str, str]:
        # A pod's token is another one every hour; the file with it is cheap to read.
        if time.monotonic() - self._read_at > _TOKEN_SECONDS:
            self._credentials = login(settings=_SETTINGS)
            self._read_at = time.monotonic()
        return self._credentials.as_http_headers()


def _path(api_version: str, kind: str, namespace: str, name: str | None = None) -> str:
    root = "/apis" if "/" in api_version else "/api"
    parts = [root, api_version, "namespaces", namespace, _PLURALS[kind]]
    return "/".join([*parts, name] if name else parts)


async def post_event(
    cluster: Cluster, database: Object, reason: str, message: str, *, now: str, warning: bool = False
) -> None:
    """An Event of a database, as `kubectl describe` shows it. One that is not taken is no reason to stop."""
    meta = database["metadata"]
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{meta['name']}-", "namespace": meta["namespace"]},
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": "MongoDB",
            "name": meta["name"],
            "namespace": meta["namespace"],
            "uid": meta["uid"],
        },
        "type": "Warning" if warning else "Normal",
        "reason": reason,
        "message": message,
        "source": {"component": GROUP},
        "reportingComponent": GROUP,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
    try:
        await cluster.create(event)
    except KubernetesError:
        return
