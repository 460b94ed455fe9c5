"""Autoscalers that go while their workload stays, from what the state records. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.converge.releases import recorded_clusters, topology_of
from pacific_infra.documents import CrxWorkload, Document, Estate
from pacific_infra.documents.machine_pools import NODE_GROUP
from pacific_infra.errors import PacificError, PacificErrors

AUTOSCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
"""Type token of the object."""


@dataclass(frozen=True, slots=True)
class LeavingAutoscaler:
    """An autoscaler that is recorded and no longer declared. It goes before the number of pods is set: it would set
    another one meanwhile.
    """

    urn: str
    document: CrxWorkload
    """The workload that stays."""
    bounds: str
    """Its fewest and most pods, as recorded."""


def leaving_autoscalers(resources: Sequence[Recorded], estate: Estate) -> list[LeavingAutoscaler]:
    """Those among a stack's resources."""
    finder = NodeFinder()
    leaving = []
    for resource in resources:
        node = finder.node(resource["urn"], resource.get("parent"))
        document = estate.get(node or "", CrxWorkload) if resource["type"] == AUTOSCALER else None
        if document is not None and not document.spec.is_job and document.spec.autoscaler is None:
            spec = resource["inputs"]["spec"]
            bounds = f"{int(spec['minReplicas'])} to {int(spec['maxReplicas'])}"
            leaving.append(LeavingAutoscaler(resource["urn"], document, bounds))
    return leaving


def check_autoscalers(resources: Sequence[Recorded], estate: Estate) -> None:
    """Raises PacificErrors for workloads and node pools that would fall to one pod or node, since nothing says how many
    stay.
    """
    problems = [
        PacificError(
            f"{leaving.document.id}: the autoscaler goes, and nothing says how many pods stay: it would be one",
            place=leaving.document.place(("spec",)),
            value=f"an autoscaler of {leaving.bounds} pods",
            fix="add spec.replicas: NUMBER",
        )
        for leaving in leaving_autoscalers(resources, estate)
        if leaving.document.spec.replicas is None
    ]
    for document, resource in recorded_clusters(resources, estate):
        problems += _pools_without_a_number(document, resource)
    if problems:
        raise PacificErrors(problems)


def _pools_without_a_number(document: Document, resource: Recorded) -> Iterator[PacificError]:
    """Node pools of a recorded cluster whose autoscaler goes."""
    bounds = {}
    for recorded in (topology_of(resource, "inputs").get("workers") or {}).get("machineDeployments") or ():
        annotations = (recorded.get("metadata") or {}).get("annotations") or {}
        sizes = [annotations.get(f"{NODE_GROUP}-{end}-size") for end in ("min", "max")]
        if None not in sizes:
            bounds[recorded["name"]] = " to ".join(map(str, sizes))
    for index, pool in enumerate(document.node_pools):
        if pool.name in bounds and pool.autoscaler is None and pool.replicas is None:
            yield PacificError(
                f"{document.id}: the autoscaler of node pool {pool.name} goes, and nothing says how many nodes stay: "
                "it would be one",
                place=document.place(("spec", "nodePools", index)),
                value=f"an autoscaler of {bounds[pool.name]} nodes",
                fix="add replicas: NUMBER",
            )
