"""VirtualMachineClass, and vCenter's ``namespace_management.VirtualMachineClasses.CreateSpec``."""

from pacific_infra.documents.lowering.table import Field, Part, Table, same
from pacific_infra.documents.lowering.units import MIB, ListOf
from pacific_infra.documents.virtual_machine_class import (
    DynamicDirectPathIoDevice,
    InstanceStorage,
    InstanceStorageVolume,
    VgpuDevice,
    VirtualDevices,
    VirtualMachineClassSpec,
    VirtualMachineReservation,
)

RESERVATION = Table(VirtualMachineReservation, (Field("class", "reservedVmClass"), Field("count", "count")))
PCI_DEVICE = Table(
    DynamicDirectPathIoDevice,
    same("vendorId", "deviceId", "customLabel"),
)
DEVICES = Table(
    VirtualDevices,
    (
        Field("vgpuDevices", "vgpuDevices", ListOf(Part(Table(VgpuDevice, (Field("profileName", "profileName"),))))),
        Field("dynamicDirectPathIoDevices", "dynamicDirectPathIoDevices", ListOf(Part(PCI_DEVICE))),
    ),
)
INSTANCE_STORAGE = Table(
    InstanceStorage,
    (
        Field("storagePolicy", "policy"),
        Field("volumes", "volumes", ListOf(Part(Table(InstanceStorageVolume, (Field("size", "size", MIB),))))),
    ),
)
VIRTUAL_MACHINE_CLASS = Table(
    VirtualMachineClassSpec,
    (
        Field("cpuCount", "cpuCount"),
        Field("memory", "memoryMib", MIB),
        Field("cpuReservation", "cpuReservation", absent=0),
        Field("memoryReservation", "memoryReservation", absent=0),
        Field("description", "description"),
        Field("devices", "devices", Part(DEVICES)),
        Field("instanceStorage", "instanceStorage", Part(INSTANCE_STORAGE)),
        Field("configSpec", "configSpec"),
        Field("adopt", "adopt", absent=False),
    ),
    not_at_vcenter={"external": "decides which model it is", "dependsOn": "is the order of the estate"},
    not_in_documents={"name": "is the document's metadata.name"},
)
