"""Hands a StatefulSet's claim templates from the field manager of an earlier version of ours to the present one.

Templates cannot change, so the program ignores them, and Pulumi's Kubernetes provider leaves out what is ignored and
another manager's. It then takes the earlier manager off the object, and with it the last one that has the templates:
the server refuses that. A manager that has them already keeps them.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pacific_infra.converge.claims import STATEFUL_SET, Recorded
from pacific_infra.converge.dry_run import FIELD_MANAGER
from pacific_infra.converge.rendering import RenderedResource
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI

TEMPLATES = "volumeClaimTemplates"


def to_hand_over(rendered: Iterable[RenderedResource], recorded: Mapping[str, Recorded]) -> list[RenderedResource]:
    """The StatefulSets with claims whose field manager changes with this run. ``recorded``: by URN."""
    return [
        resource
        for resource in rendered
        if resource.type == STATEFUL_SET
        and resource.inputs["spec"].get(TEMPLATES)
        and (before := recorded.get(resource.urn)) is not None
        and manager_of(before.get("inputs") or {}) != manager_of(resource.inputs)
    ]


def manager_of(inputs: Mapping[str, Any]) -> str:
    """The field manager that an object's annotation names; empty where it has none."""
    return str(((inputs.get("metadata") or {}).get("annotations") or {}).get(FIELD_MANAGER) or "")


async def hand_over(resources: Sequence[RenderedResource], logins: Mapping[str, Mapping[str, Any]]) -> None:
    """Have the present field manager own the templates as they are. ``logins``: kubeconfigs by provider.

    Raises KubernetesRefusal and KubernetesUnreachable.
    """
    by_provider: dict[str, list[RenderedResource]] = {}
    for resource in resources:
        if resource.provider in logins:
            by_provider.setdefault(resource.provider, []).append(resource)
    for provider, alike in by_provider.items():
        async with KubernetesAPI.of_kubeconfig(logins[provider]) as api:
            await asyncio.gather(*(take_templates(api, resource) for resource in alike))


async def take_templates(api: KubernetesAPI, resource: RenderedResource) -> None:
    """Apply the actual templates of one StatefulSet; nothing where it does not exist."""
    metadata = resource.inputs["metadata"]
    name, namespace = str(metadata["name"]), str(metadata["namespace"])
    live = await api.get("apps/v1", "StatefulSet", name, namespace)
    if live is None or not live["spec"].get(TEMPLATES):
        return
    templates = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        # By the UID the server refuses it where another one has got the name since.
        "metadata": {"name": name, "namespace": namespace, "uid": live["metadata"]["uid"]},
        "spec": {TEMPLATES: live["spec"][TEMPLATES]},
    }
    await api.apply(templates, field_manager=manager_of(resource.inputs), force=True)
