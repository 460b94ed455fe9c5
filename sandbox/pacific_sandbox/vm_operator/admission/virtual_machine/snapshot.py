"""Going back to a snapshot by ``spec.currentSnapshotName``. Pure."""

from collections.abc import Iterator

from pacific_sandbox.vm_operator.admission.field_errors import forbidden, invalid
from pacific_sandbox.vm_operator.admission.review import Lookups, Request

_PATH = "spec.currentSnapshotName"
CLUSTER_API_LABELS = ("capv.vmware.com/cluster.role", "capw.vmware.com/cluster.role")
"""Labels of a workload cluster's nodes."""


def check(request: Request, _: Lookups) -> Iterator[str]:
    """Rules for a create and for an update."""
    requested, before = request.spec.get("currentSnapshotName", ""), request.old_spec.get("currentSnapshotName", "")
    if not requested:
        return
    if request.old is None:
        yield forbidden(_PATH, "creating VM with current snapshot is not allowed")
        return
    if not requested.strip():
        yield invalid(_PATH, requested, "currentSnapshotName cannot be empty")
        return
    if before not in ("", requested):
        yield forbidden(_PATH, "a snapshot revert is already in progress")
    if any(key in CLUSTER_API_LABELS for key in request.object["metadata"].get("labels") or {}):
        yield forbidden(_PATH, "snapshot revert is not allowed for VKS nodes")
