"""Virtual machines that run in vCenter and are taken over by the VM service (8.0 U3).

``vcenter.VM.list`` and ``namespaces.Instances.register_VM`` of vCenter's API, as ``govc namespace.registervm`` has it.
"""

from dataclasses import dataclass
from urllib.parse import quote

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import AlreadyExists, InvalidArgument, NotFound
from pacific_infra.vcenter.reading import lower_names


@dataclass(frozen=True)
class RunningMachine:
    """A VM of vCenter's inventory."""

    identifier: str
    """``vm-42``"""
    name: str


async def find_machine(client: VCenterClient, machine: str) -> RunningMachine:
    """The VM with this name or identifier. Raises PacificError where there is none, or several have the name."""
    for field in ("names", "vms"):
        answer = lower_names(await client.get("/vcenter/vm", {field: machine})) or []
        if len(answer) > 1:
            identifiers = sorted(str(item["vm"]) for item in answer)
            problem = f"{len(answer)} VMs have that name"
            raise PacificError(problem, value=machine, allowed=identifiers, fix="give the identifier")
        if answer:
            return RunningMachine(str(answer[0]["vm"]), str(answer[0]["name"]))
    raise PacificError("no such VM in vCenter", value=machine, fix="look at its name or identifier in vCenter")


async def register_machine(client: VCenterClient, namespace: str, machine: RunningMachine) -> str:
    """Begin to make a VirtualMachine of a VM that is in the namespace's folder. Returns the task.

    Raises PacificError with vCenter's reason, and VCenterError. It is not repeated: it is not idempotent.
    """
    path = f"/vcenter/namespaces/instances/{quote(namespace, safe='')}/registervm"
    try:
        return str(await client.post(path, {"vm": machine.identifier}))
    except AlreadyExists as error:
        fix = "write its document with adopt: true, and run pacific up"
        problem = f"the VM service has this VM already: {error.problem}"
        raise PacificError(problem, value=machine.name, fix=fix) from None
    except (InvalidArgument, NotFound) as error:
        fix = "move the VM into the namespace's folder; it must have been made by the VM service, or be restored"
        raise PacificError(error.problem, value=machine.name, fix=fix) from None
