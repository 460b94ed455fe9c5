"""A VM that runs in a namespace is taken over by the VM service, on the simulated vCenter."""

import asyncio
from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.recovery import task_progress
from pacific_infra.vcenter.registration import RunningMachine, find_machine, register_machine
from tests.support.simulated_vcenter import Site, simulated, with_supervisor
from tests.support.vcenter_doubles import MACHINE

DATABASE = RunningMachine("vm-1", "database")


async def with_namespace(site: Site) -> None:
    engine = await with_supervisor(site)
    await engine.create("Namespace", "shop", {"name": "shop", "supervisor": "supervisor-01"})


def test_a_machine_becomes_a_virtual_machine_once(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            await with_namespace(site)
            assert await find_machine(site.by_hand, "database") == DATABASE
            assert await find_machine(site.by_hand, "vm-1") == DATABASE
            task = await register_machine(site.by_hand, "shop", DATABASE)
            assert await task_progress(site.by_hand, task) is None
            (resource,) = site.planes.only.registered
            assert resource["spec"] == MACHINE["spec"]
            assert resource["metadata"] == {"name": "database", "namespace": "shop", "labels": {"app": "database"}}
            with pytest.raises(PacificError) as again:
                await register_machine(site.by_hand, "shop", DATABASE)
            assert str(again.value) == (
                "the VM service has this VM already: vCenter refused POST "
                "/api/vcenter/namespaces/instances/shop/registervm: VirtualMachine database exists on the Supervisor.: "
                "got 'database'; fix: write its document with adopt: true, and run pacific up"
            )

    asyncio.run(body())


@pytest.mark.parametrize(
    ("namespace", "machine", "reason"),
    [
        (
            "shop",
            RunningMachine("vm-2", "other"),
            "Virtual machine vm-2 has no vmservice.virtualmachine.resource.yaml in its ExtraConfig.",
        ),
        ("shop", RunningMachine("vm-9", "gone"), "Virtual machine vm-9 not found."),
        ("nope", DATABASE, "Namespace nope not found."),
    ],
)
def test_what_vcenter_refuses_is_said_with_what_to_do(
    tmp_path: Path, namespace: str, machine: RunningMachine, reason: str
) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            await with_namespace(site)
            with pytest.raises(PacificError) as refused:
                await register_machine(site.by_hand, namespace, machine)
            assert reason in refused.value.problem
            assert refused.value.fix is not None
            assert "move the VM into the namespace's folder" in refused.value.fix
            assert site.planes.only.registered == []

    asyncio.run(body())


def test_a_machine_that_is_not_there_is_refused(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            with pytest.raises(PacificError, match="no such VM in vCenter: got 'nope'"):
                await find_machine(site.by_hand, "nope")

    asyncio.run(body())
