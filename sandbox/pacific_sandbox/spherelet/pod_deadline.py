"""A pod's ``activeDeadlineSeconds``, as a kubelet's active deadline handler has it. Pure."""

from typing import Final

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.times import rfc3339, seconds_of

REASON: Final = "DeadlineExceeded"
MESSAGE: Final = "Pod was active on the node longer than the specified deadline"


def seconds_left(pod: Object, now: float) -> float | None:
    """Seconds until the pod has been active for too long, 0 when it has; None: it has no deadline or has not begun."""
    allowed, began = pod["spec"].get("activeDeadlineSeconds"), pod.get("status", {}).get("startTime")
    if allowed is None or began is None:
        return None
    return max(0.0, seconds_of(began) + float(allowed) - now)


def asked_to_end(pod: Object) -> Object:
    """The pod as if it had been deleted at its deadline, so that its containers end in the same order."""
    grace = int(pod["spec"].get("terminationGracePeriodSeconds", 30))
    deadline = seconds_of(pod["status"]["startTime"]) + float(pod["spec"]["activeDeadlineSeconds"])
    deletion = {"deletionTimestamp": rfc3339(deadline + grace), "deletionGracePeriodSeconds": grace}
    return {**pod, "metadata": {**pod["metadata"], **deletion}}
