"""vCenter's hosts and machines as plain values, and how a PropertyCollector is asked for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from pyVmomi import vim, vmodl

PowerState = Literal["poweredOn", "poweredOff", "suspended"]
MANAGED_BY: Final = "com.vmware.vcenter.wcp"
"""Extension key of the machines that a Supervisor owns."""
HARDWARE_VERSION: Final = "vmx-21"
"""The hardware version of the machines that are made."""

_COLLECTOR = vmodl.query.PropertyCollector
_CHANGING_HOST_PROPERTIES = ["runtime.connectionState", "runtime.inMaintenanceMode"]
_CHANGING_MACHINE_PROPERTIES = [
    "runtime.powerState",
    "runtime.host",
    "resourcePool",
    "config.hardware.numCPU",
    "config.hardware.memoryMB",
]
_HOST_PROPERTIES = [
    "name",
    "parent",
    "hardware.cpuInfo.numCpuCores",
    "hardware.memorySize",
    "datastore",
    "config.network.vnic",
    *_CHANGING_HOST_PROPERTIES,
]
_MACHINE_PROPERTIES = [
    "name",
    "config.instanceUuid",
    "config.uuid",
    "config.version",
    "config.managedBy",
    *_CHANGING_MACHINE_PROPERTIES,
    "summary.runtime.bootTime",
]


@dataclass(frozen=True)
class Host:
    """An ESXi host."""

    moid: str
    name: str = ""
    cluster: str = ""
    """Managed object identifier, ``domain-cN``."""
    cores: int = 0
    memory: int = 0
    """Bytes."""
    address: str | None = None
    connected: bool = True
    in_maintenance: bool = False
    datastores: tuple[str, ...] = ()
    """Managed object identifiers."""


@dataclass(frozen=True)
class Machine:
    """A virtual machine. ``instance_uuid`` says whose it is: a pod's uid, or a VirtualMachine's spec.instanceUUID."""

    moid: str
    name: str = ""
    instance_uuid: str = ""
    bios_uuid: str = ""
    power_state: PowerState = "poweredOff"
    host: str = ""
    """Managed object identifier, ``host-N``."""
    resource_pool: str = ""
    """Managed object identifier, ``resgroup-N``."""
    hardware_version: str = ""
    managed_type: str = ""
    """What kind of a Supervisor's machine it is; empty where a Supervisor does not own it."""
    processors: int = 0
    memory: int = 0
    """MiB."""
    booted: float | None = None
    """Seconds since the epoch at which it was powered on."""


@dataclass(frozen=True)
class MachineSpec:
    """A virtual machine to be made."""

    name: str
    instance_uuid: str
    bios_uuid: str
    managed_type: str
    folder: str
    resource_pool: str
    host: str
    processors: int
    memory: int
    """MiB."""
    processor_reservation: int = 0
    """MHz."""
    memory_reservation: int = 0
    """MiB."""
    guest: str = "otherLinux64Guest"
    extra_config: Mapping[str, str] = field(default_factory=dict)


def guest_says(address: str, host_name: str) -> dict[str, str]:
    """Advanced options by which a machine's guest reports its address and name, as VMware Tools would.

    The simulator has no guest: it takes these keys for what the guest says.
    """
    return {
        "SET.guest.ipAddress": address,
        "SET.guest.hostName": host_name,
        "SET.guest.toolsStatus": "toolsOk",
        "SET.guest.toolsRunningStatus": "guestToolsRunning",
    }


UNSET_BY_SIMULATOR: Final[Mapping[str, str]] = {
    f"SET.{place}.{name}": value
    for place in ("runtime", "summary.runtime")
    for name, value in (("faultToleranceState", "notConfigured"), ("recordReplayState", "inactive"))
}
"""What govmomi's simulator leaves empty in a new machine: pyvmomi then cannot read ``runtime`` and ``summary``."""


def host_from(moid: str, properties: Mapping[str, Any]) -> Host:
    """A host from its properties (those of vim.HostSystem, references as identifiers)."""
    return Host(
        moid=moid,
        name=properties.get("name", ""),
        cluster=properties.get("parent", ""),
        cores=properties.get("hardware.cpuInfo.numCpuCores", 0),
        memory=properties.get("hardware.memorySize", 0),
        address=properties.get("config.network.vnic"),
        connected=properties.get("runtime.connectionState", "connected") == "connected",
        in_maintenance=properties.get("runtime.inMaintenanceMode", False),
        datastores=properties.get("datastore", ()),
    )


