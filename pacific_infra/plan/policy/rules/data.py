"""What holds data is not to go by accident."""

from collections.abc import Iterator

from pacific_infra.documents import Document, Estate
from pacific_infra.plan.policy.rule import Rule, Violation


def _protected(document: Document, estate: Estate) -> Iterator[Violation]:
    policy = document.deletion_policy
    if document.holds_data and policy == "Delete":
        problem = "its data goes with the document"
        yield Violation(("spec", "deletionPolicy"), policy, problem, "remove deletionPolicy: Retain is the default")


DATA_RULES = (
    Rule(
        "protected-data",
        "warning",
        "what holds data is kept when its document is removed",
        "a document is removed more easily than its data is made again",
        _protected,
    ),
)
