"""Roles: as few rights as will do, for groups rather than for persons."""

from collections.abc import Iterator

from pacific_infra.documents import Document, Estate, Namespace
from pacific_infra.plan.policy.rule import Rule, Violation


def _least_privilege(document: Document, estate: Estate) -> Iterator[Violation]:
    if isinstance(document, Namespace):
        for index, access in enumerate(document.spec.access):
            if access.role == "OWNER":
                what = f"{access.subject} may delete the namespace"
                yield Violation(("spec", "access", index, "role"), access.role, what, "set role: EDIT")


def _groups(document: Document, estate: Estate) -> Iterator[Violation]:
    if isinstance(document, Namespace):
        for index, access in enumerate(document.spec.access):
            if access.user is not None and access.role != "VIEW":
                what = f"{access.user} has {access.role} as a person"
                yield Violation(("spec", "access", index), access.user, what, "give the role to a group")


ACCESS_RULES = (
    Rule(
        "least-privilege",
        "error",
        "nobody owns a namespace",
        "the estate makes and deletes namespaces; people work in them",
        _least_privilege,
    ),
    Rule(
        "groups",
        "warning",
        "rights to change go to groups",
        "who leaves a team loses them without a change here",
        _groups,
    ),
)
