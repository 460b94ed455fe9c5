"""Power states and restarts of a VirtualMachine, and what may change in which of them. Pure."""

from collections.abc import Iterator
from datetime import datetime

from pacific_sandbox.vm_operator.admission.field_errors import forbidden, invalid
from pacific_sandbox.vm_operator.admission.review import Lookups, Request

POWER_ON_CHECK = "poweron.check.vmoperator.vmware.com/"
APPLY_POWER_STATE_TIME = "vmoperator.vmware.com.protected/apply-power-state-time"
_STATE, _RESTART, _HARDWARE_VERSION = "spec.powerState", "spec.nextRestartTime", "spec.minHardwareVersion"
_NOT_WHILE_ON = "updates to this field is not allowed when VM power is on"
_NOT_A_TIME = "must be formatted as RFC3339Nano"
_NEWEST_HARDWARE = 22
_CDROM = "spec.hardware.cdrom"


def check(request: Request, _: Lookups) -> Iterator[str]:
    """Rules for a create and for an update."""
    spec, old = request.spec, request.old_spec
    if request.old is None:
        if spec.get("powerState") == "Suspended":
            yield invalid(_STATE, "Suspended", "cannot set a new VM's power state to Suspended")
        if spec.get("nextRestartTime"):
            yield invalid(_RESTART, spec["nextRestartTime"], "cannot restart VM on create")
    else:
        yield from _power_state(request)
        new_time = spec.get("nextRestartTime", "")
        if new_time != old.get("nextRestartTime", "") and not _is_time(new_time):
            yield invalid(_RESTART, new_time, _NOT_A_TIME)
    yield from _hardware_version(request)
    apply_at = request.annotations.get(APPLY_POWER_STATE_TIME)
    if apply_at is not None and not _is_time(apply_at):
        yield invalid(f"metadata.annotations[{APPLY_POWER_STATE_TIME}]", apply_at, _NOT_A_TIME)


def _power_state(request: Request) -> Iterator[str]:
    requested, before = request.spec.get("powerState", ""), request.old_spec.get("powerState", "")
    if not requested:
        yield invalid(_STATE, "", "cannot set power state to empty string")
    elif before == "PoweredOff" and requested == "Suspended":
        yield invalid(_STATE, requested, "cannot suspend a VM that is powered off")
    elif before == requested == "PoweredOn" and not any(
        key.startswith(POWER_ON_CHECK) for key in request.old_annotations
    ):
        # Held back from being powered on it is still off.
        yield from _while_on(request)


def _while_on(request: Request) -> Iterator[str]:
    spec, old = request.spec, request.old_spec
    if spec.get("guestID", "") != old.get("guestID", ""):
        yield forbidden("spec.guestID", _NOT_WHILE_ON)
    new_drives = {drive["name"]: drive.get("image") for drive in spec.get("hardware", {}).get("cdrom", ())}
    old_drives = {drive["name"]: drive.get("image") for drive in old.get("hardware", {}).get("cdrom", ())}
    if len(new_drives) != len(old_drives):
        yield forbidden(_CDROM, _NOT_WHILE_ON)
    else:
        if old_drives.keys() - new_drives.keys():
            yield forbidden(f"{_CDROM}.name", "removing CD-ROMs is not allowed when VM is powered on")
        for index, (name, image) in enumerate(new_drives.items()):
            if name not in old_drives:
                yield forbidden(f"{_CDROM}[{index}].name", "adding new CD-ROMs is not allowed when VM is powered on")
            elif image != old_drives[name]:
                yield forbidden(f"{_CDROM}[{index}].image", _NOT_WHILE_ON)
    if spec.get("bootOptions") != old.get("bootOptions"):
        yield forbidden("spec.bootOptions", _NOT_WHILE_ON)


def _hardware_version(request: Request) -> Iterator[str]:
    new, old = request.spec.get("minHardwareVersion", 0), request.old_spec.get("minHardwareVersion", 0)
    if new > _NEWEST_HARDWARE:
        yield invalid(_HARDWARE_VERSION, new, f"should be less than or equal to {_NEWEST_HARDWARE}")
    if request.old is None:
        return
    if new < old:
        yield invalid(_HARDWARE_VERSION, new, "cannot downgrade hardware version")
    if new > old and "PoweredOff" not in (request.spec.get("powerState"), request.old_spec.get("powerState")):
        yield invalid(_HARDWARE_VERSION, new, "cannot upgrade hardware version unless powered off")


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
