"""``pacific:vcenter:VirtualMachineClass``.

Generated from the models by ``python -m pacific_components.package.schema``; do not edit.
"""

from collections.abc import Mapping
from typing import Any, Unpack, overload

import pulumi

from pacific_components.vcenter import outputs
from pacific_components.vcenter.arguments import VirtualMachineClassArgs
from pacific_components.vcenter.properties import VCenterResource


class VirtualMachineClass(VCenterResource):
    """A VM class: the size, reservations and devices of VMs, known to the whole vCenter."""

    config_status: pulumi.Output[str] = pulumi.property("configStatus")
    """State: READY or REMOVING."""
    namespaces: pulumi.Output[list[str]] = pulumi.property("namespaces")
    """Namespaces that offer the class."""
    vms: pulumi.Output[list[str]] = pulumi.property("vms")
    """VMs of the class, by managed object identifier."""
    name: pulumi.Output[str] = pulumi.property("name")
    """Name, an RFC 1123 label of 63 characters at most; absent: the resource's own name."""
    cpu_count: pulumi.Output[int] = pulumi.property("cpuCount")
    """Number of virtual CPUs, a count."""
    memory_mib: pulumi.Output[int] = pulumi.property("memoryMib")
    """Memory, in MiB; a multiple of 4."""
    cpu_reservation: pulumi.Output[int | None] = pulumi.property("cpuReservation")
    """Share of the CPU that is reserved, in percent."""
    memory_reservation: pulumi.Output[int | None] = pulumi.property("memoryReservation")
    """Share of the memory that is reserved, in percent; 100 with devices."""
    description: pulumi.Output[str | None] = pulumi.property("description")
    """Free text, shown in vCenter."""
    devices: pulumi.Output[outputs.VirtualDevices | None] = pulumi.property("devices")
    """Virtual GPUs and PCI devices."""
    instance_storage: pulumi.Output[outputs.InstanceStorage | None] = pulumi.property("instanceStorage")
    """Volumes on storage of the host itself."""
    config_spec: pulumi.Output[Mapping[str, Any] | None] = pulumi.property("configSpec")
    """VirtualMachineConfigSpec of the Web Services API, in its JSON form with _typeName: allocations, devices, hardware
    version, extra configuration. Only what is declared is compared. Needs vCenter 8.0 U2 or newer.
    """
    adopt: pulumi.Output[bool | None] = pulumi.property("adopt")
    """Whether an object that is in vCenter already and carries no stack's mark is adopted when the resource is created.
    An object that another stack has marked is never adopted.
    """

    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        args: VirtualMachineClassArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **args: Unpack[VirtualMachineClassArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        /,
        args: Any = None,
        opts: pulumi.ResourceOptions | None = None,
        **keywords: Any,
    ) -> None:
        super().__init__("pacific:vcenter:VirtualMachineClass", resource_name, args, keywords, opts)
