"""A VirtualMachine's status. Pure."""

import uuid
from collections.abc import Sequence
from typing import Final

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.quota.demand import disk_capacity
from pacific_sandbox.reconcile.conditions import with_transitions
from pacific_sandbox.reconcile.times import rfc3339
from pacific_sandbox.supervisor.quantities import bytes_quantity
from pacific_sandbox.vcenter_client.objects import Host, Machine
from pacific_sandbox.vm_operator.conditions import (
    DISK_PROMOTION_SYNCED,
    GUEST_CUSTOMIZATION,
    POWER_STATE_SYNCED,
    READY,
    RECONCILE_READY,
    TOOLS,
    false,
    in_order,
    true,
    unknown,
)

_POWER_STATES: Final = {"poweredOn": "PoweredOn", "poweredOff": "PoweredOff", "suspended": "Suspended"}
_VOLUMES = uuid.UUID("5f0c8f2e-6f7b-5d1c-9b86-6c0f4d8a1e22")


def machine_status(
    vm: Object, machine: Machine, host: Host | None, *, address: str | None, prefix_length: int, zone: str
) -> Object:
    """What the machine says. ``address``: what its guest reports; None before it is up."""
    spec = vm["spec"]
    version = machine.hardware_version.removeprefix("vmx-")
    status: Object = {
        "powerState": _POWER_STATES[machine.power_state],
        "uniqueID": machine.moid,
        "biosUUID": machine.bios_uuid,
        "instanceUUID": machine.instance_uuid,
        "nodeName": host.name if host is not None else None,
        "zone": zone,
        "hardwareVersion": int(version) if version.isdecimal() else None,
        "hardware": {"cpu": {"total": machine.processors}, "memory": {"total": f"{machine.memory}Mi"}},
        "network": None,
    }
    if address is not None:
        interfaces = spec.get("network", {}).get("interfaces") or [{"name": "eth0"}]
        status["network"] = {
            "primaryIP4": address,
            "hostName": spec.get("network", {}).get("hostName") or vm["metadata"]["name"],
            "interfaces": [
                {
                    "name": interfaces[0]["name"],
                    "deviceKey": 4000,
                    "ip": {
                        "addresses": [{"address": f"{address}/{prefix_length}", "origin": "dhcp", "state": "preferred"}]
                    },
                }
            ],
        }
    return status


def machine_conditions(vm: Object, machine: Machine, *, guest_up: bool, ready: bool) -> list[Object]:
    """The conditions that follow from the machine's state."""
    desired, actual = vm["spec"]["powerState"], _POWER_STATES[machine.power_state]
    if desired == actual:
        power = true(POWER_STATE_SYNCED, "Synced", desired)
    else:
        message = f"spec.powerState={desired} != status.powerState={actual}"
        power = false(POWER_STATE_SYNCED, "NotSynced", message)
    tools = true(TOOLS) if guest_up else false(TOOLS, "VirtualMachineToolsNotRunning", "VMware Tools is not running")
    guest = true(GUEST_CUSTOMIZATION) if guest_up else unknown(GUEST_CUSTOMIZATION, "NoGuestInfo")
    conditions = [power, tools, guest, true(RECONCILE_READY)]
    if vm["spec"].get("promoteDisksMode") != "Disabled":
        # No disk here is a child of another.
        conditions.append(true(DISK_PROMOTION_SYNCED))
    if vm["spec"].get("readinessProbe"):
        conditions.append(true(READY) if ready else false(READY, "NotReady", "the guest has not answered yet"))
    return conditions


def static_address(vm: Object) -> str | None:
    """The first IPv4 address that the spec asks for."""
    for interface in vm["spec"].get("network", {}).get("interfaces", ()):
        for address in interface.get("addresses", ()):
            if ":" not in address:
                return str(address.partition("/")[0])
    return None


def volume_statuses(vm: Object, claims: Sequence[tuple[Object, Object | None]], *, created: bool) -> list[Object]:
    """``claims``: each volume of the spec that has a claim, with the claim."""
    statuses = []
    for volume, claim in claims:
        status: Object = {"name": volume["name"], "type": "Managed", "attached": False}
        problem = claim_problem(volume["persistentVolumeClaim"]["claimName"], claim)
        if problem is not None:
            status["error"] = problem
        elif claim is not None:
            size = claim.get("status", {}).get("capacity", {}).get("storage")
            status |= {"attached": created, "requested": claim["spec"]["resources"]["requests"]["storage"]}
            status |= {"limit": size} if size else {}
            if created:
                status["diskUUID"] = str(uuid.uuid5(_VOLUMES, claim["spec"]["volumeName"]))
        statuses.append(status)
    return sorted(statuses, key=lambda status: str(status["name"]))


def storage_status(vm: Object, image: Object | None) -> Object | None:
    """What the machine's own disks take."""
    capacity = disk_capacity(vm, image)
    if not capacity:
        return None
    size = bytes_quantity(capacity)
    return {"requested": {"disks": size}, "total": size}


def claim_problem(name: str, claim: Object | None) -> str | None:
    """Why a claim cannot be attached."""
    if claim is None:
        return f'persistentvolumeclaims "{name}" not found'
    phase = claim.get("status", {}).get("phase")
    return None if phase == "Bound" else f"PersistentVolumeClaim {name} is not bound: phase is {phase}"


def changes(vm: Object, fields: Object, conditions: Sequence[Object], now: float) -> Object | None:
    """The merge patch of status that makes it ``fields`` and ``conditions``, or None where it is so already."""
    before = vm.get("status", {})
    ordered = in_order(with_transitions(conditions, before.get("conditions", ()), rfc3339(now)))
    patch = {key: value for key, value in fields.items() if before.get(key) != value}
    if [_bare(condition) for condition in before.get("conditions", ())] != ordered:
        patch["conditions"] = ordered
    return patch or None


def _bare(condition: Object) -> Object:
    return {key: value for key, value in condition.items() if key != "observedGeneration"}
