"""VirtualMachine: a VM of the VM service (VM Operator), vmoperator.vmware.com/v1alpha5."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.addresses import Address, AddressWithPrefix, Host, Port
from pacific_infra.documents.capabilities import DeclaredObject, MachineClass, VolumeClaim
from pacific_infra.documents.document import Document
from pacific_infra.documents.environment import SecretReference
from pacific_infra.documents.fixed_values import FixedValue, fixed_of_claim
from pacific_infra.documents.guest_bootstrap import CloudInit, LinuxPrep, Sysprep, VAppConfig
from pacific_infra.documents.kubernetes_value import MachineSpec
from pacific_infra.documents.marks import PLAIN, InPrograms
from pacific_infra.documents.model import (
    AdoptableSpec,
    CheckedModel,
    DeletionPolicy,
    Listed,
    Model,
    NamespacedMetadata,
    Reference,
)
from pacific_infra.documents.names import Domain, Label, MachineClassName, MachineImageName, StoragePolicyName
from pacific_infra.documents.numbers import PositiveCount
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.quantity import Memory
from pacific_infra.documents.resource_secrets import secrets_in
from pacific_infra.documents.service import Service
from pacific_infra.documents.source import Path
from pacific_infra.documents.virtual_machine_changes import FIELDS, MACHINE
from pacific_infra.documents.virtual_machine_hardware import (
    BootOptions,
    CdRom,
    Encryption,
    VirtualMachineAffinity,
    drive_problems,
)
from pacific_infra.documents.virtual_machine_patch import added_disks, patch_problems
from pacific_infra.documents.volume import VirtualMachineVolume

PowerMode = Literal["Hard", "Soft", "TrySoft"]
_LONGEST_WINDOWS_NAME = 15


class TcpProbe(Model):
    """Passes when a TCP connection to the VM opens."""

    port: Port
    """TCP port of the guest."""


class VirtualMachineProbe(CheckedModel):
    """When the VM counts as ready."""

    tcp_socket: TcpProbe | None = None
    """By a TCP connection; or give `guestHeartbeat`."""
    guest_heartbeat: Literal["yellow", "green"] | None = None
    """By the heartbeat of VMware Tools: the lowest colour that passes."""
    timeout_seconds: int = Field(default=10, ge=1, le=60)
    """Seconds to wait for an answer."""
    period_seconds: PositiveCount = 10
    """Seconds between questions."""

    def problems(self) -> Iterator[Problem]:
        if (self.tcp_socket is None) == (self.guest_heartbeat is None):
            yield Problem("a readinessProbe has either tcpSocket or guestHeartbeat", fix="give one of the two")


class NetworkInterface(CheckedModel):
    """One network interface of the VM."""

    name: Label = "eth0"
    """Name of the interface, unique in the VM."""
    network: Label | None = None
    """Network of the namespace; default: its primary one."""
    addresses: Listed[AddressWithPrefix] = ()
    """Fixed addresses with prefix length; default: the network gives one."""
    gateway: Address | None = None
    """Gateway of fixed addresses."""
    name_servers: Listed[Address] = ()
    """Name servers; default: the network's."""

    def problems(self) -> Iterator[Problem]:
        if self.gateway is not None and not self.addresses:
            yield Problem("a gateway needs fixed addresses", ("gateway",), self.gateway, fix="add addresses")


class VirtualMachineNetwork(CheckedModel):
    """The VM's place in the network. Cannot change."""

    host_name: Host | None = None
    """The guest's host name; default: the document's name."""
    domain: Domain | None = None
    """The guest's domain."""
    interfaces: Listed[NetworkInterface] = ()
    """Network interfaces; default: one on the namespace's primary network."""

    def problems(self) -> Iterator[Problem]:
        names = [interface.name for interface in self.interfaces]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield Problem("two interfaces have one name", ("interfaces", index, "name"), name)


