"""What containers are to say and keep."""

from collections.abc import Iterator

from pacific_infra.documents import Controller, CrxWorkload, Document, Estate, Function, Namespace
from pacific_infra.documents.container import Container
from pacific_infra.documents.source import Path
from pacific_infra.plan.policy.rule import Rule, Violation

_RESTRICTED_CAPABILITIES = {"NET_BIND_SERVICE"}


def _containers(document: Document) -> Iterator[tuple[Path, Container]]:
    if isinstance(document, CrxWorkload):
        for field, containers in (
            ("containers", document.spec.containers),
            ("initContainers", document.spec.init_containers),
        ):
            for index, container in enumerate(containers):
                yield ("spec", field, index), container
    elif isinstance(document, Controller):
        for index, container in enumerate(document.spec.containers):
            yield ("spec", "containers", index), container
    elif isinstance(document, Function):
        yield ("spec", "container"), document.spec.container


def _image_tag(document: Document, estate: Estate) -> Iterator[Violation]:
    for path, container in _containers(document):
        _, _, digest = container.image.partition("@")
        _, colon, tag = container.image.rpartition("/")[2].partition(":")
        if digest:
            continue
        if not colon or tag == "latest":
            what = f"the image of {container.name} has no fixed tag"
            fix = "name a version, or the digest: name@sha256:..."
            yield Violation((*path, "image"), container.image, what, fix)


def _limits(document: Document, estate: Estate) -> Iterator[Violation]:
    namespace = estate.by_id.get(f"Namespace/{document.namespace}")
    defaults = namespace.spec.defaults if isinstance(namespace, Namespace) else None
    for path, container in _containers(document):
        for name in ("cpu", "memory"):
            own = getattr(container.resources.limits, name)
            if own is None and getattr(defaults, f"{name}_limit", None) is None:
                what = f"{container.name} may use as much {name} as there is"
                yield Violation((*path, "resources"), None, what, f"add resources.limits.{name}")


def _restricted(document: Document, estate: Estate) -> Iterator[Violation]:
    for path, container in _containers(document):
        context = container.security_context
        where = (*path, "securityContext")
        if not context.run_as_non_root or context.run_as_user == 0:
            yield Violation(where, "root", f"{container.name} may run as root", "set runAsNonRoot: true")
        if context.allow_privilege_escalation:
            what = f"the processes of {container.name} may gain rights"
            yield Violation(where, True, what, "remove allowPrivilegeEscalation")
        extra = sorted(set(context.capabilities.add) - _RESTRICTED_CAPABILITIES)
        if extra:
            what = f"{container.name} keeps more than NET_BIND_SERVICE"
            yield Violation(where, ", ".join(extra), what, "remove them from capabilities.add")


def _readiness(document: Document, estate: Estate) -> Iterator[Violation]:
    if not isinstance(document, CrxWorkload) or document.spec.service is None:
        return
    if not any(container.readiness_probe for container in document.spec.containers):
        what = "its service sends requests to pods that may not be ready"
        yield Violation(("spec", "containers", 0), None, what, "add a readinessProbe")


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
