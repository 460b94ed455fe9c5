"""What a document's ``podTemplate`` adds to the pods that are made of it: what is wrong with it, and its containers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pacific_infra.documents.container import Capabilities, Container, ResourceAmounts, Resources, SecurityContext
from pacific_infra.documents.kubernetes_api import DIRECTIVE, is_own_kind
from pacific_infra.documents.probe import Probe
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.source import Path
from pacific_infra.documents.strategic_merge import merge_keys_of, merged

TYPE = "api.core.v1.PodTemplateSpec"
NAME_LABEL = "app.kubernetes.io/name"
"""The label by which services, policies and budgets select the pods."""
CONTAINER_FIELDS = ("containers", "initContainers")
POD_PATHS: Mapping[str, Sequence[str]] = {
    "Deployment": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "ReplicaSet": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    "Pod": ("spec",),
}
"""Where the pod's specification lies in objects of each kind."""
_MERGE_KEYS = merge_keys_of("api.core.v1.PodSpec")


def template_problems(template: Mapping[str, Any], declared: Mapping[str, Sequence[Container]]) -> Iterator[Problem]:
    """What a Supervisor would refuse of it, or the plan could not count; its types are right already.

    ``declared``: the document's containers by ``CONTAINER_FIELDS``.
    """
    if NAME_LABEL in ((template.get("metadata") or {}).get("labels") or {}):
        path = ("metadata", "labels", NAME_LABEL)
        yield Problem("services and policies select pods by this label", path, fix="remove it")
    spec = template.get("spec") or {}
    for index, volume in enumerate(spec.get("volumes") or ()):
        if volume.get("hostPath"):
            problem = "a vSphere Pod has no volumes of its host"
            yield Problem(problem, ("spec", "volumes", index, "hostPath"), fix="use a claim, or emptyDir")
    for field in CONTAINER_FIELDS:
        names = {container.name for container in declared[field]}
        for index, container in enumerate(spec.get(field) or ()):
            yield from _container_problems(container, names, ("spec", field, index))


def _container_problems(container: Mapping[str, Any], names: set[str], path: Path) -> Iterator[Problem]:
    name = container.get("name")
    if container.get(DIRECTIVE) == "delete":
        yield Problem("podTemplate cannot remove a container", path, name, fix="remove it from containers")
    elif name not in names and not container.get("image"):
        problem = "the container has no image, and the document has no container of this name"
        yield Problem(problem, (*path, "name"), name, ", ".join(sorted(names)), "add image")
    if (container.get("securityContext") or {}).get("privileged"):
        yield Problem("a vSphere Pod has no privileged containers", (*path, "securityContext", "privileged"), True)


def pod_path(manifest: Mapping[str, Any]) -> Path | None:
    """Where an object has the specification of its pods; None where it has none."""
    known = is_own_kind(str(manifest["apiVersion"]), str(manifest["kind"]))
    return tuple(POD_PATHS[manifest["kind"]]) if known and manifest["kind"] in POD_PATHS else None


def merged_containers(
    field: str, declared: Sequence[Container], template: Mapping[str, Any] | None
) -> Iterator[tuple[Path, Container]]:
    """The containers of the pods, each with its place in ``spec``: the document's, then those that ``template`` adds.

    ``field``: one of ``CONTAINER_FIELDS``.
    """
    spec = (template or {}).get("spec") or {}
    patches = {patch["name"]: ((field, index), patch) for index, patch in enumerate(spec.get(field) or ())}
    pod = merged({"securityContext": {"runAsNonRoot": True}}, spec, _MERGE_KEYS)
    for index, container in enumerate(declared):
        _, patch = patches.pop(container.name, ((), None))
        yield (field, index), container if patch is None else _patched(container, patch, pod)
    for place, patch in patches.values():
        yield ("podTemplate", "spec", *place), container_of(patch, pod)


def _patched(container: Container, patch: Mapping[str, Any], pod: Mapping[str, Any]) -> Container:
    fields = {"image", "resources", "security_context"}
    held = container.model_dump(by_alias=True, exclude_none=True, include=fields)
    both = container_of(merged(held, patch, merge_keys_of("api.core.v1.Container")), pod)
    probed = {} if both.readiness_probe is None else {"readiness_probe": both.readiness_probe}
    return container.model_copy(update={name: getattr(both, name) for name in fields} | probed)


def container_of(container: Mapping[str, Any], pod: Mapping[str, Any]) -> Container:
    """A container of Kubernetes as rules and capacity see those of documents. Nothing is validated.

    What it does not say has Kubernetes' meaning, not a document's: it may be root where it does not say that it is not.
    """
    context, shared = _object(container, "securityContext"), _object(pod, "securityContext")
    resources = _object(container, "resources")
    return Container.model_construct(
        name=container.get("name") or "",
        image=container.get("image") or "",
        restart_policy=container.get("restartPolicy"),
        readiness_probe=Probe.model_construct() if container.get("readinessProbe") else None,
        resources=Resources.model_construct(
            requests=_amounts(_object(resources, "requests")), limits=_amounts(_object(resources, "limits"))
        ),
        security_context=SecurityContext.model_construct(
            run_as_non_root=bool(context.get("runAsNonRoot", shared.get("runAsNonRoot", False))),
            run_as_user=context.get("runAsUser", shared.get("runAsUser")),
            allow_privilege_escalation=bool(context.get("allowPrivilegeEscalation", True)),
            capabilities=Capabilities.model_construct(add=tuple(_object(context, "capabilities").get("add") or ())),
        ),
    )


def _amounts(amounts: Mapping[str, Any]) -> ResourceAmounts:
    """Amounts as documents have them: text, where Kubernetes takes numbers too."""
    cpu, memory = (None if amounts.get(name) is None else str(amounts[name]) for name in ("cpu", "memory"))
    return ResourceAmounts.model_construct(cpu=cpu, memory=memory)


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, Mapping) else {}