def machine_from(moid: str, properties: Mapping[str, Any]) -> Machine:
    """A machine from its properties (those of vim.VirtualMachine, references as identifiers)."""
    return Machine(
        moid=moid,
        name=properties.get("name", ""),
        instance_uuid=properties.get("config.instanceUuid", ""),
        bios_uuid=properties.get("config.uuid", ""),
        power_state=properties.get("runtime.powerState", "poweredOff"),
        host=properties.get("runtime.host", ""),
        resource_pool=properties.get("resourcePool", ""),
        hardware_version=properties.get("config.version", ""),
        managed_type=properties.get("config.managedBy", ""),
        processors=properties.get("config.hardware.numCPU", 0),
        memory=properties.get("config.hardware.memoryMB", 0),
        booted=properties.get("summary.runtime.bootTime"),
    )


def machine_of(spec: MachineSpec, moid: str) -> Machine:
    """The machine that was made as ``spec`` says."""
    return Machine(
        moid=moid,
        name=spec.name,
        instance_uuid=spec.instance_uuid,
        bios_uuid=spec.bios_uuid,
        host=spec.host,
        resource_pool=spec.resource_pool,
        hardware_version=HARDWARE_VERSION,
        managed_type=spec.managed_type,
        processors=spec.processors,
        memory=spec.memory,
    )


def _plain(value: Any) -> Any:
    """A property's value without pyvmomi's types, so that nothing of the connection is held."""
    if isinstance(value, vim.ext.ManagedByInfo):
        value = value.type if value.extensionKey == MANAGED_BY else ""
    elif isinstance(value, vim.host.VirtualNic.Array):
        value = next((nic.spec.ip.ipAddress for nic in value if nic.spec.ip), None)
    elif isinstance(value, list):
        value = tuple(_plain(item) for item in value)
    elif hasattr(value, "_moId"):
        value = value._moId
    elif isinstance(value, datetime):
        value = value.timestamp()
    return str(value) if isinstance(value, str) else value


def everything_spec(datacenter: Any) -> Any:
    """Asks for all machines and hosts of a datacenter, found through its folders, with what can change of them."""
    again = _COLLECTOR.SelectionSpec(name="folders")
    hosts = _COLLECTOR.TraversalSpec(name="hosts", type=vim.ClusterComputeResource, path="host", skip=False)
    folders = _COLLECTOR.TraversalSpec(
        name="folders", type=vim.Folder, path="childEntity", skip=False, selectSet=[again, hosts]
    )
    roots = [
        _COLLECTOR.TraversalSpec(name=path, type=vim.Datacenter, path=path, skip=True, selectSet=[folders])
        for path in ("vmFolder", "hostFolder")
    ]
    return _COLLECTOR.FilterSpec(
        objectSet=[_COLLECTOR.ObjectSpec(obj=datacenter, skip=True, selectSet=roots)],
        propSet=[
            _COLLECTOR.PropertySpec(type=vim.VirtualMachine, pathSet=_CHANGING_MACHINE_PROPERTIES),
            _COLLECTOR.PropertySpec(type=vim.HostSystem, pathSet=_CHANGING_HOST_PROPERTIES),
        ],
    )


def details_spec(objects: Sequence[Any]) -> Any:
    """Asks for all that is wanted of these machines and hosts."""
    return _COLLECTOR.FilterSpec(
        objectSet=[_COLLECTOR.ObjectSpec(obj=managed_object) for managed_object in objects],
        propSet=[
            _COLLECTOR.PropertySpec(type=vim.VirtualMachine, pathSet=_MACHINE_PROPERTIES),
            _COLLECTOR.PropertySpec(type=vim.HostSystem, pathSet=_HOST_PROPERTIES),
        ],
        reportMissingObjectsInResults=True,
    )


def hosts_spec(hosts: Sequence[Any]) -> Any:
    """Asks for what can change of these hosts."""
    return _COLLECTOR.FilterSpec(
        objectSet=[_COLLECTOR.ObjectSpec(obj=host) for host in hosts],
        propSet=[_COLLECTOR.PropertySpec(type=vim.HostSystem, pathSet=_CHANGING_HOST_PROPERTIES)],
        reportMissingObjectsInResults=True,
    )


def tasks_spec(tasks: Sequence[Any]) -> Any:
    """Asks whether these tasks have ended, and how."""
    return _COLLECTOR.FilterSpec(
        objectSet=[_COLLECTOR.ObjectSpec(obj=task) for task in tasks],
        propSet=[_COLLECTOR.PropertySpec(type=vim.Task, pathSet=["info.state", "info.result", "info.error"])],
        reportMissingObjectsInResults=True,
    )


def properties_of(content: Any) -> dict[str, Any]:
    """An ObjectContent's properties as plain values. Raises NotAuthenticated where they are held back for that."""
    return {name: _plain(value) for name, value in raw_properties(content).items()}


def raw_properties(content: Any) -> dict[str, Any]:
    """An ObjectContent's properties as pyvmomi has them. Raises NotAuthenticated where they are held back for that."""
    for missing in content.missingSet:
        if isinstance(missing.fault, vim.fault.NotAuthenticated):
            raise missing.fault
    return {changed_property.name: changed_property.val for changed_property in content.propSet}
