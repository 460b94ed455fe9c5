"""Readiness probe, boot options, drives, boot disk and group of a VirtualMachine. Pure."""

from collections.abc import Iterator

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.supervisor.quantities import parse_quantity
from pacific_sandbox.vm_operator.admission.field_errors import (
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
)
from pacific_sandbox.vm_operator.admission.review import Lookups, Request

_MEBIBYTE = 2**20
_ZONE, _HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
_IMAGE_KINDS = ("VirtualMachineImage", "ClusterVirtualMachineImage")


def check(request: Request, _: Lookups) -> Iterator[str]:
    """Rules for a create and for an update."""
    spec = request.spec
    probe = spec.get("readinessProbe") or {}
    if sum(bool(probe.get(action)) for action in ("tcpSocket", "guestHeartbeat", "guestInfo")) > 1:
        yield forbidden("spec.readinessProbe", "only one action can be specified")
    capacity = (spec.get("advanced") or {}).get("bootDiskCapacity")
    if capacity and parse_quantity(capacity) % _MEBIBYTE:
        yield invalid("spec.advanced.bootDiskCapacity", int(parse_quantity(capacity)), "value must be a multiple of MB")
    boot = spec.get("bootOptions") or {}
    if "bootRetryDelay" in boot and boot.get("bootRetry") != "Enabled":
        yield required("spec.bootOptions.bootRetry", "bootRetry must be set when setting bootRetryDelay")
    if boot.get("efiSecureBoot") == "Enabled" and boot.get("firmware") != "efi":
        yield forbidden("spec.bootOptions.efiSecureBoot", "cannot set efiSecureBoot when image firmware is not 'efi'")
    if request.old is None and "bootOrder" in boot:
        yield forbidden("spec.bootOptions.bootOrder", "when creating a VM")
    if spec.get("affinity") and not spec.get("groupName"):
        yield required("spec.groupName", "when setting affinity")
    yield from _affinity(spec.get("affinity") or {})
    yield from _drives(request)


def _affinity(affinity: Object) -> Iterator[str]:
    """Hosts are taken only for what is kept apart if it can be; of users."""
    for rule in ("vmAffinity", "vmAntiAffinity"):
        for strength in ("required", "preferred"):
            field = f"{strength}DuringSchedulingPreferredDuringExecution"
            hosts = rule == "vmAntiAffinity" and strength == "preferred"
            allowed = (_ZONE, _HOST) if hosts else (_ZONE,)
            for index, term in enumerate((affinity.get(rule) or {}).get(field) or ()):
                if term.get("topologyKey") not in allowed:
                    path = f"spec.affinity.{rule}.{field}[{index}].topologyKey"
                    yield not_supported(path, term.get("topologyKey", ""), allowed)


def _drives(request: Request) -> Iterator[str]:
    drives = (request.spec.get("hardware") or {}).get("cdrom") or ()
    if drives and not request.spec.get("guestID"):
        yield required("spec.guestID", "when deploying a VM with CD-ROMs")
    seen = set()
    for index, drive in enumerate(drives):
        path, image = f"spec.hardware.cdrom[{index}].image", drive.get("image", {})
        if image.get("kind") not in _IMAGE_KINDS:
            yield not_supported(f"{path}.kind", image.get("kind", ""), _IMAGE_KINDS)
        if image.get("name") in seen:
            yield duplicate(f"{path}.name", image["name"])
        seen.add(image.get("name"))
