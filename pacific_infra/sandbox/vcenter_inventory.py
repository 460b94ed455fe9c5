"""vCenter's inventory as the Supervisor's controllers see and change it: the hosts of one cluster and their machines.

SOAP by pyvmomi, in threads. What is there is kept up to date by one PropertyCollector (``WaitForUpdatesEx``), so that
asking costs nothing and a change in vCenter is told at once.
"""

import asyncio
import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http.client import HTTPException
from pathlib import Path
from typing import Any, TypeGuard, TypeVar
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError

from pyVim.connect import SmartConnect
from pyVmomi import vim, vmodl

from pacific_infra.sandbox.vcenter_objects import (
    MANAGED_BY,
    UNSET_BY_SIMULATOR,
    Host,
    Machine,
    MachineSpec,
    PowerState,
    Updates,
    filter_spec,
)

_HARDWARE_VERSION = "vmx-21"
_WAIT_SECONDS = 50
_RECONNECT = 2.0
_TASK_SECONDS = 60.0
_THREADS = 4
_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_LOST = (OSError, HTTPException, ExpatError, vim.fault.NotAuthenticated, vmodl.fault.HostCommunication)


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
    """Name of the compute cluster: its identifier changes when the sandbox's inventory is made anew."""


Changed = Callable[[str | None], None]
"""Told the instance UUID of a machine that changed, or None: everything may have (hosts, or a new connection)."""


