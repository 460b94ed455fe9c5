"""What a VM is besides its class: boot options, CD-ROM drives, encryption, and which VMs it is placed with.

Fields are those of the spec of VM Operator's VirtualMachine (api/v1alpha5 of VM Operator v1.10.0), and its webhook's
rules are checked here.
"""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field

from pacific_infra.documents.model import CheckedModel, Listed, Model
from pacific_infra.documents.names import Duration, Label, Labels, ObjectName
from pacific_infra.documents.problems import Problem

ZONE: Final = "topology.kubernetes.io/zone"
HOST: Final = "kubernetes.io/hostname"
Switch = Literal["Enabled", "Disabled"]


class BootOptions(CheckedModel):
    """How the VM boots. A change needs the VM powered off."""

    firmware: Literal["bios", "efi"] | None = None
    """The firmware; default: the image's, else the class's, else bios. Cannot change."""
    efi_secure_boot: Switch | None = None
    """Whether only signed images are started; needs firmware efi."""
    boot_delay: Duration | None = None
    """Time between power-on and boot, such as 10s."""
    boot_retry: Switch | None = None
    """Whether a VM that fails to boot tries again; default: it waits."""
    boot_retry_delay: Duration | None = None
    """Time before it tries again, such as 10s."""
    network_boot_protocol: Literal["IP4", "IP6"] | None = None
    """Protocol of a boot from the network; default: IP4."""

    def problems(self) -> Iterator[Problem]:
        if self.efi_secure_boot == "Enabled" and self.firmware in (None, "bios"):
            problem = "secure boot needs the firmware efi, also where the image has it"
            yield Problem(problem, ("efiSecureBoot",), self.efi_secure_boot, fix="write firmware: efi beside it")
        if self.boot_retry_delay is not None and self.boot_retry in (None, "Disabled"):
            problem = "a delay before it tries again needs that it tries again"
            yield Problem(problem, ("bootRetryDelay",), self.boot_retry_delay, fix="write bootRetry: Enabled beside it")


class CdRom(Model):
    """A CD-ROM drive with an ISO image in it. Adding, removing and another image need the VM powered off."""

    name: Annotated[str, Field(pattern="^[a-z0-9]{2,}$")]
    """Name of the drive, unique in the VM: two lower-case letters and digits, or more."""
    image: ObjectName
    """The ISO image: name of the VirtualMachineImage, such as vmi-0123456789abcdef0, not its display name."""
    kind: Literal["VirtualMachineImage", "ClusterVirtualMachineImage"] = "VirtualMachineImage"
    """Whether the image is the namespace's or the Supervisor's."""
    connected: bool = True
    """Whether the disc is in the drive."""
    allow_guest_control: bool = True
    """Whether the guest may eject it."""


class Encryption(CheckedModel):
    """How the VM's files are encrypted. A vTPM comes with a class that has one, and needs encryption."""

    encryption_class_name: Label | None = None
    """An EncryptionClass of the namespace; the storage policy must encrypt. Default: the default key provider."""
    use_default_key_provider: bool = True
    """Whether, without an EncryptionClass, the default key provider encrypts what the storage policy or a vTPM asks
    for. False: such a VM is not deployed."""
    vtpm_mode: Literal["Clone", "New"] | None = None
    """Whether the vTPM of an image that was made of an encrypted VM is kept; default: New, which does not."""


class LabelSelector(Model):
    """VMs by their labels."""

    match_labels: Labels = Field(min_length=1)
    """Labels of the document's metadata that all of them have."""


class AffinityTerm(Model):
    """Other VMs, and how far the same place reaches."""

    label_selector: LabelSelector
    """The other VMs."""
    topology_key: Literal["topology.kubernetes.io/zone", "kubernetes.io/hostname"] = ZONE
    """What a place is: a zone, or a host."""


class Affinity(CheckedModel):
    """Rules of placement: what must be kept or the VM is not placed, and what is kept if it can be."""

    required_during_scheduling_preferred_during_execution: Listed[AffinityTerm] = ()
    """Rules that must be kept when the VM is placed; in terms of zones."""
    preferred_during_scheduling_preferred_during_execution: Listed[AffinityTerm] = ()
    """Rules that are kept if they can be."""

    def problems(self) -> Iterator[Problem]:
        field = "requiredDuringSchedulingPreferredDuringExecution"
        yield from host_terms(field, self.required_during_scheduling_preferred_during_execution)


class VirtualMachineAffinity(CheckedModel):
    """Which VMs of its group the VM is placed with, and apart from. Cannot change."""

    vm_affinity: Affinity | None = None
    """VMs in whose zone it is placed."""
    vm_anti_affinity: Affinity | None = None
    """VMs in whose zone, or on whose host, it is not placed."""

    def problems(self) -> Iterator[Problem]:
        if self.vm_affinity is not None:
            field = "preferredDuringSchedulingPreferredDuringExecution"
            for problem in host_terms(field, self.vm_affinity.preferred_during_scheduling_preferred_during_execution):
                yield problem._replace(path=("vmAffinity", *problem.path))


def host_terms(field: str, terms: tuple[AffinityTerm, ...]) -> Iterator[Problem]:
    """Terms about hosts where VM Operator takes those about zones alone."""
    for index, term in enumerate(terms):
        if term.topology_key == HOST:
            yield Problem("VM Operator keeps this rule for zones alone", (field, index, "topologyKey"), HOST, ZONE)


def drive_problems(drives: tuple[CdRom, ...], guest_id: object) -> Iterator[Problem]:
    """What is wrong with the CD-ROM drives of a VM."""
    for attribute in ("name", "image"):
        values = [getattr(drive, attribute) for drive in drives]
        for index, value in enumerate(values):
            if value in values[:index]:
                yield Problem(f"two CD-ROM drives have one {attribute}", ("cdrom", index, attribute), value)
    if drives and guest_id is None:
        problem = "a VM with a CD-ROM drive needs its guestId: an ISO image does not say it"
        yield Problem(problem, ("cdrom",), fix="add guestId, such as debian12_64Guest")
