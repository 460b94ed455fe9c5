"""The events of a pod's life, in the words and the order of a Supervisor's."""

import time
from dataclasses import dataclass

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.events import EventRecorder
from pacific_sandbox.spherelet import pod_deadline
from pacific_sandbox.spherelet.pod_machine import image_reference
from pacific_sandbox.spherelet.pod_needs import Problem
from pacific_sandbox.spherelet.pod_runtime import Notice, PodObservation
from pacific_sandbox.spherelet.pod_status import newly_started
from pacific_sandbox.vcenter_client.objects import Host

_COMPONENT = "spherelet"


@dataclass(frozen=True)
class _ReportedEvents:
    """A problem of a pod, when an event is next due (monotonic seconds), and the pause after that."""

    problem: Problem
    due: float
    pause: float


class PodEvents:
    """Says everything once, also when a pod is looked at many times."""

    def __init__(self, events: EventRecorder) -> None:
        self._events = events
        self._reported: dict[str, _ReportedEvents] = {}
        self._noticed: dict[str, set[Notice]] = {}
        self._resolved: set[str] = set()
        self._stopping: set[str] = set()

    def resolved(self, pod: Object) -> None:
        """The image controller has found the pod's images."""
        if pod["metadata"]["uid"] in self._resolved:
            return
        self._resolved.add(pod["metadata"]["uid"])
        for container in _containers(pod).values():
            message = f"Image {image_reference(container['image'])} bundle is resolved"
            self._events.record(pod, "Image", message, component="image-controller")

    def realized(self, pod: Object) -> None:
        """The network has a place for the pod."""
        message = "Successfully realized NSX resource for Pod"
        self._events.record(pod, "SuccessfulRealizeNSXResource", message, component="nsx-container-ncp")

    def problem(self, pod: Object, problem: Problem, host: Host) -> bool:
        """Something keeps the pod from starting; False at the first look.

        The first look says nothing: a ConfigMap that is made together with the pod is no news. Events come ever more
        rarely, up to a minute apart.
        """
        uid, now = pod["metadata"]["uid"], time.monotonic()
        reported = self._reported.get(uid)
        if reported is None or reported.problem != problem:
            self._reported[uid] = _ReportedEvents(problem, now, 0.0)
            return False
        if now >= reported.due:
            self._reported[uid] = _ReportedEvents(
                problem, now + reported.pause, min(max(2 * reported.pause, 4.0), 60.0)
            )
            self._warn(pod, problem.reason, problem.message, host)
        return True

    def progress(self, pod: Object, observed: PodObservation, host: Host) -> None:
        """Containers that have started since the pod's status was written, and what was noticed of them."""
        containers, namespace = _containers(pod), pod["metadata"]["namespace"]
        for name in newly_started(pod, observed):
            image = image_reference(containers[name]["image"])
            for reason, message in (
                ("Pulling", f"Waiting for Image {namespace}/{image}"),
                ("Pulled", f"Image {namespace}/{image} is ready"),
                ("SuccessfulMountVolume", f"Successfully mounted volumes of container {name}"),
                ("Created", f"Created container {name}"),
                ("Started", f"Started container {name}"),
            ):
                self._events.record(pod, reason, message, component=_COMPONENT, host=host.name)
        known = self._noticed.get(pod["metadata"]["uid"], set())
        for notice in observed.notices:
            if notice in known:
                continue
            if notice.warning:
                self._warn(pod, notice.reason, notice.message, host)
            else:
                self._events.record(pod, notice.reason, notice.message, component=_COMPONENT, host=host.name)
        if observed.notices:
            self._noticed[pod["metadata"]["uid"]] = set(observed.notices)

    def stopping(self, pod: Object, host: Host) -> None:
        """The pod's running containers are asked to end."""
        uid = pod["metadata"]["uid"]
        if uid in self._stopping:
            return
        self._stopping.add(uid)
        for container in pod.get("status", {}).get("containerStatuses", ()):
            if "running" in container.get("state", {}):
                message = f"Stopping container {container['name']}"
                self._events.record(pod, "Killing", message, component=_COMPONENT, host=host.name)

    def expired(self, pod: Object, host: Host) -> None:
        """The pod was active for too long, and is asked to end."""
        if pod["metadata"]["uid"] not in self._stopping:
            reason, message = pod_deadline.REASON, pod_deadline.MESSAGE
            self._events.record(pod, reason, message, component=_COMPONENT, host=host.name)
        self.stopping(pod, host)

    def forget(self, uid: str) -> None:
        """The pod is gone."""
        self._reported.pop(uid, None)
        self._noticed.pop(uid, None)
        self._resolved.discard(uid)
        self._stopping.discard(uid)

    def _warn(self, pod: Object, reason: str, message: str, host: Host) -> None:
        self._events.record(pod, reason, message, component=_COMPONENT, type_="Warning", host=host.name)


def _containers(pod: Object) -> dict[str, Object]:
    return {
        container["name"]: container
        for container in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"])
    }
