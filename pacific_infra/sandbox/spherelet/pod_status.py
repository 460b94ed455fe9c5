"""A pod's status from what its runtime observes, as a kubelet computes it. Pure."""

import uuid
from collections.abc import Sequence
from typing import Final

from pacific_infra.sandbox.kubernetes_api import Object
from pacific_infra.sandbox.reconcile.conditions import with_transitions
from pacific_infra.sandbox.reconcile.times import rfc3339
from pacific_infra.sandbox.spherelet.pod_machine import image_reference
from pacific_infra.sandbox.spherelet.pod_runtime import ContainerObservation, PodObservation

_CONDITIONS: Final = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
_CONTAINER_NAMESPACE = uuid.UUID("6f9d2a57-2f0e-5f1b-9c63-0b5a3f1f6a10")


def creating(pod: Object, problem: tuple[str, str] | None = None) -> PodObservation:
    """The observation of a pod whose machine is still to be made. ``problem``: reason and message of why it waits."""
    spec = pod["spec"]
    init = spec.get("initContainers", ())
    reason, message = problem or ("PodInitializing" if init else "ContainerCreating", "")
    return PodObservation(
        [ContainerObservation(one["name"], "waiting", reason=reason, message=message) for one in init],
        [ContainerObservation(one["name"], "waiting", reason=reason, message=message) for one in spec["containers"]],
        None,
    )


def terminated(pod: Object, now: float) -> PodObservation:
    """The observation of a pod whose containers were all ended on request."""
    started = _started(pod)

    def ended(container: Object) -> ContainerObservation:
        return ContainerObservation(
            container["name"],
            "terminated",
            reason="Completed",
            started_at=started.get(container["name"], now),
            finished_at=now,
        )

    spec = pod["spec"]
    init = [ended(one) for one in spec.get("initContainers", ())]
    return PodObservation(init, [ended(one) for one in spec["containers"]], None)


def phase(pod: Object, observed: PodObservation) -> str:
    """Pending, Running, Succeeded or Failed."""
    containers = observed.containers
    if any(one.state == "waiting" for one in containers):
        return "Pending"
    if all(one.state == "terminated" for one in containers):
        policy = pod["spec"].get("restartPolicy", "Always")
        failed = any(one.exit_code != 0 for one in containers)
        if policy == "Never" or (policy == "OnFailure" and not failed) or "deletionTimestamp" in pod["metadata"]:
            return "Failed" if failed else "Succeeded"
    return "Running"


def pod_status(
    pod: Object, observed: PodObservation, *, address: str | None, host_address: str | None, now: float
) -> Object:
    """The parts of status that Spherelet owns; ``PodScheduled`` and other controllers' conditions are left out."""
    before = pod.get("status", {})
    time = rfc3339(now)
    now_phase = phase(pod, observed)
    status: Object = {
        "phase": now_phase,
        "startTime": before.get("startTime", time),
        "conditions": with_transitions(
            _conditions(pod, observed, now_phase, address is not None), before.get("conditions", ()), time
        ),
        "containerStatuses": _container_statuses(
            pod, pod["spec"]["containers"], observed.containers, before.get("containerStatuses", ())
        ),
        "qosClass": before.get("qosClass", "BestEffort"),
    }
    if observed.init_containers:
        status["initContainerStatuses"] = _container_statuses(
            pod, pod["spec"]["initContainers"], observed.init_containers, before.get("initContainerStatuses", ())
        )
    if host_address:
        status |= {"hostIP": host_address, "hostIPs": [{"ip": host_address}]}
    if address:
        status |= {"podIP": address, "podIPs": [{"ip": address}]}
    return status


def differs(pod: Object, status: Object) -> bool:
    """Whether writing ``status`` would change anything."""
    before = pod.get("status", {})
    conditions = {one["type"]: one for one in before.get("conditions", ())}
    if any(_bare(conditions.get(one["type"], {})) != _bare(one) for one in status["conditions"]):
        return True
    return any(before.get(key) != value for key, value in status.items() if key != "conditions")


def newly_started(pod: Object, observed: PodObservation) -> Sequence[str]:
    """Names of the containers that have started since the pod's status was written."""
    started = _started(pod)
    containers = [*observed.init_containers, *observed.containers]
    return [one.name for one in containers if one.started_at is not None and one.name not in started]


