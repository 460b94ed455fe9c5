"""Roles: as few rights as will do, for groups rather than for persons."""

from collections.abc import Iterator

from pacific_infra.documents import Estate, Namespace
from pacific_infra.plan.policy.rule import Rule, Violation, only_for


def _least_privilege(namespace: Namespace, estate: Estate) -> Iterator[Violation]:
    for index, access in enumerate(namespace.spec.access):
        if access.role == "OWNER":
            problem = f"{access.subject} may delete the namespace"
            yield Violation(("spec", "access", index, "role"), access.role, problem, "set role: EDIT")


def _groups(namespace: Namespace, estate: Estate) -> Iterator[Violation]:
    for index, access in enumerate(namespace.spec.access):
        if access.user is not None and access.role != "VIEW":
            problem = f"{access.user} has {access.role} as a person"
            yield Violation(("spec", "access", index), access.user, problem, "give the role to a group")


ACCESS_RULES = (
    Rule(
        "least-privilege",
        "error",
        "nobody owns a namespace",
        "the estate makes and deletes namespaces; people work in them",
        only_for(Namespace, _least_privilege),
    ),
    Rule(
        "groups",
        "warning",
        "rights to change go to groups",
        "who leaves a team loses them without a change here",
        only_for(Namespace, _groups),
    ),
)
