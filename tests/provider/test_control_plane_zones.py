"""A control plane that comes to span three zones while it runs, and what vCenter does not take of its zones."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from com.vmware.vcenter.namespace_management.supervisors.zones_client import Bindings

from pacific_infra.vcenter.errors import VCenterError
from tests.support.request_bindings import through_bindings
from tests.support.simulated_vcenter import MANAGEMENT, SUPERVISOR, Site, simulated
from tests.support.vcenter_resources import changed

NEW = ("hall-2", "hall-3")


def spanning(*zones: str) -> dict[str, Any]:
    return {**{name: value for name, value in SUPERVISOR.items() if name != "cluster"}, "zones": [*zones]}


def bound(*kinds: tuple[str, str | None], **more: Any) -> dict[str, Any]:
    bindings = [{"zone": zone, **({"type": kind} if kind else {}), **more} for zone, kind in kinds]
    return {**SUPERVISOR, "zoneBindings": bindings}


async def zones(site: Site, first: str | None = None) -> None:
    engine = await site.engine()
    if first is not None:
        await engine.create("Zone", first, {"name": first, "clusters": ["cluster-01"]})
    await engine.create("Zone", "hall-2", {"name": "hall-2", "clusters": ["cluster-02"]})
    await engine.create("Zone", "hall-3", {"name": "hall-3"})


def specification(*names: str) -> dict[str, Any]:
    allocation: dict[str, Any] = {"vm_reservations": []}
    return {"specs": [{"zone": name, "type": "MANAGEMENT", "resource_allocation": allocation} for name in names]}


@pytest.mark.parametrize("version", ["9.0", "9.1"])
def test_one_zone_becomes_three_in_place(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            await zones(site, "hall-1")
            engine = await site.engine()
            await engine.create("Supervisor", "supervisor-01", spanning("hall-1"))
            wider = spanning("hall-3", "hall-1", "hall-2")
            answer = await engine.diff("Supervisor", "supervisor-01", wider)
            assert (answer.replaces, [*answer.detailed_diff]) == ([], ["zones[0]", "zones[2]"])
            site.sent.clear()
            await engine.update("Supervisor", "supervisor-01", wider)
            path = f"{MANAGEMENT}/supervisors/{engine.identifier}/zones/bindings"
            assert site.sent == [("POST", path, specification("hall-3", "hall-2"))]
            assert through_bindings(site.sent[0][2], Bindings.CreateSpec) == site.sent[0][2]
            await engine.refresh("Supervisor", "supervisor-01")
            assert (await engine.diff("Supervisor", "supervisor-01", wider)).detailed_diff == {}
            # Another setting of the three goes to the cluster that the API knows the Supervisor by.
            other = changed(wider, "controlPlane.size", "LARGE")
            await engine.update("Supervisor", "supervisor-01", other)
            await engine.refresh("Supervisor", "supervisor-01")
            assert (await engine.diff("Supervisor", "supervisor-01", other)).detailed_diff == {}
            imported = await site.engine()
            imported.identifier = "supervisor-01"
            state = await imported.refresh("Supervisor", "supervisor-01")
            assert state is not None
            assert state["zones"] == ["hall-1", "hall-3", "hall-2"]
            kept = {**other, "deletionPolicy": "Retain"}
            shown = {**kept, "workloads": {**kept["workloads"], "storage": state["workloads"]["storage"]}}
            assert (await imported.diff("Supervisor", "supervisor-01", shown)).detailed_diff == {}
            back = await engine.diff(
                "Supervisor", "supervisor-01", changed(spanning("hall-1"), "controlPlane.size", "LARGE")
            )
            assert back.replaces == ["zones"]
            await engine.delete("Supervisor", "supervisor-01")

    asyncio.run(body())


def test_before_9_0_more_zones_are_another_supervisor(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path, "8.0.3") as site:
            await zones(site, "hall-1")
            engine = await site.engine()
            await engine.create("Supervisor", "supervisor-01", spanning("hall-1"))
            answer = await engine.diff("Supervisor", "supervisor-01", spanning("hall-1", *NEW))
            assert answer.replaces == ["zones"]

    asyncio.run(body())


@pytest.mark.parametrize("version", ["9.0", "9.1"])
def test_a_cluster_gets_two_zones_beside_its_own(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            await zones(site)
            engine = await site.engine()
            three = bound(*((zone, "MANAGEMENT") for zone in NEW))
            await engine.create("Supervisor", "supervisor-01", three)
            assert site.sent[-1][2] == specification(*NEW)
            for _ in range(2):
                await engine.refresh("Supervisor", "supervisor-01")
                assert (await engine.diff("Supervisor", "supervisor-01", three)).detailed_diff == {}
            reserved = [{"reservedVmClass": "best-effort-small", "count": 1}]
            more = bound(*((zone, "MANAGEMENT") for zone in NEW), vmReservations=reserved)
            await engine.update("Supervisor", "supervisor-01", more)
            assert [item[0] for item in site.sent[-2:]] == ["PATCH", "PATCH"]
            await engine.refresh("Supervisor", "supervisor-01")
            assert (await engine.diff("Supervisor", "supervisor-01", more)).detailed_diff == {}
            # The same program again into an empty state, as after an interrupted run.
            again = await site.engine()
            await again.create("Supervisor", "supervisor-01", more)
            assert again.identifier == engine.identifier

    asyncio.run(body())


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            bound(*((zone, "MANAGEMENT") for zone in NEW)),
            bound(("hall-2", "MANAGEMENT")),
            [
                ("zoneBindings", "vCenter cannot remove the zone hall-3 from the control plane; keep it"),
                ("zoneBindings", "a control plane spans one or three zones, not 2"),
            ],
        ),
        (
            bound(("hall-2", None), ("hall-3", "WORKLOAD")),
            bound(("hall-2", "MANAGEMENT"), ("hall-3", "MANAGEMENT")),
            [
                (
                    f"zoneBindings[{index}].type",
                    f"got 'MANAGEMENT', but {zone} is bound as WORKLOAD, which cannot be changed; "
                    "remove the zone first",
                )
                for index, zone in enumerate(NEW)
            ],
        ),
        (
            SUPERVISOR,
            bound(("domain-c1", "WORKLOAD")),
            [
                (
                    "zoneBindings[0].type",
                    "got 'WORKLOAD', but the control plane is in domain-c1; allowed: MANAGEMENT, or no type",
                )
            ],
        ),
        (
            SUPERVISOR,
            {**spanning("domain-c1"), "zoneBindings": [{"zone": "hall-2", "type": "MANAGEMENT"}]},
            [("zoneBindings[0].type", "got 'MANAGEMENT', but hall-2 is not among zones; name it there")],
        ),
    ],
)
def test_what_vcenter_does_not_take_is_said_at_preview(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            await zones(site)
            engine = await site.engine()
            await engine.create("Supervisor", "supervisor-01", before)
            site.sent.clear()
            assert await engine.check("Supervisor", "supervisor-01", after) == expected
            assert site.sent == []

    asyncio.run(body())


def test_the_simulated_vcenter_keeps_the_zones_of_a_control_plane(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            await zones(site)
            engine = await site.engine()
            await engine.create("Supervisor", "supervisor-01", SUPERVISOR)
            root = f"{MANAGEMENT}/supervisors/{engine.identifier}/zones"
            with pytest.raises(VCenterError, match="spans one or three zones, not 2"):
                await site.by_hand.post(f"{root}/bindings", specification("hall-2"))
            await site.by_hand.post(f"{root}/bindings", specification(*NEW))
            with pytest.raises(VCenterError, match="has the control plane of Supervisor"):
                await site.by_hand.delete(f"{root}/hall-2/bindings")

    asyncio.run(body())
