"""The rules for a VirtualMachineGroup. Pure but for the time."""

import copy
import time
from collections.abc import Iterator
from datetime import datetime

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.times import rfc3339_nano
from pacific_sandbox.vm_operator.admission.field_errors import duplicate, forbidden, invalid
from pacific_sandbox.vm_operator.admission.review import Denied, Lookups, Request

LAST_UPDATED = "vmoperator.vmware.com.protected/last-updated-power-state-time"
APPLY_AT = "vmoperator.vmware.com.protected/apply-power-state-time"
_SELF = "group cannot have itself as a member or group name"
_SYNC = "nextForcePowerStateSyncTime"


def check(request: Request, _: Lookups) -> Iterator[str]:
    """Rules for a create and for an update."""
    spec, old = request.spec, request.old_spec
    path = f"metadata.annotations[{LAST_UPDATED}]"
    updated = request.annotations.get(LAST_UPDATED)
    same = all(spec.get(field, "") == old.get(field, "") for field in ("powerState", _SYNC))
    if not request.privileged and same and updated != request.old_annotations.get(LAST_UPDATED):
        yield forbidden(path, "modifying this annotation is not allowed for non-admin users")
    if updated and not _is_time(updated):
        yield invalid(path, updated, "time must be in RFC3339Nano format")
    if old.get("powerState") and not spec.get("powerState"):
        yield forbidden("spec.powerState", "cannot set powerState to empty once it's been set")
    seen = set()
    for order, boot in enumerate(spec.get("bootOrder") or ()):
        for index, member in enumerate(boot.get("members") or ()):
            where = f"spec.bootOrder[{order}].members[{index}]"
            key = f"{member.get('kind', 'VirtualMachine')}/{member['name']}"
            if key in seen:
                yield duplicate(where, key)
            seen.add(key)
            if key == f"VirtualMachineGroup/{request.name}":
                yield invalid(where, key, _SELF)
    if spec.get("groupName") == request.name:
        yield invalid("spec.groupName", request.name, _SELF)


def fill(request: Request, _: Lookups) -> Object:
    """The group with the time of its last wish for a power state. Raises Denied."""
    group = copy.deepcopy(request.object)
    spec, old = group.setdefault("spec", {}), request.old_spec
    now = rfc3339_nano(time.time_ns())
    requested, before = spec.get(_SYNC, ""), old.get(_SYNC, "")
    forced = requested.lower() == "now"
    if forced:
        spec[_SYNC] = now
    elif not requested and before:
        spec[_SYNC] = before
    elif requested != before:
        raise Denied(invalid(f"spec.{_SYNC}", requested, 'may only be set to "now"'))
    if forced or spec.get("powerState", "") != old.get("powerState", ""):
        annotations = {**(group["metadata"].get("annotations") or {}), LAST_UPDATED: now}
        if annotations.get(APPLY_AT) == request.old_annotations.get(APPLY_AT):
            annotations.pop(APPLY_AT, None)
        group["metadata"]["annotations"] = annotations
    return group


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
