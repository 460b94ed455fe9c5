"""How namespaces bound what is in them, and who may do what in them."""

from collections.abc import Iterator

from pacific_infra.documents import Estate, Namespace
from pacific_infra.plan.policy.rule import Rule, Violation, only_for


def _pod_security(namespace: Namespace, estate: Estate) -> Iterator[Violation]:
    if namespace.spec.pod_security != "restricted":
        problem = "pods may do more than the standard restricted allows"
        yield Violation(("spec", "podSecurity"), namespace.spec.pod_security, problem, "set podSecurity: restricted")


def _network(namespace: Namespace, estate: Estate) -> Iterator[Violation]:
    if namespace.spec.network_policy != "deny-by-default":
        problem = "everybody may reach every pod"
        yield Violation(("spec", "networkPolicy"), namespace.spec.network_policy, problem, "set deny-by-default")


def _limited(namespace: Namespace, estate: Estate) -> Iterator[Violation]:
    missing = [name for name in ("cpu", "memory", "storage") if getattr(namespace.spec.limits, name) is None]
    if missing:
        problem = f"it may use as much {' and '.join(missing)} as there is"
        yield Violation(("spec", "limits"), None, problem, f"add {', '.join(missing)} to spec.limits")


NAMESPACE_RULES = (
    Rule(
        "pod-security",
        "error",
        "namespaces enforce the Pod Security Standard restricted",
        "the standard is what keeps one tenant from the host and from others",
        only_for(Namespace, _pod_security),
    ),
    Rule(
        "default-deny",
        "error",
        "namespaces let in only what is named",
        "a pod that is broken into must not reach all others",
        only_for(Namespace, _network),
    ),
    Rule(
        "namespace-limits",
        "error",
        "namespaces have CPU, memory and storage limits",
        "one team must not use up what all share",
        only_for(Namespace, _limited),
    ),
)


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
