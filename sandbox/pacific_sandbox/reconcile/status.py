"""Writing an object's status where it has changed."""

from pacific_sandbox.kubernetes_api import KubernetesAPI, Object
from pacific_sandbox.reconcile.conditions import with_transitions
from pacific_sandbox.reconcile.times import rfc3339
from pacific_sandbox.reconcile.watched_objects import WatchedObjects


async def report(api: KubernetesAPI, items: WatchedObjects, item: Object, status: Object, now: float) -> None:
    """Make the fields of ``status`` those of the object; its conditions get their transition times."""
    before, metadata = item.get("status", {}), item["metadata"]
    conditions = with_transitions(status["conditions"], before.get("conditions", ()), rfc3339(now))
    desired = {**status, "conditions": conditions}
    if any(before.get(field) != value for field, value in desired.items()):
        patch = {"metadata": {"uid": metadata["uid"]}, "status": desired}
        written = await api.patch(
            items.resource, metadata["name"], patch, metadata.get("namespace"), subresource="status"
        )
        items.note(written)
