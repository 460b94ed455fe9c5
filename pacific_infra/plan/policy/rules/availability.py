"""What several replicas are good for."""

from collections.abc import Iterator

from pacific_infra.documents import CrxWorkload, Document, Estate
from pacific_infra.plan.policy.rule import Rule, Violation


def _budget(document: Document, estate: Estate) -> Iterator[Violation]:
    if isinstance(document, CrxWorkload) and not document.spec.is_job:
        spec = document.spec
        if spec.most_pods > 1 and spec.service is not None and spec.disruption_budget is None:
            what = "a host's maintenance may take all of its pods away at one time"
            yield Violation(("spec",), None, what, "add disruptionBudget: {minAvailable: 1} or more")


AVAILABILITY_RULES = (
    Rule(
        "disruption-budget",
        "warning",
        "what has several replicas says how many must stay",
        "without it draining a host may end all of them together",
        _budget,
    ),
)