class VirtualMachineSpec(AdoptableSpec):
    """The wanted VM."""

    class_name: MachineClassName = Field(validation_alias="class", serialization_alias="class")
    """VM class, one that the namespace allows. A change takes effect at the next power cycle."""
    image: MachineImageName | None = None
    """VM image of one of the namespace's content libraries, by name or vmi- identifier; default: that of the first
    drive of `cdrom`. Cannot change."""
    storage_policy: StoragePolicyName
    """Storage policy of the namespace. Cannot change."""
    power_state: Annotated[Literal["PoweredOn", "PoweredOff", "Suspended"], PLAIN] = "PoweredOn"
    """Whether it runs; a suspended one keeps its memory on disk."""
    power_off_mode: PowerMode | None = None
    """How it is powered off: Hard, Soft by VMware Tools, or TrySoft, which is Hard after five minutes. Default:
    TrySoft."""
    suspend_mode: PowerMode | None = None
    """How it is suspended; default: TrySoft."""
    restart_mode: PowerMode | None = None
    """How it is restarted; default: TrySoft."""
    cloud_init: CloudInit | None = None
    """The guest's first configuration by cloud-init. Another one of the four needs a new VM."""
    linux_prep: LinuxPrep | None = None
    """The first configuration of a Linux guest without cloud-init; `vAppConfig` may stand beside it."""
    sysprep: Sysprep | None = None
    """The first configuration of a Windows guest; `vAppConfig` may stand beside it."""
    v_app_config: VAppConfig | None = None
    """Properties of an appliance's OVF."""
    volumes: Listed[VirtualMachineVolume] = ()
    """Persistent disks besides the image's."""
    network: VirtualMachineNetwork = VirtualMachineNetwork()
    """The VM's place in the network."""
    service: Service | None = None
    """A stable address in front of the VM."""
    readiness_probe: VirtualMachineProbe | None = None
    """When the VM counts as ready; default: when it runs and has an address."""
    guest_id: Annotated[str | None, Field(min_length=1)] = None
    """vSphere's identifier of the guest's operating system, such as debian12_64Guest, where the image has none.
    A change needs the VM powered off."""
    boot_options: BootOptions | None = None
    """How it boots. A change needs the VM powered off."""
    boot_disk_capacity: Memory | None = None
    """Size of the image's first disk, bytes as a Kubernetes quantity; default: the image's. It can grow, not shrink."""
    cdrom: Listed[CdRom] = ()
    """CD-ROM drives."""
    min_hardware_version: Annotated[int | None, Field(ge=13)] = None
    """Version of the virtual hardware, or a newer one; it can grow, with the VM powered off."""
    crypto: Encryption | None = None
    """How its files are encrypted."""
    affinity: VirtualMachineAffinity | None = None
    """Which VMs of its group it is placed with, and apart from. Cannot change."""
    group: Label | None = None
    """The VirtualMachineGroup that it is a member of, by name. Where that has a power state, it is the VM's."""
    resource_policy: Label | None = None
    """A VirtualMachineSetResourcePolicy of the namespace. Cannot change."""
    update_strategy: Annotated[Literal["InPlace", "Recreate"], PLAIN] = "InPlace"
    """What becomes of a change that cannot be made to a VM, such as another image. InPlace: it is refused. Recreate:
    the VM is deleted with its image's disk and made anew, with its name, volumes and service."""
    spec: Annotated[
        MachineSpec | None,
        PLAIN,
        InPrograms(
            "Any other field of the VirtualMachine's spec, in VM Operator's own spelling: it is put over what the "
            "component makes by a strategic merge."
        ),
    ] = None
    """Any other field of the VirtualMachine's spec, in VM Operator's own spelling (v1alpha5), such as
    `advanced: {changeBlockTracking: true}`. It is put over what is made of the other fields by a strategic merge:
    volumes, interfaces and drives by their names. What a field of the document says cannot be said here."""
    deletion_policy: DeletionPolicy = "Retain"
    """What happens when the document is removed: Retain leaves the VM and its disks, Delete deletes them."""

    def problems(self) -> Iterator[Problem]:
        names = [volume.name for volume in self.volumes]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield Problem("two volumes have one name", ("volumes", index, "name"), name)
        for refused in () if self.service is None else self.service.problems_of_machine():
            yield refused._replace(path=("service", *refused.path))
        for index, port in enumerate(() if self.service is None else self.service.ports):
            if isinstance(port.target_port, str):
                path = ("service", "ports", index, "targetPort")
                yield Problem("the ports of a VM have no names", path, port.target_port, "a number of 1 to 65535")
        if self.image is None and not self.cdrom:
            yield Problem("a VM needs an image, or a CD-ROM drive with one", ("image",), fix="add image, or cdrom")
        if self.affinity is not None and self.group is None:
            problem = "VM Operator places by affinity only what is a member of a group"
            yield Problem(problem, ("affinity",), fix="add group, and a VirtualMachineGroup with this VM in it")
        yield from drive_problems(self.cdrom, self.guest_id)
        yield from self._bootstrap_problems()
        for refused in patch_problems(self.spec or {}, names, self.bootstrap_providers):
            yield refused._replace(path=("spec", *refused.path))

    @property
    def bootstrap_providers(self) -> Sequence[str]:
        """How the guest is set up, in VM Operator's words."""
        providers = {
            "cloudInit": self.cloud_init,
            "linuxPrep": self.linux_prep,
            "sysprep": self.sysprep,
            "vAppConfig": self.v_app_config,
        }
        return [name for name, provider in providers.items() if provider is not None]

    def _bootstrap_problems(self) -> Iterator[Problem]:
        providers = [name for name in self.bootstrap_providers if name != "vAppConfig"]
        if len(providers) > 1:
            problem = f"a guest is set up in one way, not by {' and '.join(providers)}"
            yield Problem(problem, (providers[1],), fix="remove one")
        if self.cloud_init is not None and self.v_app_config is not None:
            problem = "VM Operator takes no vApp properties beside cloud-init"
            yield Problem(problem, ("vAppConfig",), fix="remove vAppConfig, or write linuxPrep in place of cloudInit")
        answers = None if self.sysprep is None else self.sysprep.sysprep
        if answers is not None and self.network.domain is not None:
            identification = answers.identification
            if identification is None or not identification.joins_domain:
                path = ("sysprep", "sysprep", "identification")
                fix = "add domainAdmin and domainAdminPassword, or remove network.domain"
                yield Problem("a Windows computer joins network.domain by a user of it", path, fix=fix)

    @property
    def bootstrap_secret(self) -> str | None:
        """End of the name of the Secret with what the guest is set up with; None: it needs none."""
        if self.cloud_init is not None:
            return "-user-data" if self.cloud_init.user_data_from is None else None
        properties = None if self.v_app_config is None else self.v_app_config.properties
        held = any(True for _ in secrets_in((self.linux_prep, self.sysprep, properties)))
        texts = (self.linux_prep and self.linux_prep.script_text, self.sysprep and self.sysprep.texts)
        return "-bootstrap" if held or any(texts) else None


