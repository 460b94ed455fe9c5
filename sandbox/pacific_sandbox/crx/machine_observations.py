"""What Spherelet is told of a pod in a machine, from the messages of the machine and from its silence. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pacific_sandbox.crx.machine import Message
from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.spherelet.pod_runtime import ContainerObservation, PodObservation, Termination

_MACHINE_LOST = 255
"""Exit code of containers whose machine is gone."""


def waiting(pod: Object, problems: Mapping[str, tuple[str, str]], *, again: float | None) -> PodObservation:
    """All containers wait; ``problems``: reason and message of those for which there is more to say."""
    spec = pod["spec"]
    reason = "PodInitializing" if spec.get("initContainers") else "ContainerCreating"

    def of(containers: Sequence[Object]) -> list[ContainerObservation]:
        reports = [(container["name"], *problems.get(container["name"], (reason, ""))) for container in containers]
        counts = restarts(pod)
        return [
            ContainerObservation(name, "waiting", reason=why, message=message, restart_count=counts.get(name, 0))
            for name, why, message in reports
        ]

    return PodObservation(of(spec.get("initContainers", ())), of(spec["containers"]), again)


def reported(message: Message) -> PodObservation:
    """What the machine has said of its containers."""

    def of(states: Sequence[Message] | None) -> list[ContainerObservation]:
        return [
            ContainerObservation(
                name=state["name"],
                state=state["state"],
                reason=state["reason"],
                message=state["message"],
                started_at=state.get("startedAt"),
                finished_at=state.get("finishedAt"),
                exit_code=state["exitCode"],
                ready=state["ready"],
                restart_count=state["restartCount"],
            )
            for state in states or ()
        ]

    return PodObservation(of(message.get("initContainers")), of(message.get("containers")), None)


def lost(last: PodObservation, message: str, now: float) -> PodObservation:
    """The machine is gone: what ran in it has ended with it."""

    def of(containers: Sequence[ContainerObservation]) -> list[ContainerObservation]:
        return [
            replace(
                container,
                state="terminated",
                reason="Error",
                message=message,
                exit_code=_MACHINE_LOST,
                started_at=container.started_at or now,
                finished_at=now,
                ready=False,
            )
            if container.state == "running"
            else container
            for container in containers
        ]

    return PodObservation(of(last.init_containers), of(last.containers), None)


def remembering(before: PodObservation, now: PodObservation) -> PodObservation:
    """``now`` with the end of each container's run before, which the machine does not tell again."""

    def of(was: Sequence[ContainerObservation], are: Sequence[ContainerObservation]) -> list[ContainerObservation]:
        known = {container.name: container for container in was}
        return [replace(container, previous=_previous(known.get(container.name), container)) for container in are]

    return replace(
        now,
        init_containers=of(before.init_containers, now.init_containers),
        containers=of(before.containers, now.containers),
    )


def _previous(was: ContainerObservation | None, now: ContainerObservation) -> Termination | None:
    if was is None or was.state != "terminated" or now.state == "terminated":
        return was.previous if was is not None else None
    started, finished = was.started_at or 0.0, was.finished_at or 0.0
    return Termination(was.exit_code, was.reason, started, finished, was.message)


def restarts(pod: Object) -> dict[str, int]:
    """How often each container was started again before, from the pod's status; one that ran will be once more."""
    status = pod.get("status", {})
    statuses = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    return {
        status["name"]: status.get("restartCount", 0)
        + (1 if {"running", "terminated"} & status.get("state", {}).keys() else 0)
        for status in statuses
    }
