"""What several replicas are good for."""

from collections.abc import Iterator

from pacific_infra.documents import Document, Estate
from pacific_infra.plan.policy.rule import Rule, Violation


def _budget(document: Document, estate: Estate) -> Iterator[Violation]:
    pods = document.pods
    if pods is not None and pods.count > 1 and document.service is not None and not pods.some_must_stay:
        problem = "a host's maintenance may take all of its pods away at one time"
        yield Violation(("spec",), None, problem, "add disruptionBudget: {minAvailable: 1} or more")


AVAILABILITY_RULES = (
    Rule(
        "disruption-budget",
        "warning",
        "what has several replicas says how many must stay",
        "without it draining a host may end all of them together",
        _budget,
    ),
)
