"""How namespaces bound what is in them."""

from collections.abc import Iterator

from pacific_infra.documents import Document, Estate, Namespace
from pacific_infra.plan.policy.rule import Rule, Violation


def _pod_security(document: Document, estate: Estate) -> Iterator[Violation]:
    if isinstance(document, Namespace) and document.spec.pod_security != "restricted":
        what = "pods may do more than the standard restricted allows"
        yield Violation(("spec", "podSecurity"), document.spec.pod_security, what, "set podSecurity: restricted")


def _network(document: Document, estate: Estate) -> Iterator[Violation]:
    if isinstance(document, Namespace) and document.spec.network_policy != "deny-by-default":
        what = "everybody may reach every pod"
        yield Violation(("spec", "networkPolicy"), document.spec.network_policy, what, "set deny-by-default")


def _limited(document: Document, estate: Estate) -> Iterator[Violation]:
    if isinstance(document, Namespace):
        missing = [name for name in ("cpu", "memory", "storage") if getattr(document.spec.limits, name) is None]
        if missing:
            what = f"it may use as much {' and '.join(missing)} as there is"
            yield Violation(("spec", "limits"), None, what, f"add {', '.join(missing)} to spec.limits")


NAMESPACE_RULES = (
    Rule(
        "pod-security",
        "error",
        "namespaces enforce the Pod Security Standard restricted",
        "the standard is what keeps one tenant from the host and from others",
        _pod_security,
    ),
    Rule(
        "default-deny",
        "error",
        "namespaces let in only what is named",
        "a pod that is broken into must not reach all others",
        _network,
    ),
    Rule(
        "namespace-limits",
        "error",
        "namespaces have CPU, memory and storage limits",
        "one team must not use up what all share",
        _limited,
    ),
)
