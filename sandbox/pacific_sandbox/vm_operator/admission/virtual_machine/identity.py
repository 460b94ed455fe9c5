"""What a VirtualMachine is: identifiers, zone, policies, and the annotations that only the platform writes. Pure."""

import uuid
from collections.abc import Iterator, Mapping

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.vm_operator.admission.field_errors import forbidden, immutable, invalid
from pacific_sandbox.vm_operator.admission.review import Lookups, Request

ZONE = "topology.kubernetes.io/zone"
_MODULE = "vsphere-cluster-module-group"
_PAUSED = "vmoperator.vmware.com/paused"
_RESTRICTED = (
    "vmoperator.vmware.com/cloud-init-instance-id",
    "virtualmachine.vmoperator.vmware.com/first-boot-done",
    "vmoperator.vmware.com/restored-vm",
    "vmoperator.vmware.com/failed-over-vm",
    "vmoperator.vmware.com/imported-vm",
)
_WRITTEN_AT_CREATE = (
    "vmoperator.vmware.com/created-at-build-version",
    "vmoperator.vmware.com/created-at-schema-version",
)
_NOT_BY_USERS = "modifying this annotation is not allowed for non-admin users"
_CHECKS = (("poweron.check.vmoperator.vmware.com/", True), ("delete.check.vmoperator.vmware.com/", False))
"""Prefixes of annotations that hold something back, and whether a user may give one to a new machine."""


def check(request: Request, lookups: Lookups) -> Iterator[str]:
    """Rules for a create and for an update."""
    spec, old = request.spec, request.old_spec
    for field in ("biosUUID", "instanceUUID"):
        if old.get(field):
            yield from immutable(f"spec.{field}", spec.get(field), old[field])
    if request.old is None and spec.get("biosUUID") and not _is_uuid(spec["biosUUID"]):
        yield invalid("spec.biosUUID", spec["biosUUID"], "must provide a valid UUID")
    policy = (spec.get("reserved") or {}).get("resourcePolicyName")
    if request.old is not None:
        old_policy = (old.get("reserved") or {}).get("resourcePolicyName")
        yield from immutable("spec.reserved.resourcePolicyName", policy, old_policy)
        if spec.get("affinity") != old.get("affinity"):
            yield forbidden("spec.affinity", "updating Affinity is not allowed")
    yield from _zone(request, lookups)
    if request.annotations.get(_MODULE) and not policy:
        detail = (
            "cluster module assignment requires spec.reserved.resourcePolicyName to specify a "
            "VirtualMachineSetResourcePolicy"
        )
        yield forbidden(f"metadata.annotations[{_MODULE}]", detail)
    if not request.privileged:
        yield from _annotations(request)
        yield from _checks(request)


def _zone(request: Request, lookups: Lookups) -> Iterator[str]:
    path = f"metadata.labels[{ZONE}]"
    zone = _labels(request.object).get(ZONE, "")
    before = _labels(request.old).get(ZONE, "")
    if before:
        if not request.privileged:
            yield from immutable(path, zone, before)
    elif zone:
        zone_object = lookups.zone(request.namespace, zone)
        if zone_object is None:
            yield invalid(path, zone, f'zones.topology.tanzu.vmware.com "{zone}" not found')
        elif "deletionTimestamp" in zone_object["metadata"] and not request.privileged:
            yield invalid(path, zone, "cannot use zone that is being deleted")


def _annotations(request: Request) -> Iterator[str]:
    new, old = request.annotations, request.old_annotations
    kept = _RESTRICTED if request.old is None else (*_RESTRICTED, *_WRITTEN_AT_CREATE, _MODULE)
    for key in kept:
        if new.get(key) != old.get(key):
            yield forbidden(f"metadata.annotations[{key}]", _NOT_BY_USERS)
    if _labels(request.object).get(_PAUSED) != _labels(request.old).get(_PAUSED):
        yield forbidden(f"metadata.labels.{_PAUSED}", "modifying this label is not allowed for non-admin users")


def _checks(request: Request) -> Iterator[str]:
    new, old = request.annotations, request.old_annotations
    for prefix, at_create in _CHECKS:
        for key in old:
            if key.startswith(prefix) and key not in new:
                yield forbidden(
                    f"metadata.annotations.{key}", "removing this annotation is restricted to privileged users"
                )
        for key in new:
            if not key.startswith(prefix):
                continue
            if key not in old and not (at_create and request.old is None):
                yield forbidden(
                    f"metadata.annotations.{key}", "adding this annotation is restricted to privileged users"
                )
            elif key in old and new[key] != old[key]:
                yield forbidden(
                    f"metadata.annotations.{key}", "modifying this annotation is restricted to privileged users"
                )


def _labels(item: Object | None) -> Mapping[str, str]:
    return (item or {"metadata": {}})["metadata"].get("labels") or {}


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
