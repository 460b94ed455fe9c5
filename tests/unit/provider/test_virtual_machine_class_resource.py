import asyncio

import pytest
from conftest import engine_on
from wire_double import WireDouble

from pacific_infra.errors import PacificError

SMALL = {"cpuCount": 2, "memoryMib": 2048, "cpuReservation": 50, "description": "small"}


def test_lifecycle(double: WireDouble) -> None:
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


def test_ours_again_and_a_foreign_one(double: WireDouble) -> None:
    async def body() -> None:
        await (await engine_on(double)).create("VirtualMachineClass", "small", SMALL)
        state = await (await engine_on(double)).create("VirtualMachineClass", "small", {**SMALL, "cpuCount": 3})
        assert state["cpuCount"] == 3
        with pytest.raises(PacificError) as caught:
            await (await engine_on(double, stack="prod")).create("VirtualMachineClass", "small", SMALL)
        assert str(caught.value) == (
            "a VM class small that this stack has not made is in vCenter already: fix: choose another name, or take it "
            "over: pulumi import pacific:vcenter:VirtualMachineClass NAME small"
        )

    asyncio.run(body())
