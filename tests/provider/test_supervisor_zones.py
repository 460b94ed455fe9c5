"""The zones of a Supervisor that runs: bound, with reserved VMs, drained and gone; and its file volumes."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from com.vmware.vcenter.namespace_management.supervisors.zones_client import Bindings

from pacific_infra.provider.waiting import NotReached
from tests.support.request_bindings import through_bindings
from tests.support.simulated_vcenter import MANAGEMENT, SUPERVISOR, Site, simulated
from tests.support.skipped_time import run
from tests.support.vcenter_resources import FULL


def bound(*bindings: dict[str, Any]) -> dict[str, Any]:
    return {**FULL, "zoneBindings": list(bindings)}


def reserving(count: int) -> dict[str, Any]:
    return {"zone": "hall-2", "vmReservations": [{"reservedVmClass": "best-effort-small", "count": count}]}


async def hall(site: Site) -> None:
    await (await site.engine()).create("Zone", "hall-2", {"name": "hall-2", "clusters": ["cluster-02"]})


@pytest.mark.parametrize("version", ["9.0", "9.1"])
def test_a_zone_is_bound_changed_and_unbound(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            await hall(site)
            engine = await site.engine()
            await engine.create("Supervisor", "supervisor-01", FULL)
            root = f"{MANAGEMENT}/supervisors/{engine.identifier}/zones"
            site.sent.clear()
            assert [*(await engine.diff("Supervisor", "supervisor-01", bound(reserving(2)))).detailed_diff] == [
                "zoneBindings"
            ]
            await engine.update("Supervisor", "supervisor-01", bound(reserving(2)))
            allocation = {"vm_reservations": [{"reserved_vm_class": "best-effort-small", "count": 2}]}
            specification = {"specs": [{"zone": "hall-2", "type": "WORKLOAD", "resource_allocation": allocation}]}
            assert site.sent == [("POST", f"{root}/bindings", specification)]
            assert through_bindings(specification, Bindings.CreateSpec) == specification
            await engine.refresh("Supervisor", "supervisor-01")
            assert (await engine.diff("Supervisor", "supervisor-01", bound(reserving(2)))).detailed_diff == {}

            site.sent.clear()
            answer = await engine.diff("Supervisor", "supervisor-01", bound(reserving(3)))
            assert [*answer.detailed_diff] == ["zoneBindings[0].vmReservations[0].count"]
            await engine.update("Supervisor", "supervisor-01", bound(reserving(3)))
            ((method, path, sent),) = site.sent
            assert (method, path) == ("PATCH", f"{root}/hall-2/bindings")
            assert through_bindings(sent, Bindings.UpdateSpec) == sent

            other = await site.engine()
            other.identifier = "supervisor-01"
            assert await other.refresh("Supervisor", "supervisor-01")
            kept = {**bound(reserving(3)), "deletionPolicy": "Retain"}
            assert (await other.diff("Supervisor", "supervisor-01", kept)).detailed_diff == {}
            other.identifier = engine.identifier
            await other.update("Supervisor", "supervisor-01", {**bound(), "deletionPolicy": "Retain"})
            await engine.refresh("Supervisor", "supervisor-01")
            drift = await engine.diff("Supervisor", "supervisor-01", bound(reserving(3)))
            assert [*drift.detailed_diff] == ["zoneBindings[0]"]

            site.sent.clear()
            await engine.update("Supervisor", "supervisor-01", bound(reserving(3)))
            await engine.update("Supervisor", "supervisor-01", bound())
            assert [item[0] for item in site.sent] == ["POST", "DELETE"]
            await engine.refresh("Supervisor", "supervisor-01")
            assert (await engine.diff("Supervisor", "supervisor-01", bound())).detailed_diff == {}
            await engine.delete("Supervisor", "supervisor-01")

    asyncio.run(body())


def test_a_zone_that_is_not_empty_says_what_is_in_it(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            await hall(site)
            engine = await site.engine(waitTimeout="1")
            plain = bound({"zone": "hall-2"})
            first = await site.engine()
            await first.create("Supervisor", "supervisor-01", plain)
            engine.identifier, engine.state, engine.inputs = first.identifier, first.state, first.inputs
            shop = {"supervisor": "supervisor-01", "zones": [{"name": "hall-2"}], "deletionPolicy": "Delete"}
            shops = await site.engine()
            await shops.create("Namespace", "shop", shop)
            with pytest.raises(NotReached, match="zone hall-2 is being removed, namespaces shop are still in it"):
                await engine.update("Supervisor", "supervisor-01", bound())
            await shops.delete("Namespace", "shop")
            await engine.update("Supervisor", "supervisor-01", bound())

    run(body())


def test_the_zone_of_the_control_plane_reserves_vms_too(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            engine = await site.engine()
            await engine.create("Supervisor", "supervisor-01", FULL)
            plain = bound({**reserving(1), "zone": "domain-c1"})
            await engine.update("Supervisor", "supervisor-01", plain)
            await engine.refresh("Supervisor", "supervisor-01")
            assert (await engine.diff("Supervisor", "supervisor-01", plain)).detailed_diff == {}
            await engine.update("Supervisor", "supervisor-01", bound())
            assert [item[0] for item in site.sent[-2:]] == ["PATCH", "PATCH"]

    asyncio.run(body())


def test_versions_and_zones_that_are_not_there_are_said_at_preview(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path, "8.0.3") as site:
            engine = await site.engine()
            storage = {**SUPERVISOR["workloads"], "storage": {"fileVolumesEnabled": True}}
            needs = "or newer, this one is 8.0.3; leave it out, or upgrade vCenter"
            await hall(site)
            result = await engine.check(
                "Supervisor", "supervisor-01", {**bound({"zone": "hall-2"}), "workloads": storage}
            )
            assert result == [
                ("workloads.storage.fileVolumesEnabled", f"needs vCenter 9.1 {needs}"),
                ("zoneBindings[0]", f"needs vCenter 9.0 {needs}"),
            ]

    asyncio.run(body())


def test_file_volumes_are_switched_after_the_supervisor_was_made(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            engine = await site.engine()

            def storage(enabled: bool) -> dict[str, Any]:
                return {
                    **SUPERVISOR,
                    "workloads": {**SUPERVISOR["workloads"], "storage": {"fileVolumesEnabled": enabled}},
                }

            await engine.create("Supervisor", "supervisor-01", storage(True))
            part = f"{MANAGEMENT}/supervisors/{engine.identifier}/workloads/storage/cloud-native/file-volumes"
            assert "storage" not in site.sent[0][2]["workloads"] or site.sent[0][2]["workloads"]["storage"] == {}
            assert site.sent[-1] == ("PATCH", part, {"file_volumes_enabled": True})
            await engine.refresh("Supervisor", "supervisor-01")
            assert (await engine.diff("Supervisor", "supervisor-01", storage(True))).detailed_diff == {}
            await engine.update("Supervisor", "supervisor-01", storage(False))
            assert site.sent[-1] == ("PATCH", part, {"file_volumes_enabled": False})
            await engine.refresh("Supervisor", "supervisor-01")
            assert (await engine.diff("Supervisor", "supervisor-01", storage(False))).detailed_diff == {}

    asyncio.run(body())
