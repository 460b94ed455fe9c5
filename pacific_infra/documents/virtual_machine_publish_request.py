"""VirtualMachinePublishRequest: a VM becomes an image of a content library (vmoperator.vmware.com/v1alpha5)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.capabilities import DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.fixed_values import FixedValue
from pacific_infra.documents.model import AdoptableSpec, NamespacedMetadata, Reference
from pacific_infra.documents.names import InventoryName, Label, ObjectName
from pacific_infra.documents.offered import Offering


class VirtualMachinePublishRequestSpec(AdoptableSpec):
    """What is published, and where."""

    virtual_machine: Label
    """The VM: a reference to the document VirtualMachine/<virtualMachine>. Cannot change."""
    content_library: ObjectName
    """The library, one of the namespace that is writable: name of its ContentLibrary object, as `kubectl get
    contentlibraries` lists it. Cannot change."""
    item: InventoryName | None = None
    """Name of the item in the library; default: <virtualMachine>-image. Cannot change."""
    description: str | None = None
    """Description of the item. Cannot change."""
    backoff_limit: Annotated[int, Field(ge=0)] = 3
    """How many times it is tried; 0 is no limit."""


class VirtualMachinePublishRequest(Document):
    """A VM as an image of a content library. It is published once; another request publishes it again."""

    kind: Literal["VirtualMachinePublishRequest"]
    """Always VirtualMachinePublishRequest."""
    metadata: NamespacedMetadata
    """Name, namespace and labels."""
    spec: VirtualMachinePublishRequestSpec
    """What is published, and where."""

    def own_references(self) -> Iterator[Reference]:
        yield from super().own_references()
        target = f"VirtualMachine/{self.namespace}/{self.spec.virtual_machine}"
        yield Reference(target, "reference", ("spec", "virtualMachine"))

    def fixed_values(self) -> Iterator[FixedValue]:
        token, spec = "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachinePublishRequest", self.spec
        target = ("spec", "target")
        yield FixedValue(("spec", "virtualMachine"), token, ("spec", "source", "name"), spec.virtual_machine)
        yield FixedValue(("spec", "contentLibrary"), token, (*target, "location", "name"), spec.content_library)
        yield FixedValue(("spec", "item"), token, (*target, "item", "name"), spec.item)
        yield FixedValue(("spec", "description"), token, (*target, "item", "description"), spec.description)

    def offers(self) -> Iterator[Offering]:
        yield Offering("images", self.spec.item or f"{self.spec.virtual_machine}-image")

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield self.declared_object("vmoperator.vmware.com", "VirtualMachinePublishRequest")
