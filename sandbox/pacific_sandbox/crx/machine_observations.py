"""What Spherelet is told of a pod in a machine, from what the machine says, or says no more. Pure."""

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
        said = [(one["name"], *problems.get(one["name"], (reason, ""))) for one in containers]
        counts = restarts(pod)
        return [
            ContainerObservation(name, "waiting", reason=why, message=message, restart_count=counts.get(name, 0))
            for name, why, message in said
        ]

    return PodObservation(of(spec.get("initContainers", ())), of(spec["containers"]), again)


def reported(message: Message) -> PodObservation:
    """What the machine has said of its containers."""

    def of(states: Sequence[Message] | None) -> list[ContainerObservation]:
        return [
            ContainerObservation(
                name=one["name"],
                state=one["state"],
                reason=one["reason"],
                message=one["message"],
                started_at=one.get("startedAt"),
                finished_at=one.get("finishedAt"),
                exit_code=one["exitCode"],
                ready=one["ready"],
                restart_count=one["restartCount"],
            )
            for one in states or ()
        ]

    return PodObservation(of(message.get("initContainers")), of(message.get("containers")), None)


def lost(last: PodObservation, message: str, now: float) -> PodObservation:
    """The machine is gone: what ran in it has ended with it."""

    def of(containers: Sequence[ContainerObservation]) -> list[ContainerObservation]:
        return [
            replace(
                one,
                state="terminated",
                reason="Error",
                message=message,
                exit_code=_MACHINE_LOST,
                started_at=one.started_at or now,
                finished_at=now,
                ready=False,
            )
            if one.state == "running"
            else one
            for one in containers
        ]

    return PodObservation(of(last.init_containers), of(last.containers), None)


def remembering(before: PodObservation, now: PodObservation) -> PodObservation:
    """``now`` with the end of each container's run before, which the machine does not tell again."""

    def of(was: Sequence[ContainerObservation], are: Sequence[ContainerObservation]) -> list[ContainerObservation]:
        known = {one.name: one for one in was}
        return [replace(one, previous=_previous(known.get(one.name), one)) for one in are]

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
        one["name"]: one.get("restartCount", 0) + (1 if {"running", "terminated"} & one.get("state", {}).keys() else 0)
        for one in statuses
    }
