"""A namespace through its life on the simulated vCenter, in each version."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pulumi.provider.experimental import provider as sdk

from pacific_infra.errors import PacificError
from pacific_infra.provider.property_values import UNKNOWN, plain_properties
from pacific_infra.provider.resources.resource import Incomplete
from tests.support.simulated_vcenter import SUPERVISOR, VERSIONS, simulated, with_supervisor
from tests.support.vcenter_doubles import GOLD, LIBRARY
from tests.support.vcenter_resources import BLUE, SHOP, with_policy

NAMESPACES = "/vcenter/namespaces/instances"
SINCE_9_0: dict[str, Any] = {"zones": [{"name": "domain-c1", "cpuLimitMhz": 3000}]}
SINCE_9_1: dict[str, Any] = {
    "infrastructurePolicies": ["gpu-hosts"],
    "edges": [{"id": "edge-1", "edgeProvider": "NSX_REGISTERED_AVI", "avi": {"seGroupName": "blue"}}],
}
CHANGES: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"description": "New"}, "description", {"description": "New [pacific estate/dev]"}),
    ({"description": None}, "description", {"description": "[pacific estate/dev]"}),
    (
        {"resourceSpec": {"memoryLimit": 8192, "podCount": 60}},
        "resourceSpec.cpuLimit",
        {"resource_spec": {"cpu_limit_unset": True}},
    ),
    (
        {"accessList": [BLUE]},
        "accessList[1]",
        {"access_list": [{"subject_type": "GROUP", "subject": "blue", "domain": "vsphere.local", "role": "EDIT"}]},
    ),
    ({"storageSpecs": [{"policy": "gold", "limit": 1000}]}, "storageSpecs[1]", {}),
    ({"storageSpecs": []}, "storageSpecs[0]", {"storage_specs": []}),
    ({"vmServiceSpec": {"vmClasses": [], "contentLibraries": ["linux-images"]}}, "vmServiceSpec.vmClasses[0]", {}),
    (
        {"contentLibraries": [{"contentLibrary": "linux-images", "writable": False}]},
        "contentLibraries[0].writable",
        {"content_libraries": [{"content_library": LIBRARY, "writable": False}]},
    ),
    ({"contentLibraries": []}, "contentLibraries[0]", {"content_libraries": []}),
]


def of_version(version: str) -> dict[str, Any]:
    return {**SHOP, **(SINCE_9_0 if version != "8.0.3" else {}), **(SINCE_9_1 if version == "9.1" else {})}


@pytest.mark.parametrize("version", VERSIONS)
def test_create_no_difference_each_change_import_drift_and_delete(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            await with_supervisor(site)
            await with_policy(site, version)
            engine, plain = await site.engine(), of_version(version)
            state = await engine.create("Namespace", "shop", plain)
            assert (state["configStatus"], len(state["inheritedAccess"])) == ("RUNNING", 2)
            assert (await engine.diff("Namespace", "shop", plain)).changes is False
            site.sent.clear()
            assert (await engine.diff("Namespace", "shop", plain)).changes is False
            assert site.sent == []

            for change, path, sent in CHANGES:
                changed = {name: value for name, value in {**plain, **change}.items() if value is not None}
                answer = await engine.diff("Namespace", "shop", changed)
                assert (path in answer.detailed_diff, answer.replaces) == (True, []), change
                site.sent.clear()
                await engine.update("Namespace", "shop", changed)
                ((method, where, result),) = site.sent
                assert (method, where) == ("PATCH", f"{NAMESPACES}/shop")
                result["access_list"] = result.get("access_list", [])[:1]
                assert {name: result[name] for name in sent} == sent
                await engine.refresh("Namespace", "shop")
                assert (await engine.diff("Namespace", "shop", changed)).changes is False, change
                await engine.update("Namespace", "shop", plain)

            imported = await site.engine()
            imported.identifier = "shop"
            await imported.refresh("Namespace", "shop")
            without = {name: value for name, value in plain.items() if name != "zones"} | {"deletionPolicy": "Retain"}
            assert (await imported.diff("Namespace", "shop", without)).changes is False

            await site.by_hand.patch(
                f"{NAMESPACES}/shop",
                {
                    "description": "by hand",
                    "resource_spec": {"pod_count": 5, "memory_limit_unset": True},
                    "access_list": [],
                    "storage_specs": [{"policy": GOLD}],
                    "vm_service_spec": {"vm_classes": ["best-effort-small", "best-effort-medium"]},
                    "content_libraries": [],
                },
            )
            await engine.refresh("Namespace", "shop")
            drift = await engine.diff("Namespace", "shop", plain)
            assert {change.partition("[")[0] for change in drift.detailed_diff} == {
                "description",
                "resourceSpec.podCount",
                "resourceSpec.memoryLimit",
                "accessList",
                "storageSpecs",
                "vmServiceSpec.vmClasses",
                "contentLibraries",
            }
            await engine.update("Namespace", "shop", plain)
            await engine.refresh("Namespace", "shop")
            assert (await engine.diff("Namespace", "shop", plain)).changes is False
            await engine.delete("Namespace", "shop")
            await engine.delete("Namespace", "shop")
            assert await engine.refresh("Namespace", "shop") is None

    asyncio.run(body())


@pytest.mark.parametrize("version", VERSIONS)
def test_an_empty_list_is_no_difference_after_an_import_and_one_where_something_is(
    tmp_path: Path, version: str
) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            await with_supervisor(site)
            await (await site.engine()).create("Namespace", "shop", {"supervisor": "supervisor-01"})
            engine = await site.engine()
            engine.identifier = "shop"
            await engine.refresh("Namespace", "shop")
            plain: dict[str, Any] = {"supervisor": "supervisor-01", "deletionPolicy": "Retain"}
            lists: dict[str, Any] = {"accessList": [], "storageSpecs": [], "contentLibraries": []}
            empty = {**plain, **lists, "vmServiceSpec": {"vmClasses": [], "contentLibraries": []}}
            if version == "9.1":
                empty |= {"infrastructurePolicies": [], "edges": []}
            assert (await engine.diff("Namespace", "shop", plain)).detailed_diff == {}
            assert (await engine.diff("Namespace", "shop", empty)).detailed_diff == {}
            await site.by_hand.patch(f"{NAMESPACES}/shop", {"storage_specs": [{"policy": GOLD}]})
            assert [*(await engine.diff("Namespace", "shop", empty)).detailed_diff] == ["storageSpecs"]

    asyncio.run(body())


@pytest.mark.parametrize("version", ["8.0.3", "9.0"])
def test_what_the_version_has_not_is_said_at_preview(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            engine = await with_supervisor(site)
            site.sent.clear()
            plain = {**SHOP, **SINCE_9_0, **SINCE_9_1}
            plain["zones"] = UNKNOWN
            plain["contentLibraries"] = [{"contentLibrary": "linux-images", "allowImport": True}]
            output = {"8.0.3": "8.0.3", "9.0": "9.0.0"}[version]

            def needs(since: str) -> str:
                return f"needs vCenter {since} or newer, this one is {output}; leave it out, or upgrade vCenter"

            expected = {"edges[0]": needs("9.1"), "infrastructurePolicies[0]": needs("9.1")}
            if version == "8.0.3":
                expected |= {"zones": needs("9.0"), "contentLibraries[0].allowImport": needs("9.0")}
            assert dict(await engine.check("Namespace", "shop", plain)) == expected
            pods = {**SUPERVISOR, "vspherePodsEnabled": True}
            result = dict(await engine.check("Supervisor", "supervisor-01", pods))
            assert result == ({"vspherePodsEnabled": needs("9.0")} if version == "8.0.3" else {})
            engine.inputs = {}
            edge = {**SUPERVISOR, "workloads": {**SUPERVISOR["workloads"], "edge": {"provider": "VSPHERE_FOUNDATION"}}}
            result = dict(await engine.check("Supervisor", "other", edge))
            if version == "8.0.3":
                assert result == {"workloads.edge.provider": f"got 'VSPHERE_FOUNDATION'; {needs('9.0')}"}
            assert site.sent == []

    asyncio.run(body())


def test_networks_change_in_place_since_9_1_and_replace_before(tmp_path: Path) -> None:
    async def body(folder: Path, version: str) -> None:
        async with simulated(folder, version) as site:
            await with_supervisor(site)
            engine, plain = await site.engine(), {"supervisor": "supervisor-01", "networks": ["one", "two"]}
            await engine.create("Namespace", "shop", plain)
            other = {**plain, "networks": ["two", "three"]}
            answer = await engine.diff("Namespace", "shop", other)
            assert answer.replaces == ([] if version == "9.1" else ["networks"])
            if version == "9.1":
                site.sent.clear()
                await engine.update("Namespace", "shop", other)
                change = {"networks_to_add": ["three"], "networks_to_remove": ["one"]}
                specification = {"network_provider": "VSPHERE_NETWORK", "vsphere_network_config": change}
                assert site.sent == [("PATCH", f"{NAMESPACES}/shop", {"network_spec": specification})]
                await engine.refresh("Namespace", "shop")
                assert (await engine.diff("Namespace", "shop", other)).changes is False

    for version in ("9.1", "9.0"):
        folder = tmp_path / version
        folder.mkdir()
        asyncio.run(body(folder, version))


def test_limits_under_use_are_refused_and_others_taken(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            await with_supervisor(site)
            engine = await site.engine()
            await engine.create("Namespace", "shop", SHOP)
            lower = {"cpuLimit": 499, "memoryLimit": 255, "storageRequestLimit": 1023, "podCount": 1}
            assert await engine.check("Namespace", "shop", {**SHOP, "resourceSpec": lower}) == [
                (
                    f"resourceSpec.{name}",
                    f"got {got}; shop uses {used} now; allowed: {least} or more, or use less first",
                )
                for name, got, used, least in (
                    ("cpuLimit", 499, "500 MHz", 500),
                    ("memoryLimit", 255, "256 MiB", 256),
                    ("storageRequestLimit", 1023, "1024 MiB", 1024),
                )
            ]
            enough = {"cpuLimit": 500, "memoryLimit": 256, "storageRequestLimit": 1024}
            assert await engine.check("Namespace", "shop", {**SHOP, "resourceSpec": enough}) == []
            # What only goes up, or is not known yet, is no reason to ask vCenter.
            assert await engine.check("Namespace", "shop", {**SHOP, "resourceSpec": {"cpuLimit": UNKNOWN}}) == []

    asyncio.run(body())


def test_a_class_of_the_same_run_is_known_before_it_is_there(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            engine = await with_supervisor(site)
            shop = {"supervisor": "supervisor-01", "vmServiceSpec": {"vmClasses": ["tiny"]}}
            ((path, _),) = await engine.check("Namespace", "shop", shop)
            assert path == "vmServiceSpec.vmClasses[0]"
            engine.inputs = {}
            assert await engine.check("VirtualMachineClass", "tiny", {"cpuCount": 1, "memoryMib": 1024}) == []
            assert await engine.check("Namespace", "shop", shop) == []

    asyncio.run(body())


def test_preview_of_a_create_sends_nothing(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            engine = await with_supervisor(site)
            engine.inputs = {}
            assert await engine.check("Namespace", "shop", SHOP) == []
            request = sdk.CreateRequest(engine.urn("Namespace", "shop"), engine.checked, 0, True)
            state = plain_properties((await engine.provider.create(request)).properties)
            assert (state["namespace"], state["configStatus"]) == ("shop", UNKNOWN)
            assert site.sent == []

    asyncio.run(body())


def test_after_an_update_that_vcenter_refuses_the_program_put_back_is_without_a_difference(tmp_path: Path) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            await with_supervisor(site)
            engine = await site.engine()
            await engine.create("Namespace", "shop", SHOP)
            site.declare(method="PATCH", path="/api/vcenter/*", effect="fail", value=400)
            with pytest.raises(PacificError) as raised:
                await engine.update("Namespace", "shop", {**SHOP, "description": "Other"})
            # The engine keeps what this error carries of the resource, and nothing where it carries none.
            assert not isinstance(raised.value, Incomplete)
            site.clear()
            assert (await engine.diff("Namespace", "shop", SHOP)).detailed_diff == {}

    asyncio.run(body())
