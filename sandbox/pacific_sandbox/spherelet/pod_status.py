"""A pod's status from what its runtime observes, as a kubelet computes it. Pure."""

import uuid
from collections.abc import Sequence

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.conditions import with_transitions
from pacific_sandbox.reconcile.times import rfc3339, seconds_of
from pacific_sandbox.spherelet.pod_machine import image_reference
from pacific_sandbox.spherelet.pod_runtime import ContainerObservation, PodObservation

_CONTAINER_NAMESPACE = uuid.UUID("6f9d2a57-2f0e-5f1b-9c63-0b5a3f1f6a10")


def creating(pod: Object, problem: tuple[str, str] | None = None) -> PodObservation:
    """The observation of a pod whose machine is still to be made. ``problem``: reason and message of why it waits."""
    spec = pod["spec"]
    init = spec.get("initContainers", ())
    reason, message = problem or ("PodInitializing" if init else "ContainerCreating", "")
    return PodObservation(
        [ContainerObservation(container["name"], "waiting", reason=reason, message=message) for container in init],
        [
            ContainerObservation(container["name"], "waiting", reason=reason, message=message)
            for container in spec["containers"]
        ],
        None,
    )


def terminated(pod: Object, now: float) -> PodObservation:
    """The observation of a pod whose containers were all ended on request; those that had ended before stay so.

    Exit code 137 where the grace period is over: what has not ended by then was killed.
    """
    metadata, status = pod["metadata"], pod.get("status", {})
    grace = metadata.get("deletionGracePeriodSeconds", 0)
    exit_code = 137 if grace and now >= seconds_of(metadata["deletionTimestamp"]) else 0

    def ended(container: Object) -> ContainerObservation:
        name, before = container["name"], known.get(container["name"], {})
        state, count = before.get("state", {}), before.get("restartCount", 0)
        over = state.get("terminated") or ("running" not in state and before.get("lastState", {}).get("terminated"))
        if over:
            started, finished = seconds_of(over["startedAt"]), seconds_of(over["finishedAt"])
            reason, code = over["reason"], over["exitCode"]
        elif "running" in state:
            started, finished = seconds_of(state["running"]["startedAt"]), now
            reason, code = ("Error", exit_code) if exit_code else ("Completed", 0)
        else:
            waiting = state.get("waiting", {"reason": "ContainerCreating"})
            return ContainerObservation(name, "waiting", reason=waiting["reason"], message=waiting.get("message", ""))
        return ContainerObservation(
            name,
            "terminated",
            reason=reason,
            started_at=started,
            finished_at=finished,
            exit_code=code,
            restart_count=count,
        )

    spec = pod["spec"]
    known = {container_status["name"]: container_status for container_status in status.get("initContainerStatuses", ())}
    init = [ended(container) for container in spec.get("initContainers", ())]
    known = {container_status["name"]: container_status for container_status in status.get("containerStatuses", ())}
    return PodObservation(init, [ended(container) for container in spec["containers"]], None)


def phase(pod: Object, observed: PodObservation) -> str:
    """Pending, Running, Succeeded or Failed, by the kubelet's rules (``getPhase``)."""
    containers = observed.containers
    policy = pod["spec"].get("restartPolicy", "Always")
    if policy == "Never" and any(
        container.state == "terminated" and container.exit_code != 0 for container in observed.init_containers
    ):
        return "Failed"
    # One that waits to be started again has run.
    if any(container.state == "waiting" and container.previous is None for container in containers):
        return "Pending"
    if all(container.state == "terminated" for container in containers):
        failed = any(container.exit_code != 0 for container in containers)
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
    conditions = {condition["type"]: condition for condition in before.get("conditions", ())}
    if any(_bare(conditions.get(condition["type"], {})) != _bare(condition) for condition in status["conditions"]):
        return True
    return any(before.get(key) != value for key, value in status.items() if key != "conditions")


def newly_started(pod: Object, observed: PodObservation) -> Sequence[str]:
    """Names of the containers that have started since the pod's status was written."""
    status = pod.get("status", {})
    known = {
        container["name"]: container["restartCount"] + ("waiting" not in container.get("state", {}))
        for container in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ()))
    }
    containers = [*observed.init_containers, *observed.containers]
    return [
        container.name
        for container in containers
        if container.state != "waiting" and container.restart_count + 1 > known.get(container.name, 0)
    ]


def _bare(condition: Object) -> Object:
    # The API server adds these two to a condition as null.
    return {key: value for key, value in condition.items() if value is not None and key != "observedGeneration"}


