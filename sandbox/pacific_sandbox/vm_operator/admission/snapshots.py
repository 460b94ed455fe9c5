"""The rules for a VirtualMachineSnapshot. Pure."""

import copy
from collections.abc import Iterator

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.vm_operator.admission.field_errors import forbidden, immutable, required
from pacific_sandbox.vm_operator.admission.review import Lookups, Request
from pacific_sandbox.vm_operator.admission.virtual_machine.snapshot import CLUSTER_API_LABELS

VM_NAME_LABEL = "snapshot.vmoperator.vmware.com/vm-name"


def check(request: Request, lookups: Lookups) -> Iterator[str]:
    """Only the description can change."""
    spec, old = request.spec, request.old_spec
    if request.old is not None:
        for field in ("memory", "quiesce", "vmName"):
            yield from immutable(f"spec.{field}", spec.get(field), old.get(field))
        before = (request.old["metadata"].get("labels") or {}).get(VM_NAME_LABEL)
        now = (request.object["metadata"].get("labels") or {}).get(VM_NAME_LABEL)
        yield from immutable(f"metadata.labels[{VM_NAME_LABEL}]", now, before)
        return
    if not spec.get("vmName"):
        yield required("spec.vmName", "vmName must be provided")
        return
    # A machine that is not there is left to the controller.
    vm = lookups.virtual_machine(request.namespace, spec["vmName"]) or {"metadata": {}}
    if any(key in CLUSTER_API_LABELS for key in vm["metadata"].get("labels") or {}):
        yield forbidden("spec.vmName", "snapshots are not allowed for VKS/TKG nodes")


def fill(request: Request, _: Lookups) -> Object:
    """The snapshot with its machine's name as a label."""
    snapshot = copy.deepcopy(request.object)
    name = request.spec.get("vmName")
    if request.old is None and name:
        labels = snapshot["metadata"].get("labels") or {}
        snapshot["metadata"]["labels"] = {VM_NAME_LABEL: name, **labels}
    return snapshot
