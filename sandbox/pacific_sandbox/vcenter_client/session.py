"""A session with vCenter over SOAP (pyvmomi), as the Supervisor's controllers need it. Its methods block."""

import ssl
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

from pacific_sandbox.vcenter_client.objects import (
    HARDWARE_VERSION,
    MANAGED_BY,
    UNSET_BY_SIMULATOR,
    Host,
    Machine,
    MachineSpec,
    PowerState,
    details_spec,
    everything_spec,
    host_from,
    hosts_spec,
    machine_from,
    properties_of,
    raw_properties,
    tasks_spec,
)

FAILURES = (OSError, HTTPException, ExpatError, vmodl.MethodFault)
"""What the methods raise where vCenter does not answer or refuses."""
LOST = (OSError, HTTPException, ExpatError, vim.fault.NotAuthenticated, vmodl.fault.ManagedObjectNotFound)
"""Those of them, raised by ``look``, that may not occur in a new session."""

_CALL_SECONDS = 60
TASK_SECONDS = 60.0
"""How long a task may take."""


class VCenterUnavailable(Exception):
    """vCenter does not answer, or refuses what is asked of it; trying again later may help."""


@dataclass(frozen=True)
class VCenterConnection:
    """How to reach vCenter's SOAP API."""

    url: str
    """``https://host:port/sdk``"""
    username: str
    password_file: Path
    ca_file: Path | None
    datacenter: str
    cluster: str
    """Name of the compute cluster: its identifier changes when the sandbox's inventory is created again."""


@dataclass(frozen=True)
class Look:
    """What is there: hosts of the cluster, and machines of the whole datacenter, by identifier."""

    hosts: dict[str, Host]
    machines: dict[str, Machine]


class VCenterSession:
    """A login. Its methods may be called from several threads at once, ``look`` from one at a time."""

    def __init__(self, instance: Any, connection: VCenterConnection) -> None:
        self._instance = instance
        self._stub = instance._stub
        self._collector = instance.content.propertyCollector
        self._datacenter, cluster = _cluster(instance.content, connection)
        self._cluster: str = cluster._moId
        self._datastores = {store._moId: store.name for store in cluster.datastore}
        self._properties: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self.instance_uuid: str = instance.content.about.instanceUuid
        self.roots: tuple[str, str] = (cluster.resourcePool._moId, self._datacenter.vmFolder._moId)
        """Identifiers of the cluster's root resource pool and of the datacenter's VM folder."""

    @classmethod
    def connect(cls, connection: VCenterConnection) -> Self:
        """Log in. Raises FAILURES or VCenterUnavailable."""
        address = urlsplit(connection.url)
        secure = address.scheme == "https"
        instance = SmartConnect(
            protocol=address.scheme,
            host=address.hostname,
            port=address.port or (443 if secure else 80),
            path=address.path or "/sdk",
            user=connection.username,
            pwd=connection.password_file.read_text().splitlines()[0],
            sslContext=ssl.create_default_context(cafile=connection.ca_file) if secure else None,
            httpConnectionTimeout=_CALL_SECONDS,
        )
        return cls(instance, connection)

    def close(self) -> None:
        """Log out and close the connections."""
        Disconnect(self._instance)
        self._stub.DropConnections()

    def look(self) -> Look:
        """What is there now: what can change of it is asked for each time, the rest once.

        Not by waiting for updates of a view, as is usual: govmomi's simulator takes the locks of a view and of a
        filter on it in both orders and then hangs, it walks the whole inventory at every step of every task
        while somebody waits, and it can tell of a machine after it told of its end.
        """
        with self._lock:
            contents = self._collector.RetrieveContents([everything_spec(self._datacenter)])
            current = {content.obj._moId: content for content in contents}
            new = [content.obj for moid, content in current.items() if moid not in self._properties]
            for content in self._collector.RetrieveContents([details_spec(new)]) if new else ():
                self._properties[content.obj._moId] = properties_of(content)
            for moid in self._properties.keys() - current.keys():
                del self._properties[moid]
            look = Look({}, {})
            for moid, content in current.items():
                if moid not in self._properties:
                    continue  # It went between the two questions.
                properties = self._properties[moid]
                properties |= properties_of(content)
                if isinstance(content.obj, vim.VirtualMachine):
                    look.machines[moid] = machine_from(moid, properties)
                elif properties.get("parent") == self._cluster:
                    look.hosts[moid] = host_from(moid, properties)
            return look

    def look_at_hosts(self, known: Collection[str]) -> dict[str, Host]:
        """The hosts with these identifiers as they are now: cheap beside a ``look`` where machines are many."""
        with self._lock:
            hosts = [vim.HostSystem(moid, self._stub) for moid in known if moid in self._properties]
            values = {}
            for content in self._collector.RetrieveContents([hosts_spec(hosts)]) if hosts else ():
                moid = content.obj._moId
                self._properties[moid] |= properties_of(content)
                values[moid] = host_from(moid, self._properties[moid])
            return values

    def ended(self, tasks: Sequence[Any]) -> dict[str, Any]:
        """Those of these tasks that have ended, by identifier: the result, or the fault that it ended with."""
        known = {content.obj._moId: content for content in self._collector.RetrieveContents([tasks_spec(tasks)])}
        ended: dict[str, Any] = {}
        for moid in (task._moId for task in tasks):
            content = known.get(moid)
            if content is None:
                ended[moid] = VCenterUnavailable(f"{moid} is not known any longer")
                continue
            properties = raw_properties(content)
            if properties["info.state"] == "success":
                ended[moid] = properties.get("info.result")
            elif properties["info.state"] == "error":
                ended[moid] = properties["info.error"]
        return ended

    def create(self, spec: MachineSpec, host: Host) -> Any:
        """The task, of which the result is the machine, that makes one, powered off, on a host."""
        if not host.datastores:
            raise VCenterUnavailable(f"host {host.name} has no datastore")
        datastore = self._datastores[host.datastores[0]]
        configuration = vim.vm.ConfigSpec(
            name=spec.name,
            instanceUuid=spec.instance_uuid,
            uuid=spec.bios_uuid,
            guestId=spec.guest,
            version=HARDWARE_VERSION,
            numCPUs=spec.processors,
            memoryMB=spec.memory,
            cpuAllocation=vim.ResourceAllocationInfo(reservation=spec.processor_reservation),
            memoryAllocation=vim.ResourceAllocationInfo(reservation=spec.memory_reservation),
            managedBy=vim.ext.ManagedByInfo(extensionKey=MANAGED_BY, type=spec.managed_type),
            # A folder named by the instance: two machines of one name do not share their files.
            files=vim.vm.FileInfo(vmPathName=f"[{datastore}] {spec.instance_uuid}/{spec.name}.vmx"),
            extraConfig=_options({**UNSET_BY_SIMULATOR, **spec.extra_config}),
        )
        folder = vim.Folder(spec.folder, self._stub)
        pool, host_system = vim.ResourcePool(spec.resource_pool, self._stub), vim.HostSystem(host.moid, self._stub)
        return folder.CreateVM_Task(config=configuration, pool=pool, host=host_system)

    def power(self, moid: str, state: PowerState) -> Any:
        """The task that brings a machine into a power state (hard)."""
        machine = vim.VirtualMachine(moid, self._stub)
        call = {
            "poweredOn": machine.PowerOnVM_Task,
            "poweredOff": machine.PowerOffVM_Task,
            "suspended": machine.SuspendVM_Task,
        }[state]
        return call()

    def configure(self, moid: str, extra_config: Mapping[str, str]) -> Any:
        """The task that sets advanced options of a machine; an empty value removes one."""
        specification = vim.vm.ConfigSpec(extraConfig=_options(extra_config))
        return vim.VirtualMachine(moid, self._stub).ReconfigVM_Task(spec=specification)

    def managed_object(self, type_: Any, moid: str) -> Any:
        """Any object by its type (of pyVmomi's ``vim``) and identifier; nothing is asked of vCenter yet."""
        return type_(moid, self._stub)

    @property
    def cluster(self) -> str:
        """Identifier of the compute cluster."""
        return self._cluster

    def move(self, moid: str, resource_pool: str, folder: str) -> Any:
        """Bring a machine into another resource pool; the task that brings it into another folder."""
        machine = vim.VirtualMachine(moid, self._stub)
        vim.ResourcePool(resource_pool, self._stub).MoveIntoResourcePool(list=[machine])
        return vim.Folder(folder, self._stub).MoveIntoFolder_Task(list=[machine])

    def destroy(self, moid: str) -> Any:
        """The task that deletes a machine, which is powered off, with its files."""
        return vim.VirtualMachine(moid, self._stub).Destroy_Task()


