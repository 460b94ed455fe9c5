"""Writing what a kubelet reports of a pod."""

from pacific_sandbox.kubernetes_api import KubernetesAPI, Object
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.spherelet.pod_status import differs
from pacific_sandbox.supervisor.resources import PODS


async def report_pod(
    api: KubernetesAPI, pods: WatchedObjects, pod: Object, status: Object, annotations: Object | None = None
) -> Object:
    """Write the pod's status and annotations where they have changed; the pod as it is then."""
    metadata = pod["metadata"]
    known = metadata.get("annotations", {})
    new = {key: value for key, value in (annotations or {}).items() if known.get(key) != value}
    if not new and not differs(pod, status):
        return pod
    # A strategic patch merges conditions by type: what a condition no longer says has to be taken out by name.
    conditions = [{"reason": None, "message": None, **condition} for condition in status["conditions"]]
    patch = {
        "metadata": {"uid": metadata["uid"]} | ({"annotations": new} if new else {}),
        "status": {**status, "conditions": conditions},
    }
    written = await api.patch(
        PODS, metadata["name"], patch, metadata["namespace"], subresource="status", patch_type="strategic"
    )
    pods.note(written)
    return written
