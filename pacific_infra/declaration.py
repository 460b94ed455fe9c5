"""How documents become resources: with what an estate is declared, and who declares it.

The components do, and they are built on this package. So they are not imported here, but found by the entry point
``declare_estate`` of the group ``pacific_infra.components``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

import pulumi

from pacific_infra.graph import DependencyGraph
from pacific_infra.vcenter.kubeconfig_file import KubeconfigFile
from pacific_infra.vcenter.settings import VCenterSettings

DISTRIBUTION = "pacific-infra"
GROUP = "pacific_infra.components"

Secret = Callable[[str], pulumi.Output[str]]
"""Gives the secret that the stack's configuration keeps under a key."""


def configured_secret(key: str) -> pulumi.Output[str]:
    """The secret that the stack's configuration keeps under ``key``, ``name`` or ``namespace:name``."""
    namespace, _, name = key.rpartition(":")
    return (pulumi.Config(namespace) if namespace else pulumi.Config()).require_secret(name)


@dataclass(frozen=True, slots=True)
class ServedCluster:
    """How a Supervisor serves the Cluster of a WorkloadCluster."""

    api_version: str
    """Version of Cluster API in which it is written."""
    keeps_release: bool = False
    """Whether the release that it has is what the Supervisor has made of the document's."""


@dataclass(frozen=True)
class EstateOptions:
    """What an estate is declared with, besides its documents."""

    kubernetes_plugin_version: str | None = None
    """Version of the Kubernetes provider plugin to ask for; None: the SDK's own."""
    wait_timeout: int | None = None
    """Seconds that one create, update or delete at vCenter may take; None: the provider's own."""
    imports: Mapping[str, str] = field(default_factory=dict)
    """Identifiers by document, of what is in vCenter already and is to be taken over."""
    kubeconfig: KubeconfigFile | None = None
    """By which external Supervisors are used; None: by another stack's outputs or the login at vCenter."""
    clusters: Mapping[str, ServedCluster] = field(default_factory=dict)
    """How Supervisors serve Clusters, by document, of those that could be asked."""
    secret: Secret = configured_secret
    """Gives the secret that the stack's configuration keeps under a key."""
    duration: Callable[[str], float] = lambda _node: 1.0
    """Seconds that a node is expected to take: of what can begin, the longest remaining way is declared first."""


def declare_estate(
    graph: DependencyGraph, settings: VCenterSettings | None, options: EstateOptions
) -> Mapping[str, pulumi.Output[Any]]:
    """Declare every document of ``graph`` as resources; returns the stack's outputs.

    ``settings``: None where the stack has no login at vCenter. Raises PacificErrors for documents that need one then.
    """
    points = metadata.distribution(DISTRIBUTION).entry_points
    declare: Callable[..., Mapping[str, pulumi.Output[Any]]] = points.select(group=GROUP)["declare_estate"].load()
    return declare(graph, settings, options)
