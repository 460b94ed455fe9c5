"""Limits of external namespaces as the Kubernetes of their Supervisor has them, for stacks that do not ask vCenter."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pacific_infra.converge.external import OF_STORAGE_CLASS, listed
from pacific_infra.documents import Estate, ExternalNamespace, NamespaceSpec
from pacific_infra.documents.namespace import Limits, NamespaceStoragePolicy, ObjectCounts
from pacific_infra.plan.capacity.external import LookedUp
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI, Object

_UNLIMITED = str(2**63 - 1)
"""What a Supervisor writes where a storage policy has no limit."""
COUNTS = {
    "count/pods": "pods",
    "pods": "pods",
    "count/services": "services",
    "count/deployments.apps": "deployments",
    "count/daemonsets.apps": "daemon_sets",
    "count/replicasets.apps": "replica_sets",
    "count/replicationcontrollers": "replication_controllers",
    "count/statefulsets.apps": "stateful_sets",
    "count/configmaps": "config_maps",
    "count/secrets": "secrets",
    "count/persistentvolumeclaims": "persistent_volume_claims",
    "count/jobs.batch": "jobs",
}
"""Names of object counts in a ResourceQuota: kubernetes.io/docs/concepts/policy/resource-quotas."""


async def read_quotas(estate: Estate, kubeconfigs: Mapping[str, Mapping[str, Any]]) -> LookedUp:
    """Storage and object counts of the external namespaces on the Supervisors of ``kubeconfigs``, by name. Raises
    PacificError where a Supervisor cannot be asked.
    """
    external = [document for document in estate.of(ExternalNamespace) if document.spec.supervisor in kubeconfigs]
    specs = await asyncio.gather(*(_read(kubeconfigs[document.spec.supervisor], document) for document in external))
    pairs = zip(external, specs, strict=True)
    return LookedUp({document.name: spec for document, spec in pairs if spec is not None}, without_cpu_and_memory=True)


async def _read(kubeconfig: Mapping[str, Any], document: ExternalNamespace) -> NamespaceSpec | None:
    async with KubernetesAPI.of_kubeconfig(kubeconfig) as api:
        quotas = await listed(api, "v1", "ResourceQuota", document.name)
    return None if quotas is None else limits_of(document, quotas)


def limits_of(document: ExternalNamespace, quotas: Iterable[Object]) -> NamespaceSpec:
    """What the quotas of a namespace limit; of two limits of one resource the lower one is not looked for."""
    hard = {name: str(value) for quota in quotas for name, value in _hard(quota) if str(value) != _UNLIMITED}
    counts = {field: int(hard[name]) for name, field in COUNTS.items() if name in hard}
    policies = [
        NamespaceStoragePolicy(name=name.removesuffix(OF_STORAGE_CLASS), limit=value)
        for name, value in sorted(hard.items())
        if name.endswith(OF_STORAGE_CLASS)
    ]
    return NamespaceSpec(
        supervisor=document.spec.supervisor,
        limits=Limits(storage=hard.get("requests.storage")),
        object_counts=ObjectCounts(**counts),
        storage_policies=tuple(policies),
    )


def _hard(quota: Object) -> Iterator[tuple[str, Any]]:
    yield from ((quota.get("spec") or {}).get("hard") or {}).items()