class VCenterInventory:
    """The cluster's hosts and all machines on them. Use ``run`` in a task; ask and change from the same event loop."""

    def __init__(self, connection: VCenterConnection) -> None:
        self._connection = connection
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="vcenter")
        self._instance: Any = None
        self._listeners: list[Changed] = []
        self._hosts: dict[str, Host] = {}
        self._machines: dict[str, Machine] = {}
        self._datastore_names: dict[str, str] = {}
        self._cluster = ""
        self.instance = ""
        """vCenter's instance UUID."""
        self.roots = ("", "")
        """Identifiers of the cluster's root resource pool and of the datacenter's VM folder."""
        self._synced = asyncio.Event()

    def listen(self, listener: Changed) -> None:
        """Have ``listener`` called at every change."""
        self._listeners.append(listener)

    @property
    def synced(self) -> bool:
        """Whether the inventory is known: a machine that is not in it is then not there."""
        return self._synced.is_set()

    async def wait_synced(self) -> None:
        """Wait for ``synced``, without a deadline."""
        await self._synced.wait()

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The cluster's hosts by identifier."""
        return self._hosts

    def host_named(self, name: str) -> Host | None:
        """The cluster's host of this name."""
        return next((host for host in self._hosts.values() if host.name == name), None)

    def machine(self, instance_uuid: str) -> Machine | None:
        """The machine with this instance UUID, wherever it is."""
        return next((one for one in self._machines.values() if one.instance_uuid == instance_uuid), None)

    def machines(self) -> list[Machine]:
        """The machines on the cluster's hosts."""
        return [machine for machine in self._machines.values() if machine.host in self._hosts]

    async def run(self) -> None:
        """Follow the inventory until cancelled; connects again where the connection is lost."""
        loop = asyncio.get_running_loop()
        stopped = threading.Event()

        def follow() -> None:
            while not stopped.is_set():
                try:
                    self._follow(loop, stopped)
                except Exception as error:  # noqa: BLE001 - whatever it is, a new connection is the remedy
                    if loop.is_closed():
                        return
                    if not stopped.is_set():
                        _log.warning("vCenter: %s; connecting again", _text(error))
                        loop.call_soon_threadsafe(self._lost)
                stopped.wait(_RECONNECT)

        # A daemon thread: it waits up to 50 s for vCenter's next word, and the process's end is not to wait for it.
        threading.Thread(target=follow, name="vcenter-updates", daemon=True).start()
        try:
            await asyncio.Future()
        finally:
            stopped.set()
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def create(self, spec: MachineSpec) -> Machine:
        """Make a machine, powered off. Raises VCenterUnavailable with vCenter's reason."""
        machine = await self._call(lambda: self._create(spec))
        return self._noted(machine)

    async def power(self, machine: Machine, state: PowerState) -> Machine:
        """Bring a machine into a power state (hard); harmless where it is in it."""
        await self._call(lambda: self._power(machine.moid, state))
        booted = time.time() if state == "poweredOn" else None
        return self._noted(replace(self._machines.get(machine.moid, machine), power_state=state, booted=booted))

    async def configure(self, machine: Machine, extra_config: Mapping[str, str]) -> None:
        """Set advanced options of a machine; an empty value removes one."""
        await self._call(lambda: self._configure(machine.moid, extra_config))

    async def move(self, machine: Machine, resource_pool: str, folder: str) -> Machine:
        """Bring a machine into another resource pool and folder."""
        await self._call(lambda: self._move(machine.moid, resource_pool, folder))
        return self._noted(replace(self._machines.get(machine.moid, machine), resource_pool=resource_pool))

    async def destroy(self, machine: Machine) -> None:
        """Power a machine off and delete it with its files; harmless where it is gone."""
        await self._call(lambda: self._destroy(machine.moid))
        self._machines.pop(machine.moid, None)

    async def _call(self, work: Callable[[], _T]) -> _T:
        if not self.synced:
            raise VCenterUnavailable("not connected to vCenter")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except (*_LOST, vmodl.MethodFault) as error:
            raise VCenterUnavailable(_text(error)) from error

    def _noted(self, machine: Machine) -> Machine:
        self._machines[machine.moid] = machine
        return machine

    def _create(self, spec: MachineSpec) -> Machine:
        host = self._hosts[spec.host]
        if not host.datastores:
            raise VCenterUnavailable(f"host {host.name} has no datastore")
        datastore = self._datastore_names[host.datastores[0]]
        configuration = vim.vm.ConfigSpec(
            name=spec.name,
            instanceUuid=spec.instance_uuid,
            uuid=spec.bios_uuid,
            guestId=spec.guest,
            numCPUs=spec.processors,
            memoryMB=spec.memory,
            cpuAllocation=vim.ResourceAllocationInfo(reservation=spec.processor_reservation),
            memoryAllocation=vim.ResourceAllocationInfo(reservation=spec.memory_reservation),
            managedBy=vim.ext.ManagedByInfo(extensionKey=MANAGED_BY, type=spec.managed_type),
            # A folder named by the instance: two machines of one name do not share their files.
            files=vim.vm.FileInfo(vmPathName=f"[{datastore}] {spec.instance_uuid}/{spec.name}.vmx"),
            extraConfig=_options({**UNSET_BY_SIMULATOR, **spec.extra_config}),
            version=_HARDWARE_VERSION,
        )
        stub = self._stub()
        folder = vim.Folder(spec.folder, stub)
        pool, host_system = vim.ResourcePool(spec.resource_pool, stub), vim.HostSystem(spec.host, stub)
        made = _finish(folder.CreateVM_Task(config=configuration, pool=pool, host=host_system))
        return Machine(
            moid=made._moId,
            name=spec.name,
            instance_uuid=spec.instance_uuid,
            bios_uuid=spec.bios_uuid,
            host=spec.host,
            resource_pool=spec.resource_pool,
            hardware_version=_HARDWARE_VERSION,
            managed_type=spec.managed_type,
            processors=spec.processors,
            memory=spec.memory,
        )

    def _power(self, moid: str, state: PowerState) -> None:
        machine = vim.VirtualMachine(moid, self._stub())
        call = {
            "poweredOn": machine.PowerOnVM_Task,
            "poweredOff": machine.PowerOffVM_Task,
            "suspended": machine.SuspendVM_Task,
        }[state]
        try:
            _finish(call())
        except vim.fault.InvalidPowerState as error:
            if error.existingState != state:
                raise

    def _configure(self, moid: str, extra_config: Mapping[str, str]) -> None:
        specification = vim.vm.ConfigSpec(extraConfig=_options(extra_config))
        _finish(vim.VirtualMachine(moid, self._stub()).ReconfigVM_Task(spec=specification))

    def _move(self, moid: str, resource_pool: str, folder: str) -> None:
        stub = self._stub()
        machine = vim.VirtualMachine(moid, stub)
        vim.ResourcePool(resource_pool, stub).MoveIntoResourcePool(list=[machine])
        _finish(vim.Folder(folder, stub).MoveIntoFolder_Task(list=[machine]))

    def _destroy(self, moid: str) -> None:
        machine = vim.VirtualMachine(moid, self._stub())
        try:
            self._power(moid, "poweredOff")
            _finish(machine.Destroy_Task())
        except vmodl.fault.ManagedObjectNotFound:
            pass

    def _stub(self) -> Any:
        if self._instance is None:
            raise VCenterUnavailable("not connected to vCenter")
        return self._instance._stub

    def _connect(self) -> Any:
        address = urlsplit(self._connection.url)
        secure = address.scheme == "https"
        ca_file = self._connection.ca_file
        return SmartConnect(
            protocol=address.scheme,
            host=address.hostname,
            port=address.port or (443 if secure else 80),
            path=address.path or "/sdk",
            user=self._connection.username,
            pwd=self._connection.password_file.read_text().splitlines()[0],
            sslContext=ssl.create_default_context(cafile=ca_file) if secure else None,
            httpConnectionTimeout=_WAIT_SECONDS + 30,
        )

    def _follow(self, loop: asyncio.AbstractEventLoop, stopped: threading.Event) -> None:
        instance = self._connect()
        content = instance.content
        datacenter, cluster = _cluster(content, self._connection)
        roots = cluster.resourcePool._moId, datacenter.vmFolder._moId
        names = {store._moId: store.name for store in cluster.datastore}
        collector = content.propertyCollector.CreatePropertyCollector()
        collector.CreateFilter(filter_spec(datacenter), False)
        updates = Updates()
        version, complete = "", False
        while not stopped.is_set():
            options = vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=_WAIT_SECONDS if complete else 0)
            answer = collector.WaitForUpdatesEx(version, options)
            if answer is not None:
                version = answer.version
                updates.take(answer)
            if complete:
                if answer is not None:
                    loop.call_soon_threadsafe(self._changed, *updates.give())
            elif answer is None or not answer.truncated:
                complete = True
                session = _Session(instance, content.about.instanceUuid, roots, cluster._moId, names)
                loop.call_soon_threadsafe(self._connected, session, *updates.give())

    def _connected(
        self,
        session: "_Session",
        hosts: dict[str, Host | None],
        machines: dict[str, Machine | None],
    ) -> None:
        self._instance, self._datastore_names = session.instance, session.datastores
        self.instance, self.roots = session.uuid, session.roots
        self._cluster = session.cluster
        self._hosts = {moid: host for moid, host in hosts.items() if self._is_ours(host)}
        self._machines = {moid: machine for moid, machine in machines.items() if machine is not None}
        self._synced.set()
        self._tell(None)

    def _lost(self) -> None:
        self._synced.clear()
        self._instance = None

    def _changed(self, hosts: dict[str, Host | None], machines: dict[str, Machine | None]) -> None:
        hosts = {moid: host if self._is_ours(host) else None for moid, host in hosts.items()}
        hosts = {moid: host for moid, host in hosts.items() if host != self._hosts.get(moid)}
        for moid, host in hosts.items():
            _put(self._hosts, moid, host)
        changed = set()
        for moid, machine in machines.items():
            before = self._machines.get(moid)
            if machine is not None and before is not None:
                # The simulator tells of a new machine before it has set its host: keep what we know by creating it.
                machine = replace(  # noqa: PLW2901
                    machine,
                    host=machine.host or before.host,
                    resource_pool=machine.resource_pool or before.resource_pool,
                )
            _put(self._machines, moid, machine)
            changed |= {one.instance_uuid for one in (before, machine) if one is not None and before != machine}
        for instance_uuid in changed:
            self._tell(instance_uuid)
        if hosts:
            self._tell(None)

    def _is_ours(self, host: Host | None) -> TypeGuard[Host]:
        return host is not None and host.cluster == self._cluster

    def _tell(self, instance_uuid: str | None) -> None:
        for listener in self._listeners:
            listener(instance_uuid)


