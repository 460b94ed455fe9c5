"""An asynchronous client of one Kubernetes API server, on plain dictionaries: a Supervisor's or a workload cluster's.

Not the ``kubernetes`` package: it takes half a second to import, and has no server-side apply on plain objects.
It follows https://kubernetes.io/docs/reference/using-api/ : server-side apply, dry run, paged lists.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self, TypeAlias
from urllib.parse import quote

import httpx2

from pacific_infra.errors import PacificError
from pacific_infra.retry_after import retry_after
from pacific_infra.vcenter.kubernetes_connection import (
    Connection,
    Identity,
    kubeconfig_connection,
    supervisor_connection,
)
from pacific_infra.vcenter.kubernetes_refusal import KubernetesRefusal, KubernetesUnreachable, refusal_of
from pacific_infra.vcenter.settings import VCenterSettings

Object: TypeAlias = Mapping[str, Any]
"""A Kubernetes object as its JSON has it."""

Objects: TypeAlias = list[Object]

AT_A_TIME = 16
"""Concurrent requests of one client; further requests wait. The HTTP library goes over all connections at each request:
with 32 one takes half as long again."""
_PAGE = "500"
_TIMEOUT = 30.0
"""Seconds for one part of an answer."""
_WHOLE_ANSWER = 300.0
_WATCH_SECONDS = 300
"""After which the server ends a watch, so that one whose connection is dead is noticed."""
_TRANSIENT = (429, 502, 503, 504)
"""Transient answers. Every request here is idempotent, so it is repeated. Not 500: that is a failing webhook."""
_DISCONNECTED = (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError)
"""A connection that the server has closed, for example an idle one. The request is repeated too."""
_PAUSES = (0.5, 2.0, 5.0)
"""Seconds before each repetition, where the server does not ask for others."""
_LONGEST_PAUSE = 10.0
_RENEWALS = 3
_SCHEMA = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
"""As client-go's discovery asks for it."""
_JSON = "application/json"
_IDENTITIES: dict[str, Identity] = {}
"""Identities of this process by login, until a server refuses them.

A command has several clients of one server, and a plugin that is asked a second time takes its first token for refused,
and logs in again.
"""
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind that an API server serves."""

    api_version: str
    """``v1``, ``apps/v1``."""
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str]

    @property
    def group(self) -> str:
        """API group, empty for the core one."""
        return self.api_version.rpartition("/")[0]

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """The path of one object, or of all in a namespace or everywhere."""
        parts = [_root(self.api_version)]
        parts += ["namespaces", quote(namespace, safe="")] if self.namespaced and namespace else []
        parts.append(self.plural)
        parts += [quote(name, safe="")] if name is not None else []
        return "/".join(parts)


Resources: TypeAlias = list[Resource]


class KubernetesAPI:
    """A connection to one API server: use it as an asynchronous context manager.

    It logs in at its first request and, where the server says 401, again: up to three times for one request. All
    methods raise KubernetesRefusal for what the server refuses and KubernetesUnreachable where it does not answer, and
    PacificError for a login that fails.
    """

    def __init__(self, connection: Connection, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        """``transport`` takes the network's place in tests."""
        self.connection = connection
        self._transport = transport
        self._gate = asyncio.Semaphore(AT_A_TIME)
        self._login = asyncio.Lock()
        self._clients: list[httpx2.AsyncClient] = []
        """The last is the present one. An earlier one, whose login has ended, may still have requests under way."""
        self._streams: list[httpx2.AsyncClient] = []
        """The same for watches: each holds a connection for as long as it lasts."""
        self._kinds: dict[str, asyncio.Task[Resources]] = {}

    @classmethod
    def of_supervisor(cls, endpoint: str, settings: VCenterSettings) -> Self:
        """As the user of ``settings``, with a token of ``/wcp/login``. Raises PacificError where it is no address."""
        return cls(supervisor_connection(endpoint, settings))

    @classmethod
    def of_kubeconfig(cls, kubeconfig: Mapping[str, Any]) -> Self:
        """As the current context of a kubeconfig. Raises PacificError where it is none."""
        return cls(kubeconfig_connection(kubeconfig))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        for client in (*self._clients, *self._streams):
            await client.aclose()

    async def resources(self) -> Resources:
        """Every kind that is served, each group's in the version that the server prefers; without subresources."""
        groups = (await self._json("GET", "/apis"))["groups"]
        versions = ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]
        lists = await asyncio.gather(*(self._resources(version) for version in versions))
        return [resource for resources in lists for resource in resources]

    async def prepare_schema(self) -> None:
        """Have the server make its OpenAPI document, the form that Pulumi's Kubernetes provider asks for. After a
        change of its definitions that takes it seconds, and nothing where it has it. Where it does not, nothing is
        raised: the provider says so.
        """
        headers = {"Accept": _SCHEMA, "Range": "bytes=0-0"}
        with suppress(PacificError):
            async with self._gate:
                await self._send(await self._logged_in(None), "GET", "/openapi/v2", {"headers": headers})

    def forget_kinds(self) -> None:
        """Ask anew which kinds are served: definitions come and go."""
        self._kinds.clear()

    async def resource(self, api_version: str, kind: str) -> Resource | None:
        """How ``kind`` is served; None where it is not. Each version is asked for once."""
        return next((resource for resource in await self._resources(api_version) if resource.kind == kind), None)

    async def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """One object; None where there is none of that name, or the kind is not served."""
        resource = await self.resource(api_version, kind)
        if resource is None:
            return None
        try:
            return await self._json("GET", resource.path(namespace, name))
        except KubernetesRefusal as refusal:
            if refusal.of_missing:
                return None
            raise

    async def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        label_selector: str | None = None,
        field_selector: str | None = None,
        metadata_only: bool = False,
    ) -> Objects:
        """All objects of a namespace or, without one, of all; none where the kind is not served."""
        resource = await self.resource(api_version, kind)
        if resource is None:
            return []
        query = {"labelSelector": label_selector, "fieldSelector": field_selector, "limit": _PAGE}
        accept = f"{METADATA_ONLY},{_JSON}" if metadata_only else _JSON
        items: Objects = []
        while True:
            page = await self._json("GET", resource.path(namespace), query, accept=accept)
            items += page.get("items") or ()
            query["continue"] = (page.get("metadata") or {}).get("continue")
            if not query["continue"]:
                return items

    async def page(
        self, resource: Resource, namespace: str | None, query: Mapping[str, str], *, metadata_only: bool = False
    ) -> dict[str, Any]:
        """One answer to a list, with its ``metadata`` for the next page or a watch. ``query``: of the list."""
        accept = f"{METADATA_ONLY},{_JSON}" if metadata_only else _JSON
        return await self._json("GET", resource.path(namespace), {"limit": _PAGE, **query}, accept=accept)

    async def watch(
        self, resource: Resource, namespace: str | None, version: str, *, metadata_only: bool = False
    ) -> AsyncIterator[dict[str, Any]]:
        """The watch events after ``version``, until the server ends the watch."""
        accept = METADATA_ONLY.replace("List;", ";") if metadata_only else _JSON
        query = {
            "watch": "true",
            "resourceVersion": version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(_WATCH_SECONDS),
        }
        client: httpx2.AsyncClient | None = None
        for renewals_left in reversed(range(_RENEWALS + 1)):
            client = await self._watching(client)
            extensions = {"sni_hostname": self.connection.server_name} if self.connection.server_name else {}
            request = client.build_request(
                "GET", resource.path(namespace), params=query, headers={"Accept": accept}, extensions=extensions
            )
            try:
                response = await client.send(request, stream=True)
                try:
                    if response.status_code == 401 and renewals_left:
                        continue
                    if not response.is_success:
                        content = await response.aread()
                        raise refusal_of(f"GET {resource.path(namespace)}", response.status_code, content)
                    async for line in response.aiter_lines():
                        if line:
                            yield json.loads(line)
                    return
                finally:
                    await response.aclose()
            except (httpx2.HTTPError, ValueError) as error:
                raise self._unreachable(error) from error

    async def _watching(self, refused: httpx2.AsyncClient | None) -> httpx2.AsyncClient:
        """The client of watches; a new one with a new login where ``refused`` is the present one."""
        async with self._login:
            if not self._streams or self._streams[-1] is refused:
                identity = await self._identity(renewed=bool(self._streams))
                timeout = httpx2.Timeout(_WATCH_SECONDS + _TIMEOUT, connect=10.0)
                self._streams.append(self._open(identity, timeout=timeout, limits=httpx2.Limits(max_connections=None)))
            return self._streams[-1]

    async def apply(
        self, manifest: Object, *, field_manager: str, dry_run: bool = False, force: bool = False
    ) -> Object:
        """Server-side apply: the object as the server stores it, or with ``dry_run`` as it would.

        Without ``force``, fields that other managers own and that would change are refused: see
        ``KubernetesRefusal.conflicts``. A kind that is not served is refused with the status 404.
        """
        api_version, kind, metadata = str(manifest["apiVersion"]), str(manifest["kind"]), manifest["metadata"]
        name, namespace = str(metadata["name"]), metadata.get("namespace")
        resource = await self.resource(api_version, kind)
        if resource is None:
            message = f"it serves no {kind} of {api_version}"
            raise KubernetesRefusal(f"{kind} {name}", status=404, reason="NotFound", message=message)
        if resource.namespaced and not namespace:
            namespace = self.connection.namespace or "default"
        query = {
            "fieldManager": field_manager,
            "force": "true" if force else "false",
            "dryRun": "All" if dry_run else None,
        }
        return await self._json("PATCH", resource.path(namespace, name), query, manifest)

    async def _resources(self, api_version: str) -> Resources:
        if api_version not in self._kinds:
            self._kinds[api_version] = asyncio.ensure_future(self._discover(api_version))
        return await asyncio.shield(self._kinds[api_version])

    async def _discover(self, api_version: str) -> Resources:
        try:
            answer = await self._json("GET", _root(api_version))
        except KubernetesRefusal as refusal:
            if refusal.of_missing or refusal.of_aggregated or refusal.status == 403:
                return []
            raise
        return [
            Resource(
                api_version, served["kind"], served["name"], bool(served.get("namespaced")), frozenset(served["verbs"])
            )
            for served in answer.get("resources") or ()
            if "/" not in served["name"]
        ]

    async def _json(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | None] | None = None,
        body: Object | None = None,
        *,
        accept: str = _JSON,
    ) -> dict[str, Any]:
        request: dict[str, Any] = {
            "params": {key: value for key, value in (query or {}).items() if value is not None},
            "headers": {"Accept": accept},
        }
        if body is not None:
            request["headers"]["Content-Type"] = "application/apply-patch+yaml"
            request["content"] = json.dumps(body).encode()
        async with self._gate:
            client = await self._logged_in(None)
            response = await self._send(client, method, path, request)
            for _ in range(_RENEWALS):
                if response.status_code != 401:
                    break
                client = await self._logged_in(client)
                response = await self._send(client, method, path, request)
        if not response.is_success:
            raise refusal_of(f"{method} {path}", response.status_code, response.content)
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise self._unreachable(ValueError("its answer is not a JSON object"))
        return answer

    async def _send(
        self, client: httpx2.AsyncClient, method: str, path: str, request: Mapping[str, Any]
    ) -> httpx2.Response:
        """The answer; the request is repeated after transient errors."""
        name = self.connection.server_name
        extensions = {"sni_hostname": name} if name else {}
        for pause in (*_PAUSES, None):
            wait = pause
            try:
                async with asyncio.timeout(_WHOLE_ANSWER):
                    response = await client.request(method, path, extensions=extensions, **request)
            except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
                if wait is None or not isinstance(error, _DISCONNECTED):
                    raise self._unreachable(error) from error
            else:
                if wait is None or response.status_code not in _TRANSIENT:
                    return response
                seconds = retry_after(response.headers)
                wait = wait if seconds is None else min(seconds, _LONGEST_PAUSE)
            await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def _logged_in(self, refused: httpx2.AsyncClient | None) -> httpx2.AsyncClient:
        """The client to ask with; a new one with a new login where ``refused`` is the present one."""
        async with self._login:
            if not self._clients or self._clients[-1] is refused:
                self._clients.append(self._open(await self._identity(renewed=bool(self._clients))))
            return self._clients[-1]

    async def _identity(self, *, renewed: bool) -> Identity:
        """An identity; ``renewed``: another one than before."""
        login = self.connection.login
        identity = None if login is None or renewed else _IDENTITIES.get(login)
        if identity is None:
            identity = await asyncio.to_thread(self.connection.identify)
            if login is not None:
                _IDENTITIES[login] = identity
        return identity

    def _open(
        self, identity: Identity, *, timeout: httpx2.Timeout | None = None, limits: httpx2.Limits | None = None
    ) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            base_url=self.connection.server,
            headers={"Authorization": f"Bearer {identity.token}"} if identity.token else {},
            verify=self._transport is not None or self.connection.tls(identity),
            transport=self._transport,
            proxy=self.connection.proxy,
            timeout=timeout or httpx2.Timeout(_TIMEOUT, connect=10.0),
            limits=limits or httpx2.Limits(max_connections=AT_A_TIME, max_keepalive_connections=AT_A_TIME),
            trust_env=False,
        )

    def _unreachable(self, error: Exception) -> KubernetesUnreachable:
        return KubernetesUnreachable(
            f"the Kubernetes API {self.connection.server} does not answer: {error or type(error).__name__}",
            fix="check the address and that it is up, then run the same command again",
        )


def _root(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
