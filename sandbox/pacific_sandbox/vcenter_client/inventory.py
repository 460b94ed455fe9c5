"""vCenter's inventory as the Supervisor's controllers see and change it: the hosts of one cluster and their machines.

What is there is looked at every second or so (with thousands of machines more rarely, two hundredths of the time; hosts
even then), and what this process does itself is known at once; so asking costs nothing.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from pacific_sandbox.vcenter_client.objects import Host, Machine, MachineSpec, PowerState, machine_of
from pacific_sandbox.vcenter_client.session import (
    FAILURES,
    LOST,
    Look,
    VCenterConnection,
    VCenterSession,
    VCenterUnavailable,
    fault_text,
    is_gone,
    is_in,
)
from pacific_sandbox.vcenter_client.tasks import Tasks

Changed = Callable[[str | None], None]
"""Told the instance UUID of a machine that changed, or None: everything may have (hosts, or a new connection)."""

_SHORTEST = 1.0
_LONGEST = 60.0
_SHARE = 50
"""Looks are so many times as far apart as one takes."""
_RECONNECT = 1.0
_THREADS = 4
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class VCenterInventory:
    """The cluster's hosts and all machines on them. Use ``run`` in a task; ask and change from the same event loop."""

    def __init__(self, connection: VCenterConnection) -> None:
        self._connection = connection
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="vcenter")
        self._session: VCenterSession | None = None
        self._tasks = Tasks(self._ended)
        self._listeners: list[Changed] = []
        self._hosts: dict[str, Host] = {}
        self._named: dict[str, Host] = {}
        self._machines: dict[str, Machine] = {}
        self._moids: dict[str, str] = {}
        """Instance UUID to identifier."""
        self._running: Counter[str] = Counter()
        self._touched: dict[str, float] = {}
        """When (monotonic) this process last changed a machine: an older look does not know of it."""
        self._synced = asyncio.Event()

    def listen(self, listener: Changed) -> None:
        """Have ``listener`` called at every change that this process has not made itself."""
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

    @property
    def instance(self) -> str:
        """vCenter's instance UUID."""
        return self._session.instance_uuid if self._session is not None else ""

    @property
    def roots(self) -> tuple[str, str]:
        """Identifiers of the cluster's root resource pool and of the datacenter's VM folder."""
        return self._session.roots if self._session is not None else ("", "")

    def host_named(self, name: str) -> Host | None:
        """The cluster's host of this name."""
        return self._named.get(name)

    def machine(self, instance_uuid: str) -> Machine | None:
        """The machine with this instance UUID, wherever it is."""
        moid = self._moids.get(instance_uuid)
        return self._machines.get(moid) if moid is not None else None

    def machines(self) -> list[Machine]:
        """The machines on the cluster's hosts."""
        return [machine for machine in self._machines.values() if machine.host in self._hosts]

    @property
    def running_memory(self) -> Mapping[str, int]:
        """MiB of the machines that are powered on, by host's identifier."""
        return self._running

    async def run(self) -> None:
        """Follow the inventory until cancelled; connects again where the connection is lost."""
        try:
            while True:
                try:
                    await self._follow()
                except (*LOST, VCenterUnavailable) as error:
                    _log.warning("vCenter: %s; connecting again", fault_text(error))
                self._synced.clear()
                self._session = None
                await asyncio.sleep(_RECONNECT)
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def create(self, spec: MachineSpec) -> Machine:
        """Make a machine, powered off. Raises VCenterUnavailable with vCenter's reason, as all that follow."""
        host = self._hosts.get(spec.host)
        if host is None:
            raise VCenterUnavailable(f"no host {spec.host} in the cluster")
        machine = await self._task(lambda session: session.create(spec, host))
        return self._noted(machine_of(spec, machine._moId))

    async def power(self, machine: Machine, state: PowerState) -> Machine:
        """Bring a machine into a power state (hard); harmless where it is in it."""
        try:
            await self._task(lambda session: session.power(machine.moid, state))
        except VCenterUnavailable as error:
            if not is_in(state, error.__cause__):
                raise
        booted = time.time() if state == "poweredOn" else None
        return self._noted(replace(self._machines.get(machine.moid, machine), power_state=state, booted=booted))

    async def configure(self, machine: Machine, extra_config: Mapping[str, str]) -> None:
        """Set advanced options of a machine; an empty value removes one."""
        await self._task(lambda session: session.configure(machine.moid, extra_config))

    async def move(self, machine: Machine, resource_pool: str, folder: str) -> Machine:
        """Bring a machine into another resource pool and folder."""
        await self._task(lambda session: session.move(machine.moid, resource_pool, folder))
        return self._noted(replace(self._machines.get(machine.moid, machine), resource_pool=resource_pool))

    async def perform(self, work: Callable[[VCenterSession], _T]) -> _T:
        """Anything else that is done with a session, in a thread."""
        return await self._call(work)

    def note_hardware(self, machine: Machine, processors: int, memory: int) -> Machine:
        """Take over that a machine was given other processors and memory (MiB)."""
        return self._noted(replace(self._machines.get(machine.moid, machine), processors=processors, memory=memory))

    async def destroy(self, machine: Machine) -> None:
        """Power a machine off and delete it with its files; harmless where it is gone."""
        try:
            await self.power(machine, "poweredOff")
            await self._task(lambda session: session.destroy(machine.moid))
        except VCenterUnavailable as error:
            if not is_gone(error.__cause__):
                raise
        self._touched[machine.moid] = time.monotonic()
        self._put(machine.moid, None)

    async def _task(self, begin: Callable[[VCenterSession], Any]) -> Any:
        """Begin a task and wait for its result."""
        with _reasons():
            return await self._tasks.result(await self._call(begin))

    async def _ended(self, tasks: Sequence[Any]) -> Mapping[str, Any]:
        return await self._call(lambda session: session.ended(tasks))

    async def _call(self, work: Callable[[VCenterSession], _T]) -> _T:
        session = self._session
        if session is None or not self.synced:
            raise VCenterUnavailable("not connected to vCenter")
        with _reasons():
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, session)

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        session = await loop.run_in_executor(self._threads, VCenterSession.connect, self._connection)
        self._touched.clear()
        while True:
            began = time.monotonic()
            look = await loop.run_in_executor(self._threads, session.look)
            took = time.monotonic() - began
            self._session = session
            changed, hosts_changed = self._take(look, began)
            first = not self.synced
            self._synced.set()
            for instance_uuid in changed:
                self._tell(instance_uuid)
            if first or hosts_changed:
                self._tell(None)
            await self._follow_hosts(session, min(max(_SHORTEST, took * _SHARE), _LONGEST))

    async def _follow_hosts(self, session: VCenterSession, seconds: float) -> None:
        """Until the next look at everything."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        while (left := ends - loop.time()) > _SHORTEST:
            await asyncio.sleep(_SHORTEST)
            hosts = await loop.run_in_executor(self._threads, session.look_at_hosts, tuple(self._hosts))
            if hosts != self._hosts:
                self._set_hosts(hosts)
                self._tell(None)
        await asyncio.sleep(max(left, 0.0))

    def _take(self, look: Look, began: float) -> tuple[set[str], bool]:
        """Take over a look that began at ``began``: the instance UUIDs of what changed, and whether hosts did."""
        self._touched = {moid: at for moid, at in self._touched.items() if at >= began}
        changed = set()
        for moid in self._machines.keys() | look.machines.keys():
            before, now = self._machines.get(moid), look.machines.get(moid)
            if moid in self._touched:
                continue
            if before is not None and now is not None:
                # Asked for once, with the rest of what does not change: of what was booted later we know ourselves.
                now = replace(now, booted=before.booted if now.power_state == "poweredOn" else None)
            if before != now:
                self._put(moid, now)
                changed |= {machine.instance_uuid for machine in (before, now) if machine is not None}
        hosts_changed = look.hosts != self._hosts
        self._set_hosts(look.hosts)
        return changed, hosts_changed

    def _set_hosts(self, hosts: dict[str, Host]) -> None:
        self._hosts = hosts
        self._named = {host.name: host for host in hosts.values()}

    def _noted(self, machine: Machine) -> Machine:
        self._touched[machine.moid] = time.monotonic()
        self._put(machine.moid, machine)
        return machine

    def _put(self, moid: str, machine: Machine | None) -> None:
        before = self._machines.pop(moid, None)
        if before is not None and self._moids.get(before.instance_uuid) == moid:
            del self._moids[before.instance_uuid]
        for known, sign in ((before, -1), (machine, 1)):
            if known is not None and known.power_state == "poweredOn":
                self._running[known.host] += sign * known.memory
        if machine is not None:
            self._machines[moid] = machine
            self._moids[machine.instance_uuid] = moid

    def _tell(self, instance_uuid: str | None) -> None:
        for listener in self._listeners:
            listener(instance_uuid)


@contextmanager
def _reasons() -> Iterator[None]:
    """Raise vCenter's faults as VCenterUnavailable, with the fault as its cause."""
    try:
        yield
    except FAILURES as error:
        raise VCenterUnavailable(fault_text(error)) from error
