"""VirtualMachineClass: sizes that VMs of the VM service can have; they belong to the whole vCenter."""

from typing import Literal

from pydantic import Field

from pacific_infra.documents.model import Document, Metadata, Spec
from pacific_infra.documents.quantity import Memory, mib


class VirtualMachineClassSpec(Spec):
    """The wanted size."""

    cpu_count: int = Field(ge=1, le=960)
    """Number of virtual CPUs."""
    memory: Memory
    """Memory, bytes as a Kubernetes quantity; vCenter counts it in MiB."""
    cpu_reservation: int = Field(default=0, ge=0, le=100)
    """Part of the CPU that is guaranteed, percent; 0 is best effort."""
    memory_reservation: int = Field(default=0, ge=0, le=100)
    """Part of the memory that is guaranteed, percent; 0 is best effort."""
    description: str | None = Field(default=None, max_length=1024)
    """What the class is for."""

    @property
    def memory_mib(self) -> int:
        """Memory in MiB."""
        return mib(self.memory)


class VirtualMachineClass(Document):
    """A size that VMs can have."""

    kind: Literal["VirtualMachineClass"]
    """Always VirtualMachineClass."""
    metadata: Metadata
    """Name and labels; the name becomes the class's identifier."""
    spec: VirtualMachineClassSpec
    """The wanted size."""
