"""The rules for a VirtualMachineSetResourcePolicy. Pure."""

from collections.abc import Iterator

from pacific_sandbox.supervisor.quantities import parse_quantity
from pacific_sandbox.vm_operator.admission.field_errors import duplicate, immutable, invalid
from pacific_sandbox.vm_operator.admission.review import Lookups, Request


def check(request: Request, _: Lookups) -> Iterator[str]:
    """A policy is what it was created as."""
    spec = request.spec
    if request.old is not None:
        for field in ("resourcePool", "folder", "clusterModuleGroups"):
            yield from immutable(f"spec.{field}", spec.get(field), request.old_spec.get(field))
        return
    pool = spec.get("resourcePool") or {}
    for resource in ("cpu", "memory"):
        reserved = (pool.get("reservations") or {}).get(resource, 0)
        limit = (pool.get("limits") or {}).get(resource, 0)
        if 0 < parse_quantity(limit) < parse_quantity(reserved):
            path = f"spec.resourcePool.reservations.{resource}"
            yield invalid(path, str(reserved), "reservation value cannot exceed the limit value")
    groups = spec.get("clusterModuleGroups") or []
    for index, name in enumerate(groups):
        if name in groups[:index]:
            yield duplicate(f"spec.clusterModuleGroups[{index}].clusterModuleGroups", name)
