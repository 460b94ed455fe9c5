"""Brings a VirtualMachine's machine into the power state that is asked for, and restarts it."""

import time
from collections.abc import Sequence
from typing import Final

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.times import rfc3339, seconds_of
from pacific_sandbox.vcenter_client.inventory import VCenterInventory
from pacific_sandbox.vcenter_client.objects import Machine, PowerState
from pacific_sandbox.vm_operator.admission.virtual_machine.power import APPLY_POWER_STATE_TIME, POWER_ON_CHECK
from pacific_sandbox.vm_operator.virtual_machine_status import claim_problem

_STATES: Final[dict[str, PowerState]] = {
    "PoweredOn": "poweredOn",
    "PoweredOff": "poweredOff",
    "Suspended": "suspended",
}
Claims = Sequence[tuple[Object, Object | None]]
"""Each volume of the spec that has a claim, with the claim."""


async def power(
    inventory: VCenterInventory, vm: Object, machine: Machine, claims: Claims
) -> tuple[Machine, str | None]:
    """The machine in the power state asked for, or as it is with what it waits for."""
    power_state = _STATES[vm["spec"]["powerState"]]
    if machine.power_state == power_state:
        return machine, None
    pending = waits_for(vm, claims, time.time())
    if pending is not None:
        return machine, pending
    if power_state == "suspended" and machine.power_state != "poweredOn":
        return machine, None
    return await inventory.power(machine, power_state), None


def waits_for(vm: Object, claims: Claims, now: float) -> str | None:
    """Why the power state cannot change yet."""
    annotations = vm["metadata"].get("annotations", {})
    apply_at = annotations.get(APPLY_POWER_STATE_TIME)
    if apply_at is not None and seconds_of(apply_at) > now:
        return f"its group changes the power state at {apply_at}"
    if vm["spec"]["powerState"] != "PoweredOn":
        return None
    check = next((annotation for annotation in annotations if annotation.startswith(POWER_ON_CHECK)), None)
    if check is not None:
        return f"power on is held back by annotation {check}"
    pending = [
        volume["name"] for volume, claim in claims if claim_problem(volume["persistentVolumeClaim"]["claimName"], claim)
    ]
    if pending:
        return f'one or more persistent volumes is pending: notFound="", notAttached="{",".join(pending)}"'
    return None


async def restart(inventory: VCenterInventory, vm: Object, machine: Machine) -> tuple[Machine, str | None]:
    """Restart a machine whose time for it has come: the machine, and when it was restarted last."""
    requested, before = vm["spec"].get("nextRestartTime"), vm.get("status", {}).get("lastRestartTime")
    if not requested or machine.power_state != "poweredOn" or vm["spec"]["powerState"] != "PoweredOn":
        return machine, before
    due = seconds_of(requested)
    # The status has whole seconds: a restart counts for every wish of the second it was made in.
    if due > time.time() or (before is not None and seconds_of(before) >= int(due)):
        return machine, before
    machine = await inventory.power(machine, "poweredOff")
    return await inventory.power(machine, "poweredOn"), rfc3339(time.time())
