import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pyVmomi import vim, vmodl

from pacific_sandbox.vcenter_client import inventory as vcenter_inventory
from pacific_sandbox.vcenter_client.inventory import VCenterInventory
from pacific_sandbox.vcenter_client.objects import Host, Machine, host_from, machine_from
from pacific_sandbox.vcenter_client.session import Look, VCenterConnection, VCenterSession, VCenterUnavailable
from tests.support.controller_fakes import eventually

HOST = Host("host-1", "esx-01")
MACHINE = Machine("vm-1", instance_uuid="i-1", power_state="poweredOn", host="host-1", memory=1024)


class FakeSession:
    """A vCenter that says what the test wants; ``during`` happens while a look is under way."""

    instance_uuid = "vc"
    roots = ("resgroup-1", "group-v1")

    def __init__(self) -> None:
        self.host = HOST
        self.machines: dict[str, Machine] = {}
        self.tasks: dict[str, Any] = {}
        self.numbers = count()
        self.running: set[str] = set()
        self.looks: list[list[str]] = []
        self.failure: Exception | None = None
        self.during: Callable[[], None] = lambda: None

    def look(self) -> Look:
        if self.failure is not None:
            raise self.failure
        look = Look({"host-1": self.host}, dict(self.machines))
        self.during()
        return look

    def look_at_hosts(self, known: Collection[str]) -> dict[str, Host]:
        return {"host-1": self.host} if "host-1" in known else {}

    def power(self, moid: str, state: Any) -> Any:
        if moid not in self.machines:
            raise vmodl.fault.ManagedObjectNotFound
        if self.machines[moid].power_state == state:
            return self._task(vim.fault.InvalidPowerState(existingState=state, requestedState=state))
        self.machines[moid] = replace(self.machines[moid], power_state=state)
        return self._task(None)

    def destroy(self, moid: str) -> Any:
        del self.machines[moid]
        return self._task(None)

    def _task(self, outcome: Any) -> Any:
        moid = f"task-{next(self.numbers)}"
        self.tasks[moid] = outcome
        return vim.Task(moid)

    def ended(self, tasks: Sequence[Any]) -> dict[str, Any]:
        if self.failure is not None:
            raise self.failure
        self.looks.append([task._moId for task in tasks])
        return {task._moId: self.tasks[task._moId] for task in tasks if task._moId not in self.running}


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> FakeSession:
    fake = FakeSession()
    monkeypatch.setattr(VCenterSession, "connect", lambda _: fake)
    monkeypatch.setattr(vcenter_inventory, "_SHORTEST", 0.01)
    monkeypatch.setattr(vcenter_inventory, "_LONGEST", 0.01)
    monkeypatch.setattr(vcenter_inventory, "_RECONNECT", 0.01)
    return fake


def inventory() -> tuple[VCenterInventory, list[str | None]]:
    v_center_inventory = VCenterInventory(
        VCenterConnection("https://x/sdk", "u", Path("p"), None, "dc-01", "cluster-01")
    )
    output: list[str | None] = []
    v_center_inventory.listen(output.append)
    return v_center_inventory, output


def test_hosts_are_looked_at_while_machines_are_not(session: FakeSession, monkeypatch: pytest.MonkeyPatch) -> None:
    # As if a look at all machines took long: the next one is a minute away.
    monkeypatch.setattr(vcenter_inventory, "_LONGEST", 60.0)
    monkeypatch.setattr(vcenter_inventory, "_SHARE", 10**9)

    async def scenario() -> None:
        known, output = inventory()
        run = asyncio.create_task(known.run())
        await asyncio.wait_for(known.wait_synced(), 60)
        output.clear()
        session.machines["vm-1"] = MACHINE
        session.host = replace(HOST, in_maintenance=True)
        await eventually(lambda: known.host_named("esx-01") == session.host)
        await asyncio.sleep(0.05)
        assert output == [None]
        assert known.machine("i-1") is None
        run.cancel()

    asyncio.run(scenario())


