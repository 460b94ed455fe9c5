"""What several replicas are good for, and that what holds data is not to go by accident."""

from collections.abc import Iterator

from pacific_infra.documents import Document, Estate
from pacific_infra.plan.policy.rule import Rule, Violation


def _protected(document: Document, estate: Estate) -> Iterator[Violation]:
    policy = document.deletion_policy
    if document.holds_data and policy == "Delete":
        problem = "its data goes with the document"
        yield Violation(("spec", "deletionPolicy"), policy, problem, "remove it, since Retain is the default")


DATA_RULES = (
    Rule(
        "protected-data",
        "warning",
        "what holds data is kept when its document is removed",
        "a document is removed more easily than its data is made again",
        _protected,
    ),
)


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
