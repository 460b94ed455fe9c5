"""Objects of others in a namespace that carry the label by which a new workload's Service, budget and network policy
select its pods: each would select the pods of both. Documents of one estate are compared in the graph.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pacific_infra.converge.rendering import RenderedResource
from pacific_infra.provider.ownership import Owner
from pacific_infra.vcenter.contents import NAME_LABEL, STACK_ANNOTATION, owner_text
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.kubernetes_refusal import KubernetesRefusal

_SELECTING = (
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("batch/v1", "CronJob"),
    ("batch/v1", "Job"),
    ("v1", "Service"),
)
"""Kinds that have pods, or select them, by API version."""
_INSTANCE = "app.kubernetes.io/instance"
_WORKLOADS = frozenset(f"kubernetes:{version}:{kind}" for version, kind in _SELECTING if kind != "Service")
Placed = tuple[str, RenderedResource]
"""A resource with its namespace."""


async def metadata_of(
    api: KubernetesAPI, api_version: str, kind: str, namespace: str | None, label: str | None = None
) -> dict[str, Mapping[str, Any]]:
    """Metadata by name of the objects of a kind, with ``label`` where it is said; empty where the user may not list
    them.
    """
    try:
        items = await api.list(api_version, kind, namespace, label_selector=label, metadata_only=True)
    except KubernetesRefusal as refusal:
        if refusal.of_listing:
            return {}  # the write shows whether it is allowed
        raise
    return {str(item["metadata"]["name"]): item["metadata"] for item in items}


async def labelled_alike(
    api: KubernetesAPI, objects: Sequence[Placed], stack: Owner, recorded: Collection[tuple[str, str, str, str]]
) -> list[tuple[RenderedResource, str]]:
    """Each new workload among ``objects`` with what others have that carries its label, in words.

    ``stack``: whose the objects are. ``recorded``: what it has recorded, as ``orphans.recorded_objects``. Raises as
    KubernetesAPI.
    """
    workloads = [
        (namespace, resource)
        for namespace, resource in objects
        if resource.operation == "create" and resource.type in _WORKLOADS and _is_selected_by_name(resource)
    ]
    places = [(namespace, *kind) for namespace in {namespace for namespace, _ in workloads} for kind in _SELECTING]
    lists = await asyncio.gather(
        *(metadata_of(api, version, kind, namespace, NAME_LABEL) for namespace, version, kind in places)
    )
    alike: dict[tuple[str, str], str] = {}
    for (namespace, version, kind), by_name in zip(places, lists, strict=True):
        judged = {
            str(resource.inputs["metadata"]["name"])
            for place, resource in objects
            if place == namespace and resource.inputs["kind"] == kind
        }
        for name, metadata in _of_others(by_name, stack):
            if name not in judged and (version.rpartition("/")[0], kind, namespace, name) not in recorded:
                owner = owner_text((metadata.get("annotations") or {}).get(STACK_ANNOTATION))
                alike.setdefault((namespace, _label_of(metadata)), f"{kind} {namespace}/{name} {owner}")
    return [
        (resource, alike[namespace, label])
        for namespace, resource in workloads
        if (namespace, label := _label_of(resource.inputs["metadata"])) in alike
    ]


def _of_others(by_name: Mapping[str, Mapping[str, Any]], stack: Owner) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, metadata in by_name.items():
        controlled = any(owner.get("controller") for owner in metadata.get("ownerReferences") or ())
        if not controlled and (metadata.get("annotations") or {}).get(STACK_ANNOTATION) != stack.name:
            yield name, metadata


def _is_selected_by_name(resource: RenderedResource) -> bool:
    """Whether its pods are selected by that label alone, as those of components are; manifests of others add more."""
    labels = resource.inputs["metadata"].get("labels") or {}
    return NAME_LABEL in labels and _INSTANCE not in labels


def _label_of(metadata: Mapping[str, Any]) -> str:
    return str((metadata.get("labels") or {}).get(NAME_LABEL) or "")
