"""What containers are to say and keep."""

from collections.abc import Iterator

from pacific_infra.documents import Document, Estate, Namespace
from pacific_infra.plan.policy.rule import Rule, Violation

_RESTRICTED_CAPABILITIES = {"NET_BIND_SERVICE"}


def _image_tag(document: Document, estate: Estate) -> Iterator[Violation]:
    for path, container in document.containers():
        _, _, digest = container.image.partition("@")
        _, colon, tag = container.image.rpartition("/")[2].partition(":")
        if digest:
            continue
        if not colon or tag == "latest":
            problem = f"the image of {container.name} has no fixed tag"
            fix = "name a version, or the digest: name@sha256:..."
            yield Violation((*path, "image"), container.image, problem, fix)


def _limits(document: Document, estate: Estate) -> Iterator[Violation]:
    namespace = estate.get(f"Namespace/{document.namespace}", Namespace)
    defaults = namespace.spec.defaults if namespace is not None else None
    for path, container in document.containers():
        for name in ("cpu", "memory"):
            limit = getattr(container.resources.limits, name)
            if limit is None and getattr(defaults, f"{name}_limit", None) is None:
                problem = f"{container.name} may use as much {name} as there is"
                yield Violation((*path, "resources"), None, problem, f"add resources.limits.{name}")


def _restricted(document: Document, estate: Estate) -> Iterator[Violation]:
    for path, container in document.containers():
        context = container.security_context
        where = (*path, "securityContext")
        if not context.run_as_non_root or context.run_as_user == 0:
            yield Violation(where, "root", f"{container.name} may run as root", "set runAsNonRoot: true")
        if context.allow_privilege_escalation:
            problem = f"the processes of {container.name} may gain rights"
            yield Violation(where, True, problem, "remove allowPrivilegeEscalation")
        forbidden = sorted(set(context.capabilities.add) - _RESTRICTED_CAPABILITIES)
        if forbidden:
            problem = f"{container.name} keeps more than NET_BIND_SERVICE"
            yield Violation(where, ", ".join(forbidden), problem, "remove them from capabilities.add")


def _readiness(document: Document, estate: Estate) -> Iterator[Violation]:
    pods = document.pods
    if pods is None or document.service is None:
        return
    if not any(container.readiness_probe for container in pods.containers):
        problem = "its service sends requests to pods that may not be ready"
        yield Violation(("spec", "containers", 0), None, problem, "add a readinessProbe")


CONTAINER_RULES = (
    Rule(
        "image-tag",
        "error",
        "images have a fixed version",
        "what runs must not change without a change of a document",
        _image_tag,
    ),
    Rule(
        "limits",
        "error",
        "every container has CPU and memory limits",
        "they size the pod's machine, and one workload must not starve the others",
        _limits,
    ),
    Rule(
        "restricted",
        "error",
        "containers keep the Pod Security Standard restricted",
        "a process that is broken into must not gain more",
        _restricted,
    ),
    Rule(
        "readiness",
        "warning",
        "what has a service says when it is ready",
        "a rollout else sends requests to pods that have just started",
        _readiness,
    ),
)
