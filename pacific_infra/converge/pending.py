"""What a VM takes up later than it was asked to, read from its object. Pure.

VM Operator gives a VM the hardware of its class while it is powered off (status.class is the class that it has, and the
condition VirtualMachineClassConfigurationSynced says what is missing).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.documents.fixed_values import SAME_CLASS

MACHINE = "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachine"
POWER_CYCLE = "write powerState: PoweredOff and run pacific up, then PoweredOn and run it again"
"""How a user brings it about."""


def pending_change(machine: Mapping[str, Any]) -> str | None:
    """What a VirtualMachine, as its API gives it, has still to take up, and when; None: nothing."""
    spec, status = machine.get("spec") or {}, machine.get("status") or {}
    if spec.get("powerState") == "PoweredOff":
        return None  # It is taken up now.
    name, present = spec.get("className"), (status.get("class") or {}).get("name")
    conditions = {condition.get("type"): condition for condition in status.get("conditions") or ()}
    synced = conditions.get("VirtualMachineClassConfigurationSynced") or {}
    annotations = (machine.get("metadata") or {}).get("annotations") or {}
    # A class that was itself changed is taken up only by a VM that asks for that.
    ignored = synced.get("reason") == "ClassUpdated" and SAME_CLASS not in annotations
    if (present and name != present) or (synced.get("status") == "False" and not ignored):
        return f"class {name} takes effect at its next power cycle"
    return None


def pending_machines(resources: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """What each recorded VM takes up only later, by document."""
    finder = NodeFinder()
    pending = {}
    for resource in resources:
        remark = pending_change(resource.get("outputs") or {}) if resource["type"] == MACHINE else None
        node = finder.node(resource["urn"], resource.get("parent"))
        if remark is not None and node is not None and not resource.get("delete"):
            pending[node] = remark
    return pending