def _started(pod: Object) -> dict[str, float]:
    """Containers that the status says have started. Their start times are not needed to the second: 0."""
    status = pod.get("status", {})
    containers = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    return {one["name"]: 0.0 for one in containers if {"running", "terminated"} & one.get("state", {}).keys()}


def _bare(condition: Object) -> Object:
    # The API server adds these two to a condition as null.
    return {key: value for key, value in condition.items() if value is not None and key != "observedGeneration"}


def _conditions(pod: Object, observed: PodObservation, now_phase: str, has_network: bool) -> list[Object]:
    initialized = all(one.ready or one.state == "running" for one in observed.init_containers)
    unready = [one.name for one in observed.containers if not one.ready]
    succeeded = now_phase == "Succeeded"
    if succeeded:
        ready = {"status": "False", "reason": "PodCompleted"}
    elif now_phase == "Failed":
        ready = {"status": "False", "reason": "PodFailed"}
    elif unready:
        message = f"containers with unready status: [{' '.join(unready)}]"
        ready = {"status": "False", "reason": "ContainersNotReady", "message": message}
    else:
        ready = {"status": "True"}
    incomplete = [one.name for one in observed.init_containers if not (one.ready or one.state == "running")]
    if initialized or succeeded:
        init = {"status": "True"} | ({"reason": "PodCompleted"} if succeeded else {})
    else:
        message = f"containers with incomplete status: [{' '.join(incomplete)}]"
        init = {"status": "False", "reason": "ContainersNotInitialized", "message": message}
    gates = [gate["conditionType"] for gate in pod["spec"].get("readinessGates", ())]
    true = {one["type"] for one in pod.get("status", {}).get("conditions", ()) if one["status"] == "True"}
    closed = [gate for gate in gates if gate not in true]
    pod_ready = ready
    if ready["status"] == "True" and closed:
        message = f'corresponding condition of pod readiness gate "{closed[0]}" does not exist.'
        pod_ready = {"status": "False", "reason": "ReadinessGatesNotReady", "message": message}
    return [
        {"type": "PodReadyToStartContainers", "status": str(has_network and now_phase in ("Pending", "Running"))},
        {"type": "Initialized", **init},
        {"type": "Ready", **pod_ready},
        {"type": "ContainersReady", **ready},
    ]


def _container_statuses(
    pod: Object, containers: Sequence[Object], observed: Sequence[ContainerObservation], before: Sequence[Object]
) -> list[Object]:
    specification = {one["name"]: one for one in containers}
    known = {one["name"]: one for one in before}
    statuses = []
    for one in observed:
        container = specification[one.name]
        running = one.state == "running"
        identifier = container_id(pod, one)
        statuses.append(
            {
                "name": one.name,
                "image": container["image"],
                "imageID": image_reference(container["image"]) if one.state != "waiting" else "",
                "ready": one.ready,
                "restartCount": one.restart_count,
                "started": running,
                "state": _state(one, identifier, known.get(one.name, {}).get("state", {})),
                "lastState": {},
            }
            | ({"containerID": identifier} if one.state != "waiting" else {})
        )
    return statuses


def container_id(pod: Object, observed: ContainerObservation) -> str:
    """The identifier of a container's run: a bare UUID, as a Supervisor has it."""
    name = f"{pod['metadata']['uid']}/{observed.name}/{observed.restart_count}"
    return str(uuid.uuid5(_CONTAINER_NAMESPACE, name))


def _state(one: ContainerObservation, identifier: str, before: Object) -> Object:
    if one.state == "waiting":
        return {"waiting": {"reason": one.reason} | ({"message": one.message} if one.message else {})}
    run: Object = before.get("running") or before.get("terminated") or {}
    known = run.get("startedAt")
    started = known or rfc3339(one.started_at or 0)
    if one.state == "running":
        return {"running": {"startedAt": started}}
    finished = before.get("terminated", {}).get("finishedAt") or rfc3339(one.finished_at or 0)
    return {
        "terminated": {
            "exitCode": one.exit_code,
            "reason": one.reason,
            "startedAt": started,
            "finishedAt": finished,
            "containerID": identifier,
        }
        | ({"message": one.message} if one.message else {})
    }
