"""What the server fills into a VirtualMachine. Pure but for the time and the identifiers that it makes."""

import copy
import time
import uuid

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.times import rfc3339_nano
from pacific_sandbox.vm_operator.admission.field_errors import forbidden, invalid
from pacific_sandbox.vm_operator.admission.review import Denied, Lookups, Request
from pacific_sandbox.vm_operator.admission.virtual_machine.power import APPLY_POWER_STATE_TIME
from pacific_sandbox.vm_operator.server_filled import BUILD_ANNOTATION, SCHEMA_ANNOTATION, defaults


def fill(request: Request, lookups: Lookups) -> Object:
    """The VirtualMachine as it is to be stored. Raises Denied."""
    vm = copy.deepcopy(request.object)
    spec = vm.setdefault("spec", {})
    if request.old is None:
        _create(vm, spec, request, lookups)
    else:
        _restart_time(spec, request)
        annotations = vm["metadata"].get("annotations") or {}
        changed = spec.get("powerState") != request.old_spec.get("powerState")
        if changed and annotations.get(APPLY_POWER_STATE_TIME) == request.old_annotations.get(APPLY_POWER_STATE_TIME):
            # Its group's delay was for the state that is no longer asked for.
            annotations.pop(APPLY_POWER_STATE_TIME, None)
    return vm


def _create(vm: Object, spec: Object, request: Request, lookups: Lookups) -> None:
    if spec.get("instanceUUID") and not request.privileged:
        raise Denied(forbidden("spec.instanceUUID", "only privileged users may set this field"))
    drives = (spec.get("hardware") or {}).get("cdrom") or []
    for drive in drives:
        if not drive.get("image", {}).get("kind"):
            drive.setdefault("image", {})["kind"] = "VirtualMachineImage"
    if drives and not spec.get("imageName"):
        spec["imageName"] = next((drive for drive in drives if drive.get("connected")), drives[0])["image"].get(
            "name", ""
        )
    annotations = vm["metadata"].get("annotations") or {}
    vm["metadata"]["annotations"] = {**annotations, BUILD_ANNOTATION: "v1.10.0", SCHEMA_ANNOTATION: "v1alpha5"}
    image = _image(spec, request, lookups)
    filled = defaults(spec, image, lambda _: str(uuid.uuid4()))
    for key, value in filled.items():
        if key == "bootstrap":
            spec["bootstrap"]["cloudInit"] |= value["cloudInit"]
        elif isinstance(value, dict):
            spec[key] = {**(spec.get(key) or {}), **value}
        else:
            spec[key] = value


def _image(spec: Object, request: Request, lookups: Lookups) -> Object | None:
    if not spec.get("imageName"):
        return None
    image = lookups.find_image(request.namespace, spec["imageName"])
    if isinstance(image, str):
        raise Denied(image)
    if spec.get("image") and spec["image"] != image:
        raise Denied(invalid("spec.imageName", spec["imageName"], "must refer to the same resource as spec.image"))
    return image


def _restart_time(spec: Object, request: Request) -> None:
    requested, before = spec.get("nextRestartTime", ""), request.old_spec.get("nextRestartTime", "")
    if not requested and before:
        spec["nextRestartTime"] = before
    elif requested.lower() == "now":
        if request.old_spec.get("powerState") != "PoweredOn":
            raise Denied(invalid("spec.nextRestartTime", requested, "can only restart powered on vm"))
        spec["nextRestartTime"] = rfc3339_nano(time.time_ns())
    elif requested != before:
        raise Denied(invalid("spec.nextRestartTime", requested, 'may only be set to "now"'))
