"""What holds data is not to go by accident."""

from collections.abc import Iterator

from pacific_infra.documents import CrxWorkload, Document, Estate, Namespace, VirtualMachine, WorkloadCluster
from pacific_infra.plan.policy.rule import Rule, Violation


def _protected(document: Document, estate: Estate) -> Iterator[Violation]:
    holds_data = isinstance(document, Namespace | VirtualMachine | WorkloadCluster) or (
        isinstance(document, CrxWorkload) and any(volume.claim is not None for volume in document.spec.volumes)
    )
    policy = getattr(document.spec, "deletion_policy", None)
    if holds_data and policy == "Delete":
        what = "its data goes with the document"
        yield Violation(("spec", "deletionPolicy"), policy, what, "remove deletionPolicy: Retain is the default")


DATA_RULES = (
    Rule(
        "protected-data",
        "warning",
        "what holds data is kept when its document is removed",
        "a document is removed more easily than its data is made again",
        _protected,
    ),
)
