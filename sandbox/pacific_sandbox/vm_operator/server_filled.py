"""What the server fills into a VirtualMachine. Pure.

Admission does it; the controller does it for what came past admission, and adds the finalizer.
"""

import uuid
from collections.abc import Callable
from typing import Final

from pacific_sandbox.kubernetes_api import Object

FINALIZER: Final = "vmoperator.vmware.com/virtualmachine"
BUILD_ANNOTATION: Final = "vmoperator.vmware.com/created-at-build-version"
SCHEMA_ANNOTATION: Final = "vmoperator.vmware.com/created-at-schema-version"
_NAMES = uuid.UUID("0b4d2a7e-7c59-5a3c-8a43-0f5d2c8e9b11")


def server_filled(vm: Object, image: Object | None) -> Object | None:
    """The merge patch that fills in what is missing, or None. ``image``: the resolved reference of spec.imageName."""
    metadata, spec = vm["metadata"], vm["spec"]
    patch: Object = {}
    if FINALIZER not in metadata.get("finalizers", ()):
        patch["metadata"] = {
            "finalizers": [*metadata.get("finalizers", ()), FINALIZER],
            "annotations": {BUILD_ANNOTATION: "v1.10.0", SCHEMA_ANNOTATION: "v1alpha5"},
        }
    # From the object's uid, so that a repeated write gives the same.
    filled = defaults(spec, image, lambda field: str(uuid.uuid5(_NAMES, f"{metadata['uid']}/{field}")))
    if filled:
        patch["spec"] = filled
    if not patch:
        return None
    # With its version, so that a spec that has changed meanwhile is read again.
    patch.setdefault("metadata", {})["resourceVersion"] = metadata["resourceVersion"]
    return patch


def defaults(spec: Object, image: Object | None, new_uuid: Callable[[str], str]) -> Object:
    """The fields of spec that are missing. ``new_uuid`` makes the identifier ``bios`` or ``instance``."""
    bios_uuid = spec.get("biosUUID") or new_uuid("bios")
    values = {
        "biosUUID": bios_uuid,
        "instanceUUID": spec.get("instanceUUID") or new_uuid("instance"),
        "powerState": "PoweredOn",
        "powerOffMode": "TrySoft",
        "suspendMode": "TrySoft",
        "restartMode": "TrySoft",
        "promoteDisksMode": "Online",
    }
    filled: Object = {key: value for key, value in values.items() if not spec.get(key)}
    if image is not None and "image" not in spec:
        filled["image"] = image
    if "cloudInit" in spec.get("bootstrap", {}) and not spec["bootstrap"]["cloudInit"].get("instanceID"):
        filled["bootstrap"] = {"cloudInit": {"instanceID": bios_uuid}}
    network = spec.get("network", {})
    if not network.get("disabled") and not network.get("interfaces"):
        filled["network"] = {"interfaces": [{"name": "eth0"}]}
    if not spec.get("hardware", {}).get("ideControllers"):
        filled["hardware"] = {"ideControllers": [{"busNumber": 0}, {"busNumber": 1}]}
    return filled
