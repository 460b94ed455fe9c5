"""What the containers of a simulated pod do at a time, given when its machine was created. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.conditions import condition_of
from pacific_sandbox.reconcile.times import seconds_of
from pacific_sandbox.spherelet.pod_runtime import ContainerObservation, Notice, PodObservation, runs_once
from pacific_sandbox.spherelet.simulated.container_runs import (
    History,
    Program,
    RestartPolicy,
    SimulatedTimes,
    changes,
    cut,
    ended,
    environment_of,
    history_at,
    notices,
    observe,
    program,
)
from pacific_sandbox.spherelet.simulated.script import understood


@dataclass(frozen=True)
class ContainerAt:
    """A container at a time; ``history`` is None where it has not been started."""

    program: Program
    history: History | None
    init: bool


def created_at(pod: Object) -> float | None:
    """When a pod's machine was created that another process has run before; None where it has none yet."""
    status, ready = pod.get("status", {}), condition_of(pod, "PodReadyToStartContainers")
    if ready is not None and ready["status"] == "True":
        return seconds_of(ready["lastTransitionTime"])
    # It is False again once the pod has finished.
    return seconds_of(status["startTime"]) if status.get("phase") in ("Succeeded", "Failed") else None


def containers_at(pod: Object, created: float, now: float, times: SimulatedTimes) -> list[ContainerAt]:
    """All containers: init containers run one after the other, those that stay (sidecars) beside the rest."""
    spec, at = pod["spec"], created + times.boot
    containers: list[ContainerAt] = []
    for container in spec.get("initContainers", ()):
        stays = container.get("restartPolicy") == "Always"
        simulated = program(container, math.inf if stays else times.init_container)
        if now < at:
            containers.append(ContainerAt(simulated, None, init=True))
            continue
        history = history_at(simulated, at, now, _policy(pod, init=True, stays=stays), times)
        containers.append(ContainerAt(simulated, history, init=True))
        if stays:
            # What follows waits for its first start only.
            first = simulated.run(at)
            at = first.started if first.started < first.end else math.inf
        else:
            at = history.run.end if history.run.exit_code == 0 else math.inf
    duration = times.container if runs_once(pod) else math.inf
    main: list[ContainerAt] = []
    for container in spec["containers"]:
        simulated = program(container, duration)
        history_now = None if now < at else history_at(simulated, at, now, _policy(pod), times)
        main.append(ContainerAt(simulated, history_now, init=False))
    return [*_without_finished_sidecars(containers, main, now, times), *main]


def observation(pod: Object, created: float, now: float, times: SimulatedTimes) -> PodObservation:
    """What the pod's containers do at ``now``."""
    waiting = "PodInitializing" if pod["spec"].get("initContainers") else "ContainerCreating"
    init: list[ContainerObservation] = []
    main: list[ContainerObservation] = []
    notices_so_far: list[Notice] = []
    coming = [created + times.boot]
    for container in containers_at(pod, created, now, times):
        if container.history is None:
            observed = ContainerObservation(container.program.container["name"], "waiting", reason=waiting)
        else:
            observed = observe(pod, container.program, container.history, now, times)
            coming += changes(container.history, times)
            notices_so_far += notices(pod, container.program, container.history, now, times)
        (init if container.init else main).append(observed)
    init = [_init_ready(pod["spec"]["initContainers"][number], observation) for number, observation in enumerate(init)]
    later = [at - now for at in coming if now < at < math.inf]
    return PodObservation(init, main, min(later, default=None), notices_so_far)


def stopped_after(pod: Object, grace: float, times: SimulatedTimes) -> float:
    """Seconds from the wish for a pod's end until its containers have ended, at most the grace period."""
    spec = pod["spec"]
    longest = 0.0
    for container in (*spec["containers"], *spec.get("initContainers", ())):
        script = program(container, math.inf).script
        stop_time = math.inf if script is not None and script.ignores_termination else times.stop
        longest = max(longest, _pre_stop(container) + stop_time)
    return min(longest, max(grace, times.stop))


def _pre_stop(container: Object) -> float:
    hook: Mapping[str, Any] = container.get("lifecycle", {}).get("preStop", {})
    if "sleep" in hook:
        return float(hook["sleep"]["seconds"])
    script = understood(hook.get("exec", {}).get("command", ()), environment_of(container))
    return script.duration if script is not None else 0.0


def _policy(pod: Object, *, init: bool = False, stays: bool = False) -> RestartPolicy:
    policy: RestartPolicy = pod["spec"].get("restartPolicy", "Always")
    if init:
        return "Always" if stays else "Never" if policy == "Never" else "OnFailure"
    return policy


def _init_ready(container: Object, observation: ContainerObservation) -> ContainerObservation:
    """An init container counts as ready once it has succeeded, a sidecar as any container."""
    if container.get("restartPolicy") == "Always":
        return observation
    ready = observation.state == "terminated" and observation.exit_code == 0
    return ContainerObservation(**{**vars(observation), "ready": ready})


def _without_finished_sidecars(
    init: list[ContainerAt], main: list[ContainerAt], now: float, times: SimulatedTimes
) -> list[ContainerAt]:
    """Sidecars end a moment after the last of the containers that they are for."""
    histories = [container.history for container in main if container.history is not None]
    if len(histories) < len(main) or not all(ended(history, now) for history in histories):
        return init
    at = max(history.run.end for history in histories) + times.stop
    return [
        ContainerAt(container.program, cut(container.history, at), container.init)
        if container.history is not None and container.program.container.get("restartPolicy") == "Always"
        else container
        for container in init
    ]