def _conditions(pod: Object, observed: PodObservation, now_phase: str, has_network: bool) -> list[Object]:
    sidecars = {
        container["name"]
        for container in pod["spec"].get("initContainers", ())
        if container.get("restartPolicy") == "Always"
    }
    incomplete = [
        container.name
        for container in observed.init_containers
        if not _initialized(container, container.name in sidecars)
    ]
    unready = [container.name for container in observed.containers if not container.ready]
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
    if not incomplete or succeeded:
        init = {"status": "True"} | ({"reason": "PodCompleted"} if succeeded else {})
    else:
        message = f"containers with incomplete status: [{' '.join(incomplete)}]"
        init = {"status": "False", "reason": "ContainersNotInitialized", "message": message}
    gates = [gate["conditionType"] for gate in pod["spec"].get("readinessGates", ())]
    true = {
        condition["type"] for condition in pod.get("status", {}).get("conditions", ()) if condition["status"] == "True"
    }
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


def _initialized(container: ContainerObservation, stays: bool) -> bool:
    """Whether an init container holds the others no longer back: it has succeeded, or as a sidecar has started."""
    if stays:
        return container.restart_count > 0 or (container.state != "waiting" and container.started is not False)
    return container.ready or (container.state == "terminated" and container.exit_code == 0)


def _container_statuses(
    pod: Object, containers: Sequence[Object], observed: Sequence[ContainerObservation], before: Sequence[Object]
) -> list[Object]:
    specification = {container["name"]: container for container in containers}
    known = {status["name"]: status for status in before}
    statuses = []
    for observation in observed:
        container = specification[observation.name]
        previous = known.get(observation.name, {})
        same_run = previous.get("restartCount") == observation.restart_count
        identifier = container_id(pod, observation)
        statuses.append(
            {
                "name": observation.name,
                "image": container["image"],
                "imageID": image_reference(container["image"])
                if observation.state != "waiting" or observation.previous
                else "",
                "ready": observation.ready,
                "restartCount": observation.restart_count,
                "started": observation.state == "running" and observation.started is not False,
                "state": _state(observation, identifier, previous.get("state", {}) if same_run else {}),
                "lastState": _last_state(pod, observation, previous, same_run),
            }
            | (
                {"containerID": identifier}
                if observation.state != "waiting" or observation.previous is not None
                else {}
            )
        )
    return statuses


def container_id(pod: Object, observed: ContainerObservation, run: int | None = None) -> str:
    """The identifier of a container's run (default: that of now): a bare UUID, as a Supervisor has it."""
    name = f"{pod['metadata']['uid']}/{observed.name}/{observed.restart_count if run is None else run}"
    return str(uuid.uuid5(_CONTAINER_NAMESPACE, name))


def _state(container: ContainerObservation, identifier: str, before: Object) -> Object:
    if container.state == "waiting":
        return {"waiting": {"reason": container.reason} | ({"message": container.message} if container.message else {})}
    run: Object = before.get("running") or before.get("terminated") or {}
    known = run.get("startedAt")
    started = known or rfc3339(container.started_at or 0)
    if container.state == "running":
        return {"running": {"startedAt": started}}
    finished = before.get("terminated", {}).get("finishedAt") or rfc3339(container.finished_at or 0)
    return {
        "terminated": {
            "exitCode": container.exit_code,
            "reason": container.reason,
            "startedAt": started,
            "finishedAt": finished,
            "containerID": identifier,
        }
        | ({"message": container.message} if container.message else {})
    }


def _last_state(pod: Object, container: ContainerObservation, before: Object, same_run: bool) -> Object:
    if container.previous is None:
        last: Object = before.get("lastState", {}) if same_run else {}
        return last
    identifier = container_id(pod, container, _previous_run(container))
    for known in (before.get("state", {}), before.get("lastState", {})):
        if known.get("terminated", {}).get("containerID") == identifier:
            return {"terminated": known["terminated"]}
    last_one = container.previous
    return {
        "terminated": {
            "exitCode": last_one.exit_code,
            "reason": last_one.reason,
            "startedAt": rfc3339(last_one.started_at),
            "finishedAt": rfc3339(last_one.finished_at),
            "containerID": identifier,
        }
        | ({"message": last_one.message} if last_one.message else {})
    }


def _previous_run(container: ContainerObservation) -> int:
    """The restart count of the run before: of a container that waits its last run, which has the count of now."""
    return container.restart_count if container.state == "waiting" else container.restart_count - 1
