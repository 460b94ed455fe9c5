"""The objects in a Supervisor's namespaces that carry a label, of whatever kind, read with the user's own token."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.login import log_in, tls_context
from pacific_infra.vcenter.settings import VCenterSettings

_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_AT_A_TIME = 8
_PAGE = "500"
_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class SupervisorObject:
    """One object of a namespace: what it is, and its metadata."""

    group: str
    """API group, empty for the core one."""
    version: str
    kind: str
    namespace: str
    name: str
    annotations: Mapping[str, str]
    controlled: bool
    """Whether another object owns it, as a ReplicaSet its pods."""


@dataclass(frozen=True, slots=True)
class _Listed:
    group: str
    version: str
    kind: str
    plural: str

    @property
    def root(self) -> str:
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"


async def labelled_objects(
    endpoint: str, settings: VCenterSettings, namespaces: Iterable[str], label: str
) -> list[SupervisorObject]:
    """Every object with ``label`` (``name=value``) in ``namespaces`` of the Supervisor at ``endpoint``.

    Kinds that the user may not list are left out. Raises PacificError where the Supervisor cannot be asked.
    """
    token = await asyncio.to_thread(log_in, endpoint, settings)
    wanted = frozenset(namespaces)
    client = httpx2.AsyncClient(
        base_url=f"https://{endpoint}",
        headers={"Authorization": f"Bearer {token.text}"},
        verify=tls_context(settings),
        timeout=_TIMEOUT,
        trust_env=False,
    )
    try:
        async with client:
            return await objects_of(client, wanted, label)
    except httpx2.HTTPError as error:
        raise PacificError(
            f"the Supervisor {endpoint} cannot be asked what it holds: {error or type(error).__name__}",
            fix="check that it is up, then run the same command again",
        ) from error


async def objects_of(client: httpx2.AsyncClient, namespaces: frozenset[str], label: str) -> list[SupervisorObject]:
    """The same with a client that is logged in already. Raises httpx2.HTTPError."""
    gate = asyncio.Semaphore(_AT_A_TIME)

    async def one(kind: _Listed) -> list[SupervisorObject]:
        async with gate:
            return [found async for found in _objects(client, kind, namespaces, label)]

    lists = await asyncio.gather(*[one(kind) async for kind in _kinds(client)])
    return sorted(
        (found for listed in lists for found in listed), key=lambda one: (one.namespace, one.group, one.kind, one.name)
    )


async def _kinds(client: httpx2.AsyncClient) -> AsyncIterator[_Listed]:
    """Kinds that lie in namespaces and can be listed, each in its group's preferred version."""
    roots = [("", "v1", "/api/v1")]
    for group in (await _get(client, "/apis") or {}).get("groups", []):
        version = group["preferredVersion"]["version"]
        roots.append((group["name"], version, f"/apis/{group['name']}/{version}"))
    for group, version, root in roots:
        for resource in (await _get(client, root) or {}).get("resources", []):
            listed = "list" in resource.get("verbs", ()) and "/" not in resource["name"]
            if resource.get("namespaced") and listed:
                yield _Listed(group, version, resource["kind"], resource["name"])


async def _objects(
    client: httpx2.AsyncClient, kind: _Listed, namespaces: frozenset[str], label: str
) -> AsyncIterator[SupervisorObject]:
    everywhere = [one async for one in _list(client, kind, f"{kind.root}/{kind.plural}", label)]
    if everywhere != [None]:
        for found in everywhere:
            if found is not None and found.namespace in namespaces:
                yield found
        return
    for namespace in sorted(namespaces):
        async for found in _list(client, kind, f"{kind.root}/namespaces/{quote(namespace)}/{kind.plural}", label):
            if found is not None:
                yield found


async def _list(
    client: httpx2.AsyncClient, kind: _Listed, path: str, label: str
) -> AsyncIterator[SupervisorObject | None]:
    """The objects at ``path``, page by page; a single None where they may not be listed there."""
    after = ""
    while True:
        query = {"labelSelector": label, "limit": _PAGE, **({"continue": after} if after else {})}
        answer = await _get(client, path, query)
        if answer is None:
            yield None
            return
        for found in _read(kind, answer):
            yield found
        after = answer.get("metadata", {}).get("continue") or ""
        if not after:
            return


def _read(kind: _Listed, answer: Mapping[str, Any]) -> Iterator[SupervisorObject]:
    for item in answer.get("items") or ():
        metadata = item["metadata"]
        yield SupervisorObject(
            kind.group,
            kind.version,
            kind.kind,
            metadata.get("namespace", ""),
            metadata["name"],
            metadata.get("annotations") or {},
            any(owner.get("controller") for owner in metadata.get("ownerReferences") or ()),
        )


async def _get(client: httpx2.AsyncClient, path: str, query: Mapping[str, str] | None = None) -> Any:
    """The decoded answer; None where the user may not ask or there is no such list."""
    response = await client.get(
        path, params=dict(query or {}), headers={"Accept": f"{_METADATA_ONLY},application/json"}
    )
    if response.status_code in (403, 404, 405):
        return None
    response.raise_for_status()
    return response.json()
