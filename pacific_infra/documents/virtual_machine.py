"""VirtualMachine: a VM of the VM service (VM Operator), vmoperator.vmware.com/v1alpha5."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.addresses import Address, AddressWithPrefix, Host, Port
from pacific_infra.documents.capabilities import DeclaredObject, MachineClass, VolumeClaim
from pacific_infra.documents.document import Document
from pacific_infra.documents.files import MAXIMUM_CONFIG_MAP_SIZE
from pacific_infra.documents.marks import PLAIN, InPrograms
from pacific_infra.documents.model import (
    CheckedModel,
    DeletionPolicy,
    Listed,
    Model,
    NamespacedMetadata,
    Spec,
)
from pacific_infra.documents.names import Domain, InventoryName, Label
from pacific_infra.documents.numbers import PositiveCount
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.service import Service
from pacific_infra.documents.source import Path
from pacific_infra.documents.stack_secret import SecretText, TextOrSecret, template_of
from pacific_infra.documents.unknown import Unknown
from pacific_infra.documents.volume import VirtualMachineVolume

CLOUD_CONFIG = "#cloud-config"
_USER_DATA_STARTS = (CLOUD_CONFIG, "#!", "#include", "## template: jinja", "Content-Type: multipart", "MIME-Version:")


class CloudInit(CheckedModel):
    """The guest's first configuration by cloud-init."""

    user_data: Annotated[TextOrSecret, InPrograms("cloud-init user data. It becomes a Secret.")]
    """cloud-init user data: the text itself or `{file: name}`; with secrets of the stack's configuration in it, by
    `{template: text}`, or as a whole, by `{config: KEY}`. It becomes a Secret."""

    def problems(self) -> Iterator[Problem]:
        if isinstance(self.user_data, SecretText | Unknown):
            return
        text = template_of(self.user_data).text.lstrip()
        size = len(text.encode())
        if size > MAXIMUM_CONFIG_MAP_SIZE:
            allowed = f"{MAXIMUM_CONFIG_MAP_SIZE} bytes or less, as a Secret holds"
            yield Problem("the user data is too large", ("userData",), f"{size} bytes", allowed)
        if not text.startswith(_USER_DATA_STARTS):
            first = text.partition("\n")[0][:60]
            problem = "cloud-init does not know user data that begins like this"
            marked = first.startswith("\ufeff")
            fix = "save the file without a byte order mark" if marked else f"make {CLOUD_CONFIG} its first line"
            yield Problem(problem, ("userData",), first, fix=fix)


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


class VirtualMachineSpec(Spec):
    """The wanted VM."""

    class_name: Label = Field(validation_alias="class", serialization_alias="class")
    """VM class, one that the namespace allows. A change needs a power cycle."""
    image: InventoryName
    """VM image of one of the namespace's content libraries, by name or vmi- identifier. Cannot change."""
    storage_policy: InventoryName
    """Storage policy of the namespace. Cannot change."""
    power_state: Annotated[Literal["PoweredOn", "PoweredOff", "Suspended"], PLAIN] = "PoweredOn"
    """Whether it runs; a suspended one keeps its memory on disk."""
    cloud_init: CloudInit | None = None
    """The guest's first configuration."""
    volumes: Listed[VirtualMachineVolume] = ()
    """Persistent disks besides the image's."""
    network: VirtualMachineNetwork = VirtualMachineNetwork()
    """The VM's place in the network."""
    service: Service | None = None
    """A stable address in front of the VM."""
    readiness_probe: VirtualMachineProbe | None = None
    """When the VM counts as ready; default: when it runs and has an address."""
    guest_id: Annotated[str | None, Field(min_length=1)] = None
    """vSphere's identifier of the guest's operating system, such as debian12_64Guest, where the image has none."""
    resource_policy: Label | None = None
    """A VirtualMachineSetResourcePolicy of the namespace."""
    deletion_policy: DeletionPolicy = "Retain"
    """What happens when the document is removed: Retain leaves the VM and its disks, Delete deletes them."""

    def problems(self) -> Iterator[Problem]:
        names = [volume.name for volume in self.volumes]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield Problem("two volumes have one name", ("volumes", index, "name"), name)
        for index, port in enumerate(() if self.service is None else self.service.ports):
            if isinstance(port.target_port, str):
                path = ("service", "ports", index, "targetPort")
                yield Problem("the ports of a VM have no names", path, port.target_port, "a number of 1 to 65535")


class VirtualMachine(Document):
    """A VM of the VM service, with its cloud-init, disks and service."""

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

    def classes(self) -> Iterator[MachineClass]:
        yield MachineClass(("spec", "class"), self.spec.class_name, int(self.spec.power_state == "PoweredOn"))

    def claims(self) -> Iterator[VolumeClaim]:
        for index, disk in enumerate(self.spec.volumes):
            policy = disk.storage_policy or self.spec.storage_policy
            yield VolumeClaim(disk.name, disk.size, policy, ("spec", "volumes", index, "size"))

    def storage_policies(self) -> Iterator[tuple[Path, str]]:
        yield ("spec", "storagePolicy"), self.spec.storage_policy
        for index, disk in enumerate(self.spec.volumes):
            if disk.storage_policy is not None:
                yield ("spec", "volumes", index, "storagePolicy"), disk.storage_policy

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield self.declared_object("vmoperator.vmware.com", "VirtualMachine")
        if self.spec.cloud_init is not None:
            yield self.declared_object("", "Secret", "-user-data")
        for index, disk in enumerate(self.spec.volumes):
            path = ("spec", "volumes", index, "name")
            yield self.declared_object("", "PersistentVolumeClaim", f"-{disk.name}", path=path)
        if self.spec.service is not None:
            yield self.declared_object("vmoperator.vmware.com", "VirtualMachineService")
            yield self.declared_object("", "Service", maker="VM Operator")
