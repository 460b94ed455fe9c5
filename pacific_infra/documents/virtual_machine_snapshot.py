"""VirtualMachineSnapshot: a VM as it was at one time (vmoperator.vmware.com/v1alpha5)."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pacific_infra.documents.capabilities import DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.fixed_values import FixedValue
from pacific_infra.documents.model import AdoptableSpec, DeletionPolicy, NamespacedMetadata, Reference
from pacific_infra.documents.names import Duration, Label


class VirtualMachineSnapshotSpec(AdoptableSpec):
    """The wanted snapshot."""

    virtual_machine: Label
    """The VM: a reference to the document VirtualMachine/<virtualMachine>. Cannot change."""
    memory: bool = False
    """Whether its memory is kept too; else a VM that goes back to it is powered off first. Cannot change."""
    quiesce_timeout: Duration | None = None
    """How long VMware Tools may take to bring the file systems to rest, of 5m to 240m; default: they are not brought to
    rest. Cannot change."""
    description: str | None = None
    """What it is for."""
    deletion_policy: DeletionPolicy = "Retain"
    """What happens when the document is removed: Retain leaves the snapshot, Delete deletes it."""


class VirtualMachineSnapshot(Document):
    """A snapshot of a VM: its disks, and its memory if that is asked for."""

    kind: Literal["VirtualMachineSnapshot"]
    """Always VirtualMachineSnapshot."""
    metadata: NamespacedMetadata
    """Name, namespace and labels."""
    spec: VirtualMachineSnapshotSpec
    """The wanted snapshot."""

    @property
    def holds_data(self) -> bool:
        """True: the VM as it was."""
        return True

    def own_references(self) -> Iterator[Reference]:
        yield from super().own_references()
        target = f"VirtualMachine/{self.namespace}/{self.spec.virtual_machine}"
        yield Reference(target, "reference", ("spec", "virtualMachine"))

    def fixed_values(self) -> Iterator[FixedValue]:
        token, spec = "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachineSnapshot", self.spec
        yield FixedValue(("spec", "virtualMachine"), token, ("spec", "vmName"), spec.virtual_machine)
        yield FixedValue(("spec", "memory"), token, ("spec", "memory"), spec.memory)
        yield FixedValue(("spec", "quiesceTimeout"), token, ("spec", "quiesce", "timeout"), spec.quiesce_timeout)

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield self.declared_object("vmoperator.vmware.com", "VirtualMachineSnapshot")
