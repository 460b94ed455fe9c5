"""The contents of a Supervisor or namespace and their owners. They are deleted together with it."""

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.namespaces import list_namespaces, read_namespace
from pacific_infra.vcenter.supervisor_objects import SupervisorObject

SHOWN = 10
"""Names in one message; the rest is counted."""
STACK_ANNOTATION = "pacific.infra/stack"
"""Annotation of a Kubernetes object that names its owner: PROJECT/STACK."""
NAME_LABEL = "app.kubernetes.io/name"
"""Label of a workload, its pods and its claims, with its name."""
_MADE_BY = "app.kubernetes.io/managed-by"
_VCENTER = "wcp"
"""Value of the label on what vCenter puts into a namespace."""
_GROUPS = re.compile(
    r"metrics\.k8s\.io|events\.k8s\.io|coordination\.k8s\.io|discovery\.k8s\.io"
    r"|(cns|nsx|crd\.nsx|netoperator|imageregistry|appplatform|psp\.wcp|licenseoperator|iaas)\.vmware\.com"
    r"|(topology|run|data|core)\.tanzu\.vmware\.com"
)
"""API groups of what VMware's and Kubernetes' own controllers keep in namespaces, by whole names."""
_KINDS = frozenset(
    {
        *(("", kind) for kind in ("Endpoints", "Event", "LimitRange", "ResourceQuota")),
        *(
            ("vmoperator.vmware.com", kind)
            for kind in (
                "ContentSourceBinding",
                "VirtualMachineClass",
                "VirtualMachineClassBinding",
                "VirtualMachineClassInstance",
                "VirtualMachineImage",
                "VirtualMachineImageCache",
            )
        ),
    }
)
"""The same, single kinds."""
_NAMES = (
    ("ServiceAccount", r"default"),
    ("ConfigMap", r"kube-root-ca\.crt|istio-ca-root-cert"),
    ("Secret", r"default-token-\w+|.*-default-image-(pull|push)-secret"),
    ("RoleBinding", r"wcp:.*|vmware-system-.*|psp:.*"),
    ("Role", r"vmware-system-.*"),
    ("NetworkPolicy", r"wcp-.*"),
)
"""The same, by kind and name, as Kubernetes and vSphere 8 and 9 give them."""


def is_made_by_system(item: SupervisorObject) -> bool:
    """Whether vCenter, Kubernetes or another object has created it, so its deletion with the namespace is harmless."""
    if item.controlled or item.labels.get(_MADE_BY) == _VCENTER:
        return True
    if _GROUPS.fullmatch(item.group) or (item.group, item.kind) in _KINDS:
        return True
    return any(item.kind == kind and re.fullmatch(names, item.name) for kind, names in _NAMES)


def foreign_objects(
    objects: Iterable[SupervisorObject], stack: str, recorded: Iterable[tuple[str, str, str, str]] = ()
) -> Iterator[SupervisorObject]:
    """The objects that are neither of ``stack`` (PROJECT/STACK), nor made by the system.

    ``recorded``: group, kind, namespace and name of objects that are the stack's by its record, imported ones too.
    """
    items, recorded_keys = list(objects), frozenset(recorded)
    sets = {
        (item.namespace, item.name)
        for item in items
        if item.kind == "StatefulSet" and item.annotations.get(STACK_ANNOTATION) == stack
    }
    for item in items:
        is_owned = item.annotations.get(STACK_ANNOTATION) == stack
        if is_owned or (item.group, item.kind, item.namespace, item.name) in recorded_keys or is_made_by_system(item):
            continue
        name = item.labels.get(NAME_LABEL, "")
        is_claim = item.kind == "PersistentVolumeClaim" and (item.namespace, name) in sets
        if is_claim and re.fullmatch(rf".+-{re.escape(name)}-\d+", item.name):
            continue  # of a replica
        yield item


def foreign_texts(
    objects: Iterable[SupervisorObject], stack: str, recorded: Iterable[tuple[str, str, str, str]] = ()
) -> list[str]:
    """The same as texts: ``Secret login of PROJECT/STACK``."""
    foreign = foreign_objects(objects, stack, recorded)
    return [f"{item.kind} {item.name} {owner_text(item.annotations.get(STACK_ANNOTATION))}" for item in foreign]


def owner_text(owner: str | None) -> str:
    """``of PROJECT/STACK`` as messages have it."""
    return f"of {owner}" if owner else "without a known owner"


def deletion_refusal(subject: str, foreign: Sequence[str]) -> PacificError:
    """Why ``subject``, such as ``the namespace shop``, is not deleted. ``foreign``: objects of other owners in it."""
    more = [f"and {len(foreign) - SHOWN} more"] if len(foreign) > SHOWN else []
    return PacificError(
        f"{subject} is not deleted, because it contains objects that this stack does not own",
        value=", ".join([*foreign[:SHOWN], *more]),
        fix="ask their owners to remove them, or import them into this stack first",
    )


async def namespaces_on(client: VCenterClient, supervisor: str) -> dict[str, dict[str, Any]]:
    """``Instances.InfoV2`` of each namespace on a Supervisor, by name; those that are being removed are left out."""
    names = sorted(await list_namespaces(client))
    infos = await asyncio.gather(*(read_namespace(client, name) for name in names))
    return {
        name: info
        for name, info in zip(names, infos, strict=True)
        if info is not None and info.get("supervisor") == supervisor and info.get("config_status") != "REMOVING"
    }
