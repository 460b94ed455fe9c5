"""VirtualMachineClass: sizes that VMs of the VM service can have; they belong to the whole vCenter.

Follows VirtualMachineClasses.CreateSpec of vCenter's namespace-management API.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from pacific_infra.documents.capabilities import VCENTER, DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.marks import DOCUMENT_ONLY, AtVCenter
from pacific_infra.documents.model import AdoptableSpec, CheckedModel, Listed, Metadata, Model, Reference
from pacific_infra.documents.names import MachineClassName, StoragePolicyName
from pacific_infra.documents.numbers import Count
from pacific_infra.documents.problems import Problem, problems_error, repeated
from pacific_infra.documents.quantity import Memory, mib
from pacific_infra.documents.source import Path

CONFIG_SPEC_TYPE = "VirtualMachineConfigSpec"
_HIGHEST_PCI_IDENTIFIER = 0xFFFF
_HEXADECIMAL = re.compile(r"0[xX][0-9a-fA-F]{1,4}")
_MEMORY_STEP_MIB = 4


def _pci_identifier(value: object) -> object:
    number = int(value, 16) if isinstance(value, str) and _HEXADECIMAL.fullmatch(value) else value
    if type(number) is not int or not 0 <= number <= _HIGHEST_PCI_IDENTIFIER:
        allowed = "0x and 1 to 4 hexadecimal digits, or a number of 0 to 65535"
        raise problems_error(Problem("not a PCI identifier", (), value, allowed))
    return number


PciIdentifier = Annotated[
    int,
    BeforeValidator(_pci_identifier),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": _HIGHEST_PCI_IDENTIFIER},
                {"type": "string", "pattern": f"^{_HEXADECIMAL.pattern}$"},
            ],
            "examples": ["0x10DE", 4318],
        }
    ),
]
"""A vendor's or device's number on the PCI bus, as lspci prints it or decimal."""


class VirtualMachineReservation(Model):
    """Capacity that a zone keeps for a number of VMs of one class."""

    class_name: Annotated[MachineClassName, AtVCenter("reservedVmClass")] = Field(
        validation_alias="class", serialization_alias="class"
    )
    """The VM class: a document of the estate, or a class that vCenter has already."""
    count: Count
    """How many VMs."""


def reservation_problems(reservations: Sequence[VirtualMachineReservation]) -> Iterator[Problem]:
    """What is wrong with the field ``virtualMachineReservations``."""
    yield from repeated(
        "virtualMachineReservations", [reservation.class_name for reservation in reservations], ("class",)
    )


def reservation_references(reservations: Sequence[VirtualMachineReservation], path: Path) -> Iterator[Reference]:
    """The VM classes that ``reservations``, which lie at ``path``, name."""
    for index, reservation in enumerate(reservations):
        where = (*path, "virtualMachineReservations", index, "class")
        yield Reference(f"VirtualMachineClass/{reservation.class_name}", "reference", where, required=False)


class VgpuDevice(Model):
    """A virtual GPU."""

    profile_name: str = Field(min_length=1)
    """The vGPU profile, such as grid_t4-8q."""


class DynamicDirectPathIoDevice(Model):
    """A PCI device of the host that is passed through."""

    vendor_id: PciIdentifier
    """PCI identifier of the vendor, such as 0x10DE or 4318."""
    device_id: PciIdentifier
    """PCI identifier of the device, such as 0x1EB8 or 7864."""
    custom_label: str | None = None
    """Label that the device must have on its host."""


class VirtualDevices(CheckedModel):
    """Devices of each VM of the class."""

    vgpu_devices: Listed[VgpuDevice] = ()
    """Virtual GPUs."""
    dynamic_direct_path_io_devices: Listed[DynamicDirectPathIoDevice] = ()
    """PCI devices of the host that are passed through."""

    def problems(self) -> Iterator[Problem]:
        if not self.vgpu_devices and not self.dynamic_direct_path_io_devices:
            yield Problem("devices names none", fix="add vgpuDevices or dynamicDirectPathIoDevices, or remove devices")


class InstanceStorageVolume(Model):
    """A volume on storage of the host itself."""

    size: Memory
    """Size, bytes as a Kubernetes quantity; vCenter counts whole MiB, rounded up."""

    @property
    def size_mib(self) -> int:
        """Size in MiB."""
        return mib(self.size)


class InstanceStorage(Model):
    """Storage of the host itself, which is lost with it, for each VM of the class."""

    storage_policy: Annotated[StoragePolicyName, AtVCenter("policy")]
    """Storage policy of the volumes, by name or identifier."""
    volumes: Listed[InstanceStorageVolume] = Field(min_length=1)
    """The volumes of each VM."""


class VirtualMachineClassSpec(AdoptableSpec):
    """The wanted size."""

    external: Annotated[Literal[False], DOCUMENT_ONLY] = False
    """true, or {stack: PROJECT/STACK}: somebody else owns the class, and it is only looked up; see
    ExternalVirtualMachineClassSpec."""
    cpu_count: int = Field(ge=1, le=960)
    """Number of virtual CPUs."""
    memory: Annotated[Memory, AtVCenter("memoryMib")]
    """Memory, bytes as a Kubernetes quantity; a multiple of 4Mi."""
    cpu_reservation: Annotated[int, AtVCenter(absent=0)] = Field(default=0, ge=0, le=100)
    """Part of the CPU that is guaranteed, percent; 0 is best effort."""
    memory_reservation: Annotated[int, AtVCenter(absent=0)] = Field(default=0, ge=0, le=100)
    """Part of the memory that is guaranteed, percent; 0 is best effort, 100 is needed with `devices`."""
    description: str | None = Field(default=None, max_length=1024)
    """What the class is for."""
    devices: VirtualDevices | None = None
    """Virtual GPUs and PCI devices of each VM."""
    instance_storage: InstanceStorage | None = None
    """Volumes of each VM on storage of the host itself."""
    config_spec: dict[str, Any] | None = None
    """VirtualMachineConfigSpec of vSphere's Web Services API in its JSON form (vCenter 8.0 U2): hardware version,
    latency sensitivity, extra configuration and all else that a class has no field for. Only what is said is
    compared."""

    @property
    def memory_mib(self) -> int:
        """Memory in MiB."""
        return mib(self.memory)

    def problems(self) -> Iterator[Problem]:
        if self.memory_mib % _MEMORY_STEP_MIB:
            problem = "the memory of a VM class must be a multiple of 4Mi"
            below = self.memory_mib // _MEMORY_STEP_MIB * _MEMORY_STEP_MIB
            near = " or ".join(f"{size}Mi" for size in (below, below + _MEMORY_STEP_MIB) if size)
            yield Problem(problem, ("memory",), self.memory, "a multiple of 4Mi", f"write {near}")
        if self.devices is not None and self.memory_reservation != 100:
            problem = "a VM class with devices guarantees all of its memory"
            path = ("memoryReservation",)
            yield Problem(problem, path, self.memory_reservation, "100", "set memoryReservation: 100")
        type_name = (self.config_spec or {}).get("_typeName", CONFIG_SPEC_TYPE)
        if type_name != CONFIG_SPEC_TYPE:
            yield Problem("not a configSpec", ("configSpec", "_typeName"), type_name, CONFIG_SPEC_TYPE)


class VirtualMachineClass(Document):
    """A size that VMs can have."""

    kind: Literal["VirtualMachineClass"]
    """Always VirtualMachineClass."""
    metadata: Metadata
    """Name and labels; the name becomes the class's identifier."""
    spec: VirtualMachineClassSpec
    """The wanted size."""

    @property
    def summary(self) -> Mapping[str, object]:
        """Its size."""
        return {"cpuCount": self.spec.cpu_count, "memory": self.spec.memory}

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield DeclaredObject(VCENTER, VCENTER, "VirtualMachineClass", "", self.name)
