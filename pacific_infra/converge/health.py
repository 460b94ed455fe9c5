"""Whether an existing object works, with the reason: one table of rules by kind. Pure.

The words are those of Argo CD's resource health. A rule gets the object as its API gives it, and says what a person
would look at first: replicas, power state, address, the condition that is not as it should be.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pacific_infra.converge.pending import pending_change

WAIT_FOR = "pulumi.com/waitFor"
"""The annotation by which a component tells the provider what to wait for."""

State: TypeAlias = Literal["healthy", "suspended", "progressing", "unknown", "degraded", "missing"]
_WORST_LAST: Sequence[State] = ("healthy", "suspended", "progressing", "unknown", "degraded", "missing")

Object: TypeAlias = Mapping[str, Any]
_PLAIN_PATH = re.compile(r"\{\.(?P<path>[\w.-]+)\}(?:=(?P<value>.*))?")


@dataclass(frozen=True, slots=True)
class Health:
    """How an object, or all of a document, is."""

    state: State
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.state}: {self.reason}" if self.reason else self.state

    @property
    def good(self) -> bool:
        """Whether nothing has to be done or waited for."""
        return self.state in ("healthy", "suspended")


def worst_health(parts: Iterable[Health]) -> Health:
    """The worst of several, with the reasons of all that are as bad, each once; healthy where there are none."""
    listed = list(parts)
    if not listed:
        return Health("healthy")
    state = max((part.state for part in listed), key=_WORST_LAST.index)
    reasons = dict.fromkeys(part.reason for part in listed if part.state == state and part.reason)
    return Health(state, "; ".join(reasons))


def health_of(kind: str, live: Object | None) -> Health:
    """``kind`` is that of the object or, of vCenter, ``Supervisor``, ``vSphere Namespace`` or ``VM class``.

    ``live``: None where it is not there.
    """
    if live is None:
        return Health("missing", f"{kind} does not exist")
    if (live.get("metadata") or {}).get("deletionTimestamp"):
        return Health("progressing", f"{kind} is being deleted")
    return RULES.get(kind, _by_conditions)(live)


def _spec(live: Object) -> Object:
    return live.get("spec") or {}


def _status(live: Object) -> Object:
    return live.get("status") or {}


def _stale(live: Object) -> bool:
    """Whether its controller has not seen the last change yet."""
    observed, generation = _status(live).get("observedGeneration"), (live.get("metadata") or {}).get("generation")
    return observed is not None and generation is not None and observed < generation


def _conditions(live: Object) -> dict[str, Object]:
    status = _status(live)
    listed = [*(status.get("conditions") or ()), *((status.get("v1beta2") or {}).get("conditions") or ())]
    return {str(condition.get("type")): condition for condition in listed if isinstance(condition, Mapping)}


def _condition_text(condition: Object) -> str:
    """``Type=Status (Reason): message``."""
    text = f"{condition.get('type')}={condition.get('status')}"
    text += f" ({condition['reason']})" if condition.get("reason") else ""
    return text + (f": {condition['message']}" if condition.get("message") else "")


def _is(conditions: Mapping[str, Object], kind: str, status: str) -> bool:
    return kind in conditions and str(conditions[kind].get("status")) == status


def _deployment(live: Object) -> Health:
    desired, status, conditions = int(_spec(live).get("replicas", 1)), _status(live), _conditions(live)
    ready = f"{status.get('readyReplicas', 0)}/{desired} replicas ready"
    if _is(conditions, "ReplicaFailure", "True"):
        return Health("degraded", f"{ready}, {conditions['ReplicaFailure'].get('message')}")
    if _is(conditions, "Progressing", "False"):
        return Health("degraded", f"{ready}, {conditions['Progressing'].get('message')}")
    updated = int(status.get("updatedReplicas", 0))
    if _stale(live) or updated < desired:
        return Health("progressing", f"{ready}, {updated} of the last change")
    if int(status.get("readyReplicas", 0)) < desired or int(status.get("replicas", 0)) > updated:
        return Health("progressing", ready)
    return Health("healthy", ready)


def _stateful_set(live: Object) -> Health:
    desired, status = int(_spec(live).get("replicas", 1)), _status(live)
    ready = f"{status.get('readyReplicas', 0)}/{desired} replicas ready"
    changing = status.get("updateRevision") != status.get("currentRevision")
    if _stale(live) or (changing and int(status.get("updatedReplicas", 0)) < desired):
        return Health("progressing", f"{ready}, {status.get('updatedReplicas', 0)} of the last change")
    return Health("healthy" if int(status.get("readyReplicas", 0)) >= desired else "progressing", ready)


def _daemon_set(live: Object) -> Health:
    status = _status(live)
    desired, ready = int(status.get("desiredNumberScheduled", 0)), int(status.get("numberReady", 0))
    done = not _stale(live) and ready >= desired
    return Health("healthy" if done else "progressing", f"{ready}/{desired} pods ready")


def _job(live: Object) -> Health:
    conditions, status = _conditions(live), _status(live)
    if _is(conditions, "Failed", "True"):
        return Health(
            "degraded", f"failed: {conditions['Failed'].get('message') or conditions['Failed'].get('reason')}"
        )
    if _is(conditions, "Complete", "True"):
        return Health("healthy", "complete")
    if _spec(live).get("suspend"):
        return Health("suspended", "suspend: true")
    return Health("progressing", f"{status.get('active', 0)} active, {status.get('failed', 0)} failed")


def _cron_job(live: Object) -> Health:
    if _spec(live).get("suspend"):
        return Health("suspended", "suspend: true")
    last = _status(live).get("lastScheduleTime")
    return Health("healthy", f"last run {last}" if last else "has not run yet")


def _claim(live: Object) -> Health:
    status = _status(live)
    phase = str(status.get("phase") or "Pending")
    if phase == "Bound":
        return Health("healthy", f"volume of {(status.get('capacity') or {}).get('storage', 'no size')}")
    return Health("degraded" if phase == "Lost" else "progressing", f"volume {phase}")


def _addresses(live: Object) -> list[str]:
    entries = (_status(live).get("loadBalancer") or {}).get("ingress") or ()
    return [
        str(entry.get("ip") or entry.get("hostname")) for entry in entries if entry.get("ip") or entry.get("hostname")
    ]


def _service(live: Object) -> Health:
    if _spec(live).get("type") != "LoadBalancer":
        return Health("healthy")
    addresses = _addresses(live)
    return Health("healthy", ", ".join(addresses)) if addresses else Health("progressing", "has no address yet")


def _virtual_machine(live: Object) -> Health:
    status, conditions = _status(live), _conditions(live)
    power, desired = str(status.get("powerState") or "not powered yet"), _spec(live).get("powerState")
    address = (status.get("network") or {}).get("primaryIP4") or (status.get("network") or {}).get("primaryIP6")
    text = f"{power}, {address}" if address else power
    if _is(conditions, "VirtualMachineCreated", "False"):
        return Health("degraded", f"{text}, {_condition_text(conditions['VirtualMachineCreated'])}")
    if (pending := pending_change(live)) is not None:
        return Health("progressing", f"{text}, {pending}")
    if desired and power != desired:
        return Health("progressing", f"{text}, {desired} is asked for")
    for kind in ("GuestCustomization", "Ready"):
        if _is(conditions, kind, "False"):
            return Health("progressing", f"{text}, {_condition_text(conditions[kind])}")
    if desired == "PoweredOn" and not address:
        return Health("progressing", f"{text}, has no address yet")
    return Health("healthy", text)


def _cluster(live: Object) -> Health:
    status, conditions = _status(live), _conditions(live)
    counts = status.get("v1beta2") or {}
    parts = [
        f"{word} {counts[part].get('availableReplicas', 0)}/{counts[part].get('desiredReplicas', 0)}"
        for word, part in (("control plane", "controlPlane"), ("workers", "workers"))
        if counts.get(part)
    ]
    text = ", ".join([str(status.get("phase") or "Pending"), *parts])
    if str(status.get("phase")) == "Failed":
        return Health("degraded", text)
    bad = next((conditions[kind] for kind in ("Available", "Ready") if _is(conditions, kind, "False")), None)
    if bad is not None:
        return Health("progressing", f"{text}, {_condition_text(bad)}")
    return Health("healthy" if str(status.get("phase")) == "Provisioned" else "progressing", text)


def _knative_service(live: Object) -> Health:
    ready = _conditions(live).get("Ready")
    if ready is None or _stale(live) or str(ready.get("status")) == "Unknown":
        return Health("progressing", "its last revision is not ready yet" if ready is None else _condition_text(ready))
    if str(ready.get("status")) == "True":
        return Health("healthy", str(_status(live).get("url") or ""))
    return Health("degraded", _condition_text(ready))


def _external_secret(live: Object) -> Health:
    status, ready = _status(live), _conditions(live).get("Ready")
    if ready is not None and str(ready.get("status")) != "True":
        return Health("degraded", _condition_text(ready))
    # The generation stands before a digest of labels and annotations.
    seen = str(status.get("syncedResourceVersion") or "").partition("-")[0]
    generation = (live.get("metadata") or {}).get("generation")
    if ready is None or (generation is not None and seen != str(generation)):
        return Health("progressing", "its last change is not fetched yet")
    return Health("healthy", f"fetched {status.get('refreshTime')}")


def _definition(live: Object) -> Health:
    conditions = _conditions(live)
    if _is(conditions, "NamesAccepted", "False"):
        return Health("degraded", _condition_text(conditions["NamesAccepted"]))
    return Health("healthy") if _is(conditions, "Established", "True") else Health("progressing", "not Established yet")


def _pod(live: Object) -> Health:
    phase, conditions = str(_status(live).get("phase") or "Pending"), _conditions(live)
    if phase == "Succeeded" or _is(conditions, "Ready", "True"):
        return Health("healthy", phase)
    text = "; ".join([f"{phase}, not ready", *_pod_troubles(live, conditions)])
    broken = phase == "Failed" or any(reason in text for reason in _BROKEN)
    return Health("degraded" if broken else "progressing", text)


_BROKEN = ("CrashLoopBackOff", "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError")
"""Reasons of waiting containers that do not pass by themselves."""


def _pod_troubles(live: Object, conditions: Mapping[str, Object]) -> Iterator[str]:
    """Why the pod is not scheduled, and what its containers wait for or ended with."""
    if _is(conditions, "PodScheduled", "False"):
        yield _condition_text(conditions["PodScheduled"])
    statuses = (*(_status(live).get("initContainerStatuses") or ()), *(_status(live).get("containerStatuses") or ()))
    for container in statuses:
        state = container.get("state") or {}
        waiting, ended = state.get("waiting"), state.get("terminated") or {}
        if waiting and waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
            message = f": {waiting['message']}" if waiting.get("message") else ""
            yield f"container {container.get('name')} {waiting['reason']}{message}"
        elif ended.get("exitCode"):
            yield f"container {container.get('name')} ended with {ended['exitCode']} ({ended.get('reason')})"


def _kubernetes_namespace(live: Object) -> Health:
    phase = str(_status(live).get("phase") or "Active")
    return Health("healthy") if phase == "Active" else Health("progressing", phase)


def _supervisor(live: Object) -> Health:
    status, kubernetes = str(live.get("config_status")), str(live.get("kubernetes_status"))
    messages = live.get("messages") or ()
    text = "; ".join([f"{status}, Kubernetes {kubernetes}", *map(str, messages)])
    if "ERROR" in (status, kubernetes):
        return Health("degraded", text)
    return Health("healthy" if (status, kubernetes) == ("RUNNING", "READY") else "progressing", text)


def _vcenter(live: Object) -> Health:
    status = str(live.get("config_status"))
    if status == "ERROR":
        return Health("degraded", "; ".join([status, *map(str, live.get("messages") or ())]))
    return Health("healthy", status) if status in ("RUNNING", "READY") else Health("progressing", status)


_BY_CONDITION = ("Ready", "Available", "Healthy", "Established", "Synced", "Succeeded", "ScalingActive", "AbleToScale")
"""What kinds of others report: the first of these decides."""
_WRONG = ("Degraded", "Failed", "Stalled")
"""Conditions that are bad where they are true."""


def _by_conditions(live: Object) -> Health:
    """The health of a kind without a rule: from the conditions that its document names, or else from its conditions."""
    conditions = _conditions(live)
    awaited = ((live.get("metadata") or {}).get("annotations") or {}).get(WAIT_FOR)
    if awaited and (unmet := _unmet(live, conditions, awaited)):
        return Health("progressing", f"waits for {', '.join(unmet)}")
    if awaited:
        return Health("healthy")
    wrong = next((conditions[kind] for kind in _WRONG if _is(conditions, kind, "True")), None)
    if wrong is not None:
        return Health("degraded", _condition_text(wrong))
    deciding = next((conditions[kind] for kind in _BY_CONDITION if kind in conditions), None)
    if deciding is None:
        return Health("healthy")
    if str(deciding.get("status")) == "True":
        return Health("progressing", "its last change is not seen yet") if _stale(live) else Health("healthy")
    return Health("degraded" if str(deciding.get("status")) == "False" else "progressing", _condition_text(deciding))


def _unmet(live: Object, conditions: Mapping[str, Object], awaited: str) -> list[str]:
    """What of ``condition=TYPE[=STATUS]`` and ``jsonpath={.PATH}[=VALUE]`` does not hold; paths with filters pass."""
    try:
        listed = json.loads(awaited)
    except ValueError:
        listed = awaited
    unmet = []
    for text in listed if isinstance(listed, list) else [str(listed)]:
        form, _, rest = str(text).partition("=")
        if form == "condition":
            kind, _, status = rest.partition("=")
            if not _is(conditions, kind, status or "True"):
                unmet.append(_condition_text(conditions[kind]) if kind in conditions else f"condition {kind}")
        elif match := _PLAIN_PATH.fullmatch(rest):
            value: Any = live
            for part in match["path"].split("."):
                value = value.get(part) if isinstance(value, Mapping) else None
            if value is None or (match["value"] is not None and str(value) != match["value"]):
                unmet.append(f"{match['path']}={match['value']}" if match["value"] is not None else match["path"])
    return unmet


RULES: Mapping[str, Callable[[Object], Health]] = {
    "Cluster": _cluster,
    "CronJob": _cron_job,
    "CustomResourceDefinition": _definition,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "ExternalSecret": _external_secret,
    "Job": _job,
    "Namespace": _kubernetes_namespace,
    "PersistentVolumeClaim": _claim,
    "Pod": _pod,
    "Service": _service,
    "Knative Service": _knative_service,
    "StatefulSet": _stateful_set,
    "Supervisor": _supervisor,
    "VM class": _vcenter,
    "VirtualMachine": _virtual_machine,
    "VirtualMachineService": _service,
    "vSphere Namespace": _vcenter,
}
"""The rule of each kind; of all others their own conditions decide."""