@dataclass(frozen=True)
class _Session:
    """A connection and what does not change during it."""

    instance: Any
    uuid: str
    roots: tuple[str, str]
    cluster: str
    datastores: dict[str, str]


def _put(items: dict[str, _T], key: str, item: _T | None) -> None:
    if item is None:
        items.pop(key, None)
    else:
        items[key] = item


def _options(values: Mapping[str, str]) -> list[Any]:
    return [vim.option.OptionValue(key=key, value=value) for key, value in values.items()]


def _finish(task: Any) -> Any:
    """Wait for a task: its result, or its fault raised. VCenterUnavailable after a minute."""
    delay, deadline = 0.005, time.monotonic() + _TASK_SECONDS
    while True:
        info = task.info
        if info.state == "success":
            return info.result
        if info.state == "error":
            raise info.error
        if time.monotonic() > deadline:
            raise VCenterUnavailable(f"task {info.descriptionId} did not end within {_TASK_SECONDS:.0f} s")
        time.sleep(delay)
        delay = min(delay * 2, 0.5)


def _cluster(content: Any, connection: VCenterConnection) -> tuple[Any, Any]:
    datacenters = (one for one in content.rootFolder.childEntity if isinstance(one, vim.Datacenter))
    datacenter = next((one for one in datacenters if one.name == connection.datacenter), None)
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


def _text(error: BaseException) -> str:
    """What a fault says: pyvmomi prints all of its fields over many lines."""
    message = getattr(error, "msg", None)
    return f"{type(error).__name__.rsplit('.', maxsplit=1)[-1]}: {message or error}"
