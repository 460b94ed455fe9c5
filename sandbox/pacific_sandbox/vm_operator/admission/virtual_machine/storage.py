"""The storage class of a VirtualMachine is one of its namespace's, and cannot change. Pure."""

from collections.abc import Iterator

from pacific_sandbox.vm_operator.admission.field_errors import immutable, invalid
from pacific_sandbox.vm_operator.admission.review import Lookups, Request

_PATH = "spec.storageClass"


def check(request: Request, lookups: Lookups) -> Iterator[str]:
    """None at all is left to the condition VirtualMachineStorageReady."""
    if request.old is not None:
        yield from immutable(_PATH, request.spec.get("storageClass"), request.old_spec.get("storageClass"))
        return
    name = request.spec.get("storageClass")
    if not name:
        return
    storage_class = lookups.storage_class(name)
    if storage_class is None:
        yield invalid(_PATH, name, f"Storage policy {name} does not exist")
        return
    policy = storage_class.get("parameters", {}).get("storagePolicyID")
    if all(quota["spec"].get("storagePolicyId") != policy for quota in lookups.storage_quotas(request.namespace)):
        yield invalid(_PATH, name, f"Storage policy is not associated with the namespace {request.namespace}")
