"""Pods and claims of Kubernetes objects as they are, and what a vSphere Namespace does not take of them. Pure.

What a Supervisor refuses and ignores: VMware's published conformance results for vSphere Pods. That privileged
containers are refused is our reading of "node agents do not fit" there.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pacific_infra.documents.capabilities import Pods, VolumeClaim
from pacific_infra.documents.container import Container
from pacific_infra.documents.kubernetes_api import is_own_kind
from pacific_infra.documents.pod_template import CONTAINER_FIELDS, container_of, pod_path
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.source import Path

Manifest = Mapping[str, Any]
_LOGS = ("/var/log/pods", "/var/log/pods/")
_IGNORED = ("hostNetwork", "hostPID", "hostIPC")
_RIGHTS = ("Role", "RoleBinding")


def pods_of(manifest: Manifest) -> Pods | None:
    """The pods that an object runs; None where it runs none. Of a DaemonSet nobody knows how many."""
    path = pod_path(manifest)
    if path is None or manifest["kind"] == "DaemonSet":
        return None
    containers, first = (
        tuple(container for where, container in containers_of(manifest) if where[-2] == field)
        for field in CONTAINER_FIELDS
    )
    return Pods(_count(manifest), containers, first)


def containers_of(manifest: Manifest) -> Iterator[tuple[Path, Container]]:
    """Each container of an object's pods, with its place in the object."""
    path = pod_path(manifest)
    pod = _pod(manifest)
    for field in CONTAINER_FIELDS if path is not None else ():
        for index, container in enumerate(pod.get(field) or ()):
            yield (*(path or ()), field, index), container_of(container, pod)


def claims_of(manifest: Manifest) -> Iterator[VolumeClaim]:
    """Each claim of an object, with paths in the object; the storage policy is the name of its StorageClass."""
    of_replicas = manifest["kind"] == "StatefulSet"
    for path, claim in _claims(manifest):
        yield from _claim(claim, path, _count(manifest) if of_replicas else 1, of_replicas=of_replicas)


def storage_classes_of(manifest: Manifest) -> Iterator[tuple[Path, str]]:
    """The StorageClass of each claim of an object that names one, with its place in the object."""
    for path, claim in _claims(manifest):
        name = _object(claim, "spec").get("storageClassName")
        if isinstance(name, str) and name:
            yield (*path, "spec", "storageClassName"), name


def _claims(manifest: Manifest) -> Iterator[tuple[Path, Manifest]]:
    """The claims that an object is, or that a StatefulSet makes for each replica."""
    if not is_own_kind(manifest["apiVersion"], manifest["kind"]):
        return
    if manifest["kind"] == "PersistentVolumeClaim":
        yield (), manifest
    elif manifest["kind"] == "StatefulSet":
        for index, template in enumerate(_object(manifest, "spec").get("volumeClaimTemplates") or ()):
            yield ("spec", "volumeClaimTemplates", index), template


def refusals(manifest: Manifest) -> Iterator[Problem]:
    """What a Supervisor refuses of an object."""
    pod, path = _pod(manifest), pod_path(manifest) or ()
    for index, volume in enumerate(pod.get("volumes") or ()):
        if volume.get("hostPath") and not _is_of_logs(volume, pod):
            problem = "a vSphere Pod has no volumes of its host"
            allowed = "/var/log/pods, mounted read-only"
            where = (*path, "volumes", index, "hostPath")
            yield Problem(problem, where, _object(volume, "hostPath").get("path"), allowed, "use a claim, or emptyDir")
    for field in CONTAINER_FIELDS:
        for index, container in enumerate(pod.get(field) or ()):
            if _object(container, "securityContext").get("privileged"):
                where = (*path, field, index, "securityContext", "privileged")
                yield Problem("a vSphere Pod has no privileged containers", where, container.get("name"))
    spec = _object(manifest, "spec")
    if manifest["kind"] == "PersistentVolume" and is_own_kind(manifest["apiVersion"], "PersistentVolume"):
        for field in ("hostPath", "local"):
            if spec.get(field):
                problem = "a Supervisor has no volumes of its hosts"
                yield Problem(problem, ("spec", field), fix="use a PersistentVolumeClaim with a storage policy")


def ignored(manifest: Manifest) -> Iterator[tuple[Path, str]]:
    """The fields of an object that a Supervisor takes and does not heed, each with what to write."""
    pod, path = _pod(manifest), pod_path(manifest) or ()
    for field in _IGNORED:
        if pod.get(field):
            yield (*path, field), "remove it"
    for index, container in enumerate(pod.get("containers") or ()):
        for number, port in enumerate(container.get("ports") or ()):
            if port.get("hostPort"):
                yield (*path, "containers", index, "ports", number, "hostPort"), "use a Service"
    service = is_own_kind(manifest["apiVersion"], manifest["kind"]) and manifest["kind"] == "Service"
    if service and _object(manifest, "spec").get("type") == "NodePort":
        yield ("spec", "type"), "write type: LoadBalancer"


def needs_more_than_edit(manifest: Manifest, *, cluster_wide: bool) -> bool:
    """Whether the role EDIT of a namespace, which is Kubernetes' own ClusterRole edit, does not allow to make it."""
    return cluster_wide or (manifest["kind"] in _RIGHTS and is_own_kind(manifest["apiVersion"], manifest["kind"]))


def _pod(manifest: Manifest) -> Manifest:
    part: Manifest = manifest
    path = pod_path(manifest)
    for name in path or ():
        part = _object(part, str(name))
    return {} if path is None else part


def _count(manifest: Manifest) -> int:
    """The most pods that run at a time."""
    spec = _object(manifest, "spec")
    if manifest["kind"] == "Pod":
        return 1
    if manifest["kind"] == "CronJob":
        spec = _object(_object(spec, "jobTemplate"), "spec")
    field = "parallelism" if manifest["kind"] in ("Job", "CronJob") else "replicas"
    count = spec.get(field)
    return count if isinstance(count, int) else 1


def _claim(claim: Manifest, path: Path, count: int, *, of_replicas: bool) -> Iterator[VolumeClaim]:
    spec = _object(claim, "spec")
    size = _object(_object(spec, "resources"), "requests").get("storage")
    policy = spec.get("storageClassName")
    if size is not None and policy:
        where = (*path, "spec", "resources", "requests", "storage")
        name = str(_object(claim, "metadata").get("name"))
        yield VolumeClaim(name, str(size), policy, where, count, of_replicas)


def _is_of_logs(volume: Manifest, pod: Manifest) -> bool:
    mounts = [
        mount
        for field in CONTAINER_FIELDS
        for container in pod.get(field) or ()
        for mount in container.get("volumeMounts") or ()
        if mount.get("name") == volume.get("name")
    ]
    return _object(volume, "hostPath").get("path") in _LOGS and all(mount.get("readOnly") for mount in mounts)


def _object(value: Any, name: str) -> Manifest:
    inner = value.get(name) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}
