"""Pods that started before a Secret of their variables changed, and so have its earlier value. Pure.

A variable gets its value when its container starts; files of a volume follow the Secret by themselves. When a Secret
changed is in ``metadata.managedFields``, so nobody has to read its values:
https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

Object: TypeAlias = Mapping[str, Any]
CONTROLLERS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
"""Kinds whose pods run until they are replaced."""
_VALUES = ("f:data", "f:stringData")


def secrets_of_variables(controller: Object) -> dict[str, set[str]]:
    """The Secrets that the variables of a controller's pods are from, each with the containers that have them."""
    containers: dict[str, set[str]] = defaultdict(set)
    for container in controller["spec"]["template"]["spec"].get("containers") or ():
        keys = ((variable.get("valueFrom") or {}).get("secretKeyRef") for variable in container.get("env") or ())
        for reference in (*keys, *(source.get("secretRef") for source in container.get("envFrom") or ())):
            if reference:
                containers[str(reference.get("name"))].add(str(container["name"]))
    return containers


def earlier_values(
    controllers: Mapping[str, Object], pods: Iterable[Object], secrets: Iterable[Object]
) -> dict[str, str]:
    """How many pods of each controller have a container that started before its Secret changed; none: left out.

    ``controllers``: by any key. All are of one namespace; of Secrets the metadata is enough.
    """
    changes = {str(secret["metadata"]["name"]): _changed(secret) for secret in secrets}
    labelled: dict[tuple[str, str], list[Object]] = defaultdict(list)
    for pod in pods:
        if not pod["metadata"].get("deletionTimestamp"):
            for label in _labels(pod).items():
                labelled[label].append(pod)
    texts = {key: _text(controller, labelled, changes) for key, controller in controllers.items()}
    return {key: text for key, text in texts.items() if text}


def _text(controller: Object, labelled: Mapping[tuple[str, str], Sequence[Object]], changes: Mapping[str, str]) -> str:
    selector: Mapping[str, str] = controller["spec"]["selector"].get("matchLabels") or {}
    candidates = min((labelled.get(label, ()) for label in selector.items()), key=len, default=())
    selected = [pod for pod in candidates if selector.items() <= _labels(pod).items()]
    texts = []
    for name, containers in sorted(secrets_of_variables(controller).items()):
        count = sum(any(start < changes.get(name, "") for start in _starts(pod, containers)) for pod in selected)
        if count:
            texts.append(f"{count} {'pod' if count == 1 else 'pods'} started before Secret {name} changed")
    return "; ".join(texts)


def _labels(pod: Object) -> Mapping[str, str]:
    return pod["metadata"].get("labels") or {}


def _changed(secret: Object) -> str:
    """When its values changed, RFC 3339; empty where that is not said."""
    entries: Sequence[Object] = secret["metadata"].get("managedFields") or ()
    times = [
        str(entry.get("time") or "")
        for entry in entries
        if any(field in (entry.get("fieldsV1") or {}) for field in _VALUES)
    ]
    return max(times, default="")


def _starts(pod: Object, containers: set[str]) -> list[str]:
    """When those of ``containers`` started that run, RFC 3339."""
    statuses: Sequence[Object] = (pod.get("status") or {}).get("containerStatuses") or ()
    running = [(status.get("state") or {}).get("running") for status in statuses if status.get("name") in containers]
    return [str(state["startedAt"]) for state in running if state and state.get("startedAt")]