def is_in(state: PowerState, fault: BaseException | None) -> bool:
    """Whether a change of a machine's power state was refused because it is in that state."""
    return isinstance(fault, vim.fault.InvalidPowerState) and bool(fault.existingState == state)


def is_gone(fault: BaseException | None) -> bool:
    """Whether something was refused because its object is not there."""
    return isinstance(fault, vmodl.fault.ManagedObjectNotFound)


def fault_text(error: BaseException) -> str:
    """What a fault says in one line: pyvmomi prints all of its fields over many lines."""
    message = getattr(error, "msg", None)
    return f"{type(error).__name__.rsplit('.', maxsplit=1)[-1]}: {message or error}"


def finish(task: Any) -> Any:
    """Wait for a task: its result, or its fault raised. VCenterUnavailable after a minute."""
    delay, deadline = 0.005, time.monotonic() + TASK_SECONDS
    while True:
        info = task.info
        if info.state == "success":
            return info.result
        if info.state == "error":
            raise info.error
        if time.monotonic() > deadline:
            raise VCenterUnavailable(f"task {info.descriptionId} did not end within {TASK_SECONDS:.0f} s")
        time.sleep(delay)
        delay = min(delay * 2, 0.5)


def _options(values: Mapping[str, str]) -> list[Any]:
    return [vim.option.OptionValue(key=key, value=value) for key, value in values.items()]


def _cluster(content: Any, connection: VCenterConnection) -> tuple[Any, Any]:
    datacenters = (entity for entity in content.rootFolder.childEntity if isinstance(entity, vim.Datacenter))
    datacenter = next((datacenter for datacenter in datacenters if datacenter.name == connection.datacenter), None)
    if datacenter is None:
        raise VCenterUnavailable(f"no datacenter {connection.datacenter}")
    for cluster in _entities(datacenter.hostFolder):
        if isinstance(cluster, vim.ClusterComputeResource) and cluster.name == connection.cluster:
            return datacenter, cluster
    raise VCenterUnavailable(f"no cluster {connection.cluster} in datacenter {connection.datacenter}")


def _entities(folder: Any) -> Iterator[Any]:
    for entity in folder.childEntity:
        if isinstance(entity, vim.Folder):
            yield from _entities(entity)
        else:
            yield entity
