"""Follows all objects of a kind: a list, then each change, for as long as the caller goes on.

Follows https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes .
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pacific_infra.vcenter.kubernetes_api import KubernetesAPI, Object, Resource
from pacific_infra.vcenter.kubernetes_refusal import KubernetesRefusal

T = TypeVar("T")
_EXPIRED = 410
"""The server has forgotten the version from which a watch would go on."""


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """All that there is; what was known before and is not among them is not there any more."""

    items: list[T]


@dataclass(frozen=True, slots=True)
class Put(Generic[T]):
    """One that is new or changed."""

    item: T


@dataclass(frozen=True, slots=True)
class Removed(Generic[T]):
    """One that is deleted, as it was at last."""

    item: T


async def follow(
    api: KubernetesAPI,
    resource: Resource,
    namespace: str | None,
    reduce: Callable[[Object], T],
    *,
    metadata_only: bool = False,
) -> AsyncIterator[Listed[T] | Put[T] | Removed[T]]:
    """All objects of a namespace or, without one, of all; then every change. It does not end by itself.

    ``reduce``: what is kept of an object, taken page by page, so that many objects are never all in memory. Raises
    PacificError where the server refuses or does not answer.
    """
    version = ""
    while True:
        if not version:
            items, version = await _list(api, resource, namespace, reduce, metadata_only)
            yield Listed(items)
        try:
            async for event in api.watch(resource, namespace, version, metadata_only=metadata_only):
                kind, content = str(event.get("type")), event.get("object") or {}
                if kind == "ERROR":
                    # 410 and everything else: a new list says what is there.
                    version = ""
                    break
                version = str((content.get("metadata") or {}).get("resourceVersion") or version)
                if kind in ("ADDED", "MODIFIED"):
                    yield Put(reduce(content))
                elif kind == "DELETED":
                    yield Removed(reduce(content))
        except KubernetesRefusal as refusal:
            if refusal.status != _EXPIRED:
                raise
            version = ""


async def _list(
    api: KubernetesAPI, resource: Resource, namespace: str | None, reduce: Callable[[Object], T], metadata_only: bool
) -> tuple[list[T], str]:
    items: list[T] = []
    query: dict[str, str] = {}
    while True:
        page = await api.page(resource, namespace, query, metadata_only=metadata_only)
        # Items of a list do not say what they are.
        shared = {"apiVersion": resource.api_version, "kind": resource.kind}
        items += [reduce({**item, **shared}) for item in page.get("items") or ()]
        metadata = page.get("metadata") or {}
        if not metadata.get("continue"):
            return items, str(metadata.get("resourceVersion") or "0")
        query = {"continue": str(metadata["continue"])}
