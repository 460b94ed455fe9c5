import asyncio
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.errors import PacificError
from tests.support.provider_engine import engine_on
from tests.support.simulated_vcenter import MANAGEMENT, simulated
from tests.support.wire_double import WireDouble

SMALL = {"cpuCount": 2, "memoryMib": 2048, "cpuReservation": 50, "description": "small"}


@pytest.fixture
def empty() -> WireDouble:
    return WireDouble()


def test_lifecycle(empty: WireDouble) -> None:
    double = empty

    async def body() -> None:
        engine = await engine_on(double)
        state = await engine.create("VirtualMachineClass", "small", SMALL)
        assert (state["memoryMib"], state["configStatus"], state["description"]) == (2048, "READY", "small")
        assert (await engine.diff("VirtualMachineClass", "small", SMALL)).changes is False
        double.classes["small"]["cpu_count"] = 8
        await engine.refresh("VirtualMachineClass", "small")
        drift = await engine.diff("VirtualMachineClass", "small", SMALL)
        assert [*drift.detailed_diff] == ["cpuCount"]
        double.log.clear()
        await engine.update("VirtualMachineClass", "small", SMALL)
        assert [body for _, _, body in double.writes()] == [{"cpu_count": 2}]
        renamed = await engine.diff("VirtualMachineClass", "small", {**SMALL, "name": "tiny"})
        assert renamed.replaces == ["name"]
        await engine.delete("VirtualMachineClass", "small")
        await engine.delete("VirtualMachineClass", "small")
        assert await engine.refresh("VirtualMachineClass", "small") is None

    asyncio.run(body())


def test_ours_again_and_a_foreign_one(empty: WireDouble) -> None:
    double = empty

    async def body() -> None:
        await (await engine_on(double)).create("VirtualMachineClass", "small", SMALL)
        state = await (await engine_on(double)).create("VirtualMachineClass", "small", {**SMALL, "cpuCount": 3})
        assert state["cpuCount"] == 3
        message = (
            "the VM class small belongs to estate/dev: fix: choose another name; to take it from that stack, remove "
            "[pacific estate/dev] from its description in vCenter, then pulumi import "
            "pacific:vcenter:VirtualMachineClass NAME small"
        )
        other = await engine_on(double, stack="prod")
        assert await other.check("VirtualMachineClass", "small", SMALL) == [("name", message)]
        with pytest.raises(PacificError) as caught:
            await other.create_checked("VirtualMachineClass", "small")
        assert str(caught.value) == message

    asyncio.run(body())


GPU: dict[str, Any] = {
    "cpuCount": 8,
    "memoryMib": 32768,
    "memoryReservation": 100,
    "devices": {
        "vgpuDevices": [{"profileName": "grid_a100-8c"}],
        "dynamicDirectPathIoDevices": [{"vendorId": 5348, "deviceId": 5761, "customLabel": "nic"}],
    },
    "instanceStorage": {"policy": "gold", "volumes": [{"size": 1024}]},
    "configSpec": {"_typeName": "VirtualMachineConfigSpec", "cpuAllocation": {"reservation": 500}},
}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"devices": {"vgpuDevices": [{"profileName": "grid_a100-16c"}]}}, "devices.vgpuDevices[0].profileName"),
        ({"devices": None}, "devices"),
        ({"instanceStorage": {"policy": "gold", "volumes": [{"size": 2048}]}}, "instanceStorage.volumes[0].size"),
        ({"configSpec": {**GPU["configSpec"], "cpuAllocation": {"reservation": 900}}}, "configSpec"),
        ({"configSpec": None}, "configSpec"),
    ],
)
def test_devices_storage_and_config_spec(tmp_path: Path, change: dict[str, Any], path: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, "8.0.3") as site:
            engine = await site.engine()
            await engine.create("VirtualMachineClass", "gpu", GPU)
            assert (await engine.diff("VirtualMachineClass", "gpu", GPU)).changes is False
            # vCenter fills in what was not asked for, which is no drift.
            filled = {**GPU["configSpec"], "cpuAllocation": {"reservation": 500, "limit": -1}, "version": "vmx-21"}
            await site.by_hand.patch(f"{MANAGEMENT}/virtual-machine-classes/gpu", {"config_spec": filled})
            await engine.refresh("VirtualMachineClass", "gpu")
            assert (await engine.diff("VirtualMachineClass", "gpu", GPU)).changes is False
            plain = {name: value for name, value in {**GPU, **change}.items() if value is not None}
            answer = await engine.diff("VirtualMachineClass", "gpu", plain)
            assert (path in answer.detailed_diff, answer.replaces) == (True, [])
            await engine.update("VirtualMachineClass", "gpu", plain)
            await engine.refresh("VirtualMachineClass", "gpu")
            assert (await engine.diff("VirtualMachineClass", "gpu", plain)).changes is False
            imported = await site.engine()
            imported.identifier = "gpu"
            await imported.refresh("VirtualMachineClass", "gpu")
            if change.get("configSpec", 0) is not None:
                assert (await imported.diff("VirtualMachineClass", "gpu", {**plain, "name": "gpu"})).changes is False

    asyncio.run(body())


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"memoryMib": 1025}, ("memoryMib", "got 1025; allowed: a multiple of 4")),
        (
            {"devices": {"vgpuDevices": [{"profileName": "x"}]}},
            ("memoryReservation", "got None; allowed with virtual GPUs or PCI devices: 100"),
        ),
        ({"cpuReservation": 101}, ("cpuReservation", "got 101; allowed: 100 or less")),
        ({"configSpec": "{}"}, ("configSpec", "got '{}'; allowed: an object")),
    ],
)
def test_rules_of_hardware(empty: WireDouble, change: dict[str, Any], failure: tuple[str, str]) -> None:
    async def body() -> None:
        engine = await engine_on(empty)
        plain = {"cpuCount": 1, "memoryMib": 1024, **change}
        assert await engine.check("VirtualMachineClass", "x", plain) == [failure]

    asyncio.run(body())


def test_a_class_in_use_is_not_deleted(empty: WireDouble) -> None:
    async def body() -> None:
        engine = await engine_on(empty)
        await engine.create("VirtualMachineClass", "small", SMALL)
        empty.classes["small"].update(namespaces=["shop"], vms=["vm-7"])
        with pytest.raises(PacificError) as caught:
            await engine.delete("VirtualMachineClass", "small")
        assert str(caught.value) == (
            "the VM class small is still used by shop, vm-7: fix: remove it from these namespaces, delete or resize "
            "these VMs, then run the same command again"
        )
        assert "small" in empty.classes

    asyncio.run(body())
