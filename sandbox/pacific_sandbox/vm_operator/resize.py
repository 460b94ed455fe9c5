"""Which CPU and memory a VirtualMachine's machine is to have now. Pure.

A new class takes effect when the machine is off, so through a power cycle. A class that was itself changed is taken
over only where the annotation below asks for it. What others have changed in vCenter is reset.
"""

from dataclasses import dataclass
from typing import Final

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.supervisor.quantities import mebibytes, megahertz
from pacific_sandbox.vcenter_client.objects import Machine
from pacific_sandbox.vm_operator.conditions import CLASS_CONFIGURATION_SYNCED, false, true, unknown

SAME_CLASS_RESIZE: Final = "vmoperator.vmware.com/same-vm-class-resize"


@dataclass(frozen=True)
class Hardware:
    """Processors and memory (MiB) of a machine, with what of them is reserved (MHz, MiB); None: as it is."""

    processors: int
    memory: int
    processor_reservation: int | None = None
    memory_reservation: int | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Processors and memory."""
        return self.processors, self.memory

    def is_of(self, machine: Machine) -> bool:
        """Whether a machine has these processors and this memory."""
        return (machine.processors, machine.memory) == self.size


@dataclass(frozen=True)
class Resize:
    """What is to be done."""

    hardware: Hardware | None
    """To be given to the machine; None: it stays as it is."""
    class_name: str
    """The class that the machine then has."""
    condition: Object


def hardware_of(vm_class: Object) -> Hardware:
    """What a class gives."""
    hardware = vm_class["spec"]["hardware"]
    reserved = vm_class["spec"].get("policies", {}).get("resources", {}).get("requests", {})
    return Hardware(
        int(hardware["cpus"]),
        mebibytes(hardware["memory"]),
        megahertz(reserved.get("cpu", 0)),
        mebibytes(reserved.get("memory", 0)),
    )


def resize(vm: Object, vm_class: Object | None, machine: Machine) -> Resize:
    """From the VirtualMachine, the class it names (None: it does not exist) and the machine as it is."""
    class_name, status = vm["spec"].get("className", ""), vm.get("status", {})
    present = status.get("class", {}).get("name", class_name)
    known = _reported(status)
    back = None if known is None or known.is_of(machine) else known
    if vm_class is None:
        return Resize(back, present, unknown(CLASS_CONFIGURATION_SYNCED, "ClassNotFound"))
    of_class = hardware_of(vm_class)
    same = of_class.is_of(machine) if known is None else of_class.size == known.size
    off = machine.power_state == "poweredOff"
    if class_name != present:
        if off:
            return Resize(of_class, class_name, true(CLASS_CONFIGURATION_SYNCED))
        return Resize(back, present, false(CLASS_CONFIGURATION_SYNCED, "ClassNameChanged", ""))
    if same:
        return Resize(back, present, true(CLASS_CONFIGURATION_SYNCED))
    same_class = SAME_CLASS_RESIZE in vm["metadata"].get("annotations", {})
    if same_class and off:
        return Resize(of_class, class_name, true(CLASS_CONFIGURATION_SYNCED))
    reason = "SameClassResize" if same_class else "ClassUpdated"
    return Resize(back, present, false(CLASS_CONFIGURATION_SYNCED, reason, ""))


def _reported(status: Object) -> Hardware | None:
    hardware = status.get("hardware", {})
    processors, memory = hardware.get("cpu", {}).get("total"), hardware.get("memory", {}).get("total")
    return Hardware(processors, mebibytes(memory)) if processors and memory else None