class VirtualMachine(Document):
    """A VM of the VM service, with its guest's first configuration, disks and service."""

    kind: Literal["VirtualMachine"]
    """Always VirtualMachine."""
    metadata: NamespacedMetadata
    """Name, namespace and labels."""
    spec: VirtualMachineSpec
    """The wanted VM."""

    @property
    def holds_data(self) -> bool:
        """True: its image's disk."""
        return True

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        name = self.spec.network.host_name or self.name
        if self.spec.sysprep is not None and isinstance(name, str) and len(name) > _LONGEST_WINDOWS_NAME:
            path = ("metadata", "name") if self.spec.network.host_name is None else ("spec", "network", "hostName")
            allowed = f"{_LONGEST_WINDOWS_NAME} characters or less"
            yield Problem("the name of a Windows computer is too long", path, name, allowed, "write network.hostName")

    def own_references(self) -> Iterator[Reference]:
        yield from super().own_references()
        if self.spec.group is not None:
            target = f"VirtualMachineGroup/{self.namespace}/{self.spec.group}"
            yield Reference(target, "reference", ("spec", "group"), required=False)

    def kubernetes_secrets(self) -> Iterator[SecretReference]:
        cloud_init = self.spec.cloud_init
        if cloud_init is not None and cloud_init.user_data_from is not None:
            used = cloud_init.user_data_from
            yield SecretReference(("spec", "cloudInit", "userDataFrom", "key"), used.secret, used.key)

    def classes(self) -> Iterator[MachineClass]:
        disks = tuple(disk for _, disk in added_disks(self.spec.spec))
        yield MachineClass(("spec", "class"), self.spec.class_name, int(self.spec.power_state == "PoweredOn"), disks)

    def claims(self) -> Iterator[VolumeClaim]:
        for index, disk in enumerate(self.spec.volumes):
            policy = disk.storage_policy or self.spec.storage_policy
            yield VolumeClaim(disk.name, disk.size, policy, ("spec", "volumes", index, "size"))

    def storage_policies(self) -> Iterator[tuple[Path, str]]:
        yield ("spec", "storagePolicy"), self.spec.storage_policy
        for index, disk in enumerate(self.spec.volumes):
            if disk.storage_policy is not None:
                yield ("spec", "volumes", index, "storagePolicy"), disk.storage_policy
        for path, added in added_disks(self.spec.spec):
            yield ("spec", "spec", *path), added.storage_policy

    def fixed_values(self) -> Iterator[FixedValue]:
        spec = self.spec
        for row in FIELDS:
            yield FixedValue(
                row.field,
                MACHINE,
                row.wire,
                row.value(self),
                mutability=row.mutability,
                read=row.read,
                power_state=spec.power_state,
                may_replace=row.is_replaced,
                replaces=row.is_replaced and spec.update_strategy == "Recreate",
            )
        for index, volume in enumerate(spec.volumes):
            policy = volume.storage_policy or spec.storage_policy
            place: Path = ("spec", "volumes", index)
            yield from fixed_of_claim(place, f"{self.name}-{volume.name}", policy, volume.access_mode)

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield self.declared_object("vmoperator.vmware.com", "VirtualMachine")
        if (secret := self.spec.bootstrap_secret) is not None:
            yield self.declared_object("", "Secret", secret)
        for index, disk in enumerate(self.spec.volumes):
            path = ("spec", "volumes", index, "name")
            yield self.declared_object("", "PersistentVolumeClaim", f"-{disk.name}", path=path)
        if self.spec.service is not None:
            yield self.declared_object("vmoperator.vmware.com", "VirtualMachineService")
            yield self.declared_object("", "Service", maker="VM Operator")
