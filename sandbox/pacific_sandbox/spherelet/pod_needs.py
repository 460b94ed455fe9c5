"""What a pod needs before its containers can start: volumes, ConfigMaps, Secrets. The part without I/O."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pacific_sandbox.kubernetes_api import Object

ObjectKind = Literal["configmap", "secret", "persistentvolumeclaim"]
_ALLOWED_HOST_PATH = "/var/log/pods"


@dataclass(frozen=True)
class Need:
    """An object (and keys in it) that a volume or a container's environment refers to."""

    kind: ObjectKind
    name: str
    keys: tuple[str, ...] = ()
    volume: str | None = None
    """The volume that needs it; None: a container's environment."""


@dataclass(frozen=True)
class Problem:
    """Why a pod cannot start: the reason of its event and its message; for a container, the reason of its state."""

    reason: str
    message: str
    waiting: str = "ContainerCreating"


def needs(pod: Object) -> Iterator[Need]:
    """All that the pod refers to and that is not marked optional."""
    for volume in pod["spec"].get("volumes", ()):
        yield from _volume_needs(volume["name"], volume)
    for container in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]):
        yield from _environment_needs(container)


def refused(pod: Object) -> Problem | None:
    """What a Supervisor does not let into a vSphere Pod. ``hostNetwork`` and its like are ignored, not refused."""
    for volume in pod["spec"].get("volumes", ()):
        path = volume.get("hostPath", {}).get("path")
        if path is None:
            continue
        mounts = [
            mount
            for container in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"])
            for mount in container.get("volumeMounts", ())
            if mount["name"] == volume["name"]
        ]
        if path.rstrip("/") != _ALLOWED_HOST_PATH or not all(mount.get("readOnly") for mount in mounts):
            message = f'Volume "{volume["name"]}": hostPath volumes are not supported in vSphere Pods ({path})'
            return Problem("FailedMount", message)
    return None


def unmet(need: Need, namespace: str, stored: Object | None) -> Problem | None:
    """What is wrong with the object found for a need, in the kubelet's words."""
    if need.kind == "persistentvolumeclaim":
        if stored is None:
            message = f'persistentvolumeclaim "{need.name}" not found'
        elif stored.get("status", {}).get("phase") != "Bound":
            message = f'PersistentVolumeClaim is not bound: "{namespace}/{need.name}"'
        else:
            return None
        return Problem("FailedMount", f'Unable to attach or mount volume "{need.volume}": {message}')
    if stored is None:
        message = f'{need.kind} "{need.name}" not found'
    else:
        keys = {**stored.get("data", {}), **stored.get("binaryData", {})}
        missing = [key for key in need.keys if key not in keys]
        if not missing:
            return None
        kind = "ConfigMap" if need.kind == "configmap" else "Secret"
        if need.volume is None:
            message = f"couldn't find key {missing[0]} in {kind} {namespace}/{need.name}"
        else:
            message = f"references non-existent {need.kind} key: {missing[0]}"
    if need.volume is None:
        return Problem("Failed", f"Error: {message}", waiting="CreateContainerConfigError")
    return Problem("FailedMount", f'MountVolume.SetUp failed for volume "{need.volume}" : {message}')


def _volume_needs(volume: str, source: Object) -> Iterator[Need]:
    config_map: Object | None = source.get("configMap")
    if config_map and not config_map.get("optional"):
        yield Need("configmap", config_map["name"], _items(config_map), volume)
    secret: Object | None = source.get("secret")
    if secret and not secret.get("optional"):
        # A projected source says "name", a volume "secretName".
        yield Need("secret", secret.get("secretName") or secret["name"], _items(secret), volume)
    if claim := source.get("persistentVolumeClaim"):
        yield Need("persistentvolumeclaim", claim["claimName"], volume=volume)
    for projected in source.get("projected", {}).get("sources", ()):
        yield from _volume_needs(volume, projected)


def _environment_needs(container: Object) -> Iterator[Need]:
    kinds: tuple[tuple[ObjectKind, str], ...] = (("configmap", "configMap"), ("secret", "secret"))
    for kind, field in kinds:
        for variable in container.get("env", ()):
            reference = variable.get("valueFrom", {}).get(f"{field}KeyRef")
            if reference and not reference.get("optional"):
                yield Need(kind, reference["name"], (reference["key"],))
        for source in container.get("envFrom", ()):
            reference = source.get(f"{field}Ref")
            if reference and not reference.get("optional"):
                yield Need(kind, reference["name"])


def _items(source: Object) -> tuple[str, ...]:
    return tuple(item["key"] for item in source.get("items", ()))
