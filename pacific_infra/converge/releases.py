"""Releases of workload clusters that go back, or on by more than one minor version, from what the state records. Pure.

Their API server refuses these too (core/webhooks/admission/cluster.go of sigs.k8s.io/cluster-api). Here it is said
before anything else of the run has been done, where the server could not be asked yet as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.documents import Document, Estate
from pacific_infra.documents.kubernetes_release import is_form_of, order_of
from pacific_infra.documents.machine_pools import CLUSTERS
from pacific_infra.errors import PacificError, PacificErrors

Recorded: TypeAlias = Mapping[str, Any]
"""A resource as ``pulumi stack export`` writes it."""


def recorded_clusters(resources: Sequence[Recorded], estate: Estate) -> Iterator[tuple[Document, Recorded]]:
    """The recorded Cluster of each document that has one."""
    finder = NodeFinder()
    for resource in resources:
        if resource["type"] in CLUSTERS and not resource.get("delete"):
            document = estate.by_id.get(finder.node(resource["urn"], resource.get("parent")) or "")
            if document is not None and document.kubernetes_release is not None:
                yield document, resource


def topology_of(resource: Recorded, side: str) -> Mapping[str, Any]:
    """The topology of a recorded Cluster, on the side ``inputs`` or ``outputs``; empty where it has none."""
    topology: Mapping[str, Any] = ((resource.get(side) or {}).get("spec") or {}).get("topology") or {}
    return topology


def check_releases(resources: Sequence[Recorded], estate: Estate) -> None:
    """Raises PacificErrors for each release to which its cluster cannot be brought. ``resources``: the stack's."""
    errors: list[PacificError] = []
    for document, resource in recorded_clusters(resources, estate):
        release = str(document.kubernetes_release)
        stored = topology_of(resource, "outputs").get("version") or topology_of(resource, "inputs").get("version")
        if isinstance(stored, str) and not is_form_of(release, stored):
            errors += _errors(document, release, stored)
    if errors:
        raise PacificErrors(errors)


def _errors(document: Document, release: str, stored: str) -> Iterator[PacificError]:
    target, current = order_of(release), order_of(stored)
    problem = ""
    if target < current:
        problem = "a cluster does not go back to an earlier release"
    elif target.minor > current.minor + 1:
        problem = "a cluster is upgraded by one minor version at a time"
    if problem:
        yield PacificError(
            f"{document.id}: {problem}",
            place=document.place(("spec", "version")),
            value=release,
            allowed=f"{stored}, or a later release up to v1.{current.minor + 1}",
        )