def test_what_others_change_is_told_once(session: FakeSession) -> None:
    async def scenario() -> None:
        known, output = inventory()
        run = asyncio.create_task(known.run())
        await asyncio.wait_for(known.wait_synced(), 60)
        assert known.host_named("esx-01") == HOST
        output.clear()
        session.machines["vm-1"] = MACHINE
        await eventually(lambda: known.machine("i-1"))
        assert known.running_memory == {MACHINE.host: MACHINE.memory}
        session.machines["vm-1"] = replace(MACHINE, power_state="poweredOff")
        await eventually(lambda: known.machine("i-1") == replace(MACHINE, power_state="poweredOff"))
        assert known.running_memory == {MACHINE.host: 0}
        del session.machines["vm-1"]
        await eventually(lambda: known.machine("i-1") is None)
        await asyncio.sleep(0.05)
        assert output == ["i-1", "i-1", "i-1"]
        run.cancel()

    asyncio.run(scenario())


def test_a_look_that_began_before_our_own_change_does_not_undo_it(session: FakeSession) -> None:
    async def scenario() -> None:
        session.machines["vm-1"] = MACHINE
        known, _ = inventory()
        run = asyncio.create_task(known.run())
        await asyncio.wait_for(known.wait_synced(), 60)
        loop = asyncio.get_running_loop()
        seen: list[Machine | None] = []

        def destroy_meanwhile() -> None:
            session.during = lambda: None
            asyncio.run_coroutine_threadsafe(known.destroy(MACHINE), loop).result(1)
            loop.call_soon_threadsafe(loop.call_later, 0.005, lambda: seen.append(known.machine("i-1")))

        session.during = destroy_meanwhile
        await eventually(lambda: seen)
        assert seen == [None]
        run.cancel()

    asyncio.run(scenario())


def test_a_lost_connection_is_made_again(session: FakeSession) -> None:
    async def scenario() -> None:
        session.machines["vm-1"] = MACHINE
        known, output = inventory()
        run = asyncio.create_task(known.run())
        await asyncio.wait_for(known.wait_synced(), 60)
        session.failure = ConnectionRefusedError("no")
        await eventually(lambda: not known.synced)
        with pytest.raises(VCenterUnavailable):
            await known.power(MACHINE, "poweredOff")
        output.clear()
        session.failure, session.machines = None, {}
        await eventually(lambda: known.synced)
        assert known.machine("i-1") is None
        assert output == ["i-1", None]
        run.cancel()

    asyncio.run(scenario())


def test_all_tasks_are_asked_for_together(session: FakeSession) -> None:
    async def scenario() -> None:
        machines = [replace(MACHINE, moid=f"vm-{number}", instance_uuid=f"i-{number}") for number in range(20)]
        session.machines = {machine.moid: machine for machine in machines}
        known, _ = inventory()
        run = asyncio.create_task(known.run())
        await asyncio.wait_for(known.wait_synced(), 60)
        session.running = {"task-3"}
        changes = [asyncio.create_task(known.power(machine, "poweredOff")) for machine in machines]
        await eventually(lambda: sum(change.done() for change in changes) == 19)
        assert len(session.looks) < 10
        await eventually(lambda: session.looks[-1] == ["task-3"])
        session.running = set()
        assert {machine.power_state for machine in await asyncio.gather(*changes)} == {"poweredOff"}
        run.cancel()

    asyncio.run(scenario())


def test_what_is_so_already_is_no_failure(session: FakeSession) -> None:
    async def scenario() -> None:
        session.machines["vm-1"] = MACHINE
        known, _ = inventory()
        run = asyncio.create_task(known.run())
        await asyncio.wait_for(known.wait_synced(), 60)
        assert (await known.power(MACHINE, "poweredOn")).power_state == "poweredOn"
        await known.destroy(MACHINE)
        await known.destroy(MACHINE)
        run.cancel()

    asyncio.run(scenario())


def test_properties_become_values() -> None:
    host = host_from("host-1", {"name": "a", "parent": "domain-c1", "hardware.cpuInfo.numCpuCores": 32})
    assert (host.cores, host.cluster, host.connected) == (32, "domain-c1", True)
    lost = host_from("host-1", {"runtime.connectionState": "notResponding", "runtime.inMaintenanceMode": True})
    assert (lost.connected, lost.in_maintenance) == (False, True)
    machine = machine_from("vm-1", {"runtime.powerState": "suspended", "config.managedBy": "vSpherePod"})
    assert (machine.power_state, machine.managed_type) == ("suspended", "vSpherePod")
