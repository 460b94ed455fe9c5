"""Capacity that zones keep for VMs, to arguments."""

from collections.abc import Iterable

from pacific_components.vcenter import VirtualMachineReservationArgs
from pacific_infra.documents.virtual_machine_class import VirtualMachineReservation


def reservations_args(reservations: Iterable[VirtualMachineReservation]) -> list[VirtualMachineReservationArgs]:
    """Reserved VMs by class."""
    return [{"reserved_vm_class": each.class_name, "count": each.count} for each in reservations]
