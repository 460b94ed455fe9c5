"""Autoscalers that go while their workload stays, from what the state records. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.documents import CrxWorkload, Estate
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
    """Raises PacificErrors for workloads that would fall to one pod, since nothing says how many stay."""
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
    if problems:
        raise PacificErrors(problems)
