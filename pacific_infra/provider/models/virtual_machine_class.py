"""``pacific:vcenter:VirtualMachineClass``: a VM class of the VM Service.

Follows ``namespace_management.VirtualMachineClasses.CreateSpec`` of the vSphere Automation API 8.0 U3 to 9.1.
"""

from typing import Annotated, Any, Self

from pydantic import model_validator

from pacific_infra.provider.models.model import ADOPT, NAME_PATTERN, V8_0_2, Meta, Model, RuleBroken, described


class VgpuDevice(Model):
    """A virtual GPU."""

    profile_name: str = described("Name of the vGPU profile.", min_length=1)


class DynamicDirectPathIoDevice(Model):
    """A PCI device that is passed through."""

    vendor_id: int = described("PCI vendor identifier, a number.", ge=0)
    device_id: int = described("PCI device identifier, a number.", ge=0)
    custom_label: str | None = described("Label that the host's device must have.", default=None)


class VirtualDevices(Model):
    """Devices of each VM of the class."""

    vgpu_devices: list[VgpuDevice] | None = described("Virtual GPUs.", default=None)
    dynamic_direct_path_io_devices: Annotated[
        list[DynamicDirectPathIoDevice] | None, Meta(wire="dynamic_direct_path_IO_devices")
    ] = described("PCI devices that are passed through.", default=None)


class InstanceStorageVolume(Model):
    """A volume on storage of the host itself."""

    size: int = described("Size, in MiB.", ge=1)


class InstanceStorage(Model):
    """Storage of the host itself for each VM of the class."""

    policy: Annotated[str, Meta(reference="storage policy")] = described(
        "Storage policy, by name or by profile identifier.", min_length=1
    )
    volumes: list[InstanceStorageVolume] = described("Volumes of each VM.")


class VirtualMachineClassInputs(Model):
    """A VM class: the size, reservations and devices of VMs, known to the whole vCenter."""

    name: Annotated[str, Meta(wire="id", replace=True)] = described(
        "Name, an RFC 1123 label of 63 characters at most; absent: the resource's own name.", pattern=NAME_PATTERN
    )
    cpu_count: int = described("Number of virtual CPUs, a count.", ge=1)
    memory_mib: Annotated[int, Meta(wire="memory_MB")] = described("Memory, in MiB; a multiple of 4.", ge=4)
    cpu_reservation: int | None = described(
        "Share of the CPU that is reserved, in percent.", default=None, ge=0, le=100
    )
    memory_reservation: int | None = described(
        "Share of the memory that is reserved, in percent; 100 with devices.", default=None, ge=0, le=100
    )
    description: str | None = described("Free text, shown in vCenter.", default=None)
    devices: VirtualDevices | None = described("Virtual GPUs and PCI devices.", default=None)
    instance_storage: InstanceStorage | None = described("Volumes on storage of the host itself.", default=None)
    config_spec: Annotated[dict[str, Any] | None, Meta(since=V8_0_2)] = described(
        "VirtualMachineConfigSpec of the Web Services API, in its JSON form with _typeName: allocations, devices, "
        "hardware version, extra configuration. Only what is declared is compared.",
        default=None,
    )
    adopt: Annotated[bool | None, Meta(local=True, at_creation=True)] = described(ADOPT, default=None)

    @model_validator(mode="after")
    def _rules_of_hardware(self) -> Self:
        if self.memory_mib % 4:
            raise RuleBroken("memoryMib", f"got {self.memory_mib}; allowed: a multiple of 4")
        devices = self.devices
        passed_through = devices and (devices.vgpu_devices or devices.dynamic_direct_path_io_devices)
        if passed_through and self.memory_reservation != 100:
            reason = f"got {self.memory_reservation}; allowed with virtual GPUs or PCI devices: 100"
            raise RuleBroken("memoryReservation", reason)
        return self


class VirtualMachineClassOutputs(Model):
    """What vCenter adds to a VM class."""

    config_status: str = described("State: READY or REMOVING.")
    namespaces: Annotated[list[str], Meta(key=("",))] = described("Namespaces that offer the class.")
    vms: Annotated[list[str], Meta(key=("",))] = described("VMs of the class, by managed object identifier.")
