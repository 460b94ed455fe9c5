"""VirtualMachineGroup: VMs that are powered on in an order (vmoperator.vmware.com/v1alpha5)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator

from pacific_infra.documents.capabilities import DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import AdoptableSpec, Listed, Model, NamespacedMetadata, Reference, named
from pacific_infra.documents.names import Duration, Label
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.virtual_machine import PowerMode


class GroupMember(Model):
    """A VM of the group, or a group in it."""

    name: Label
    """Its name; it names this group in its own `group`."""
    kind: Literal["VirtualMachine", "VirtualMachineGroup"] = "VirtualMachine"
    """What it is."""


class BootStep(Model):
    """Members that are powered on together."""

    members: Listed[Annotated[GroupMember, BeforeValidator(named)]]
    """The members, by name; a group in it by `{name: NAME, kind: VirtualMachineGroup}`."""
    power_on_delay: Duration | None = None
    """Time before them, after the step before, such as 10s."""


class VirtualMachineGroupSpec(AdoptableSpec):
    """The wanted group."""

    boot_order: Annotated[Listed[BootStep], PLAIN] = ()
    """The members in the order in which they are powered on. Off they go all at once."""
    power_state: Annotated[Literal["PoweredOn", "PoweredOff", "Suspended"] | None, PLAIN] = None
    """The power state of all members, in place of their own; default: each has its own. Once written it stays."""
    power_off_mode: PowerMode | None = None
    """How members are powered off; default: as they say."""
    suspend_mode: PowerMode | None = None
    """How members are suspended; default: as they say."""
    group: Label | None = None
    """The VirtualMachineGroup that it is a member of itself, by name."""

    def problems(self) -> Iterator[Problem]:
        members = [
            (step, index, (member.kind, member.name))
            for step, boot in enumerate(self.boot_order)
            for index, member in enumerate(boot.members)
        ]
        identities = [identity for _, _, identity in members]
        for position, (step, index, identity) in enumerate(members):
            if identity in identities[:position]:
                path = ("bootOrder", step, "members", index)
                yield Problem("a member is powered on once", path, identity[1], fix="remove one of the two")


class VirtualMachineGroup(Document):
    """VMs that belong together: their power, its order, and their placement."""

    kind: Literal["VirtualMachineGroup"]
    """Always VirtualMachineGroup."""
    metadata: NamespacedMetadata
    """Name, namespace and labels."""
    spec: VirtualMachineGroupSpec
    """The wanted group."""

    def own_references(self) -> Iterator[Reference]:
        yield from super().own_references()
        if self.spec.group is not None:
            target = f"VirtualMachineGroup/{self.namespace}/{self.spec.group}"
            yield Reference(target, "reference", ("spec", "group"), required=False)

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield self.declared_object("vmoperator.vmware.com", "VirtualMachineGroup")

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        if self.spec.group == self.name:
            yield Problem("a group cannot be a member of itself", ("spec", "group"), self.spec.group, fix="remove it")
        for step, boot in enumerate(self.spec.boot_order):
            for index, member in enumerate(boot.members):
                if (member.kind, member.name) == (self.kind, self.name):
                    path = ("spec", "bootOrder", step, "members", index)
                    yield Problem("a group cannot be a member of itself", path, member.name, fix="remove it")
