import asyncio
from typing import Any

import pytest
from pulumi.provider.experimental import provider as sdk

from pacific_infra.errors import PacificError
from pacific_infra.provider.property_values import UNKNOWN, plain_properties
from pacific_infra.provider.resources.resource import Incomplete
from tests.support.provider_engine import Engine, engine_on
from tests.support.wire_double import RESERVED, WireDouble

BLUE = {"subjectType": "GROUP", "subject": "blue", "domain": "vsphere.local", "role": "EDIT"}
AUDITOR = {"subjectType": "USER", "subject": "auditor", "domain": "vsphere.local", "role": "VIEW"}
GOLD = "aa6d5a82-1c88-45da-85d3-3d74b91a5bad"
SILVER = "bb6d5a82-1c88-45da-85d3-3d74b91a5bad"
SHOP: dict[str, Any] = {
    "supervisor": "supervisor-01",
    "description": "The web shop",
    "resourceSpec": {"cpuLimit": 4000, "memoryLimit": 8192, "podCount": 60},
    "accessList": [BLUE, AUDITOR],
    "storageSpecs": [{"policy": "gold", "limit": 1000}, {"policy": "silver"}],
    "vmServiceSpec": {"vmClasses": ["small", "large"], "contentLibraries": ["linux-images"]},
    "deletionPolicy": "Delete",
}


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


async def created(double: WireDouble, plain: dict[str, Any] = SHOP, **configuration: Any) -> Engine:
    engine = await engine_on(double, **configuration)
    await engine.create("Namespace", "shop", plain)
    double.log.clear()
    return engine


def test_what_a_replacement_of_the_same_name_has_taken_over_is_not_removed(double: WireDouble) -> None:
    """``pulumi up --replace`` creates before it deletes, and does not ask for a difference before."""

    async def body() -> None:
        engine = await created(double)
        await engine.delete("Namespace", "shop", same_run=True)
        assert "shop" in double.namespaces
        assert engine.log.messages[-1] == (
            "the Namespace shop is not deleted: its replacement has the same name and has adopted it; "
            "to create it again, set the option deleteBeforeReplace"
        )
        await engine.delete("Namespace", "shop")
        assert "shop" not in double.namespaces

    run(body())


def test_create_waits_until_it_runs_and_says_so(double: WireDouble) -> None:
    async def body() -> None:
        engine = await engine_on(double)
        state = await engine.create("Namespace", "shop", SHOP)
        assert engine.identifier == "shop"
        assert state["configStatus"] == "RUNNING"
        assert state["stats"] == {"cpuUsed": 5, "memoryUsed": 7, "storageUsed": 9}
        assert state["storageSpecs"] == SHOP["storageSpecs"]
        assert [entry["subject"] for entry in state["inheritedAccess"]] == [RESERVED["subject"]]
        assert engine.log.messages[0] == "waiting for namespace shop: state CONFIGURING"

    run(body())


def test_nothing_changed_is_no_difference_and_no_request(double: WireDouble) -> None:
    async def body() -> None:
        engine = await created(double)
        shuffled = {
            **SHOP,
            "accessList": [AUDITOR, BLUE],
            "storageSpecs": list(reversed(SHOP["storageSpecs"])),
            "vmServiceSpec": {**SHOP["vmServiceSpec"], "vmClasses": ["large", "small"]},
        }
        answer = await engine.diff("Namespace", "shop", shuffled)
        assert answer.changes is False
        assert double.log == []

    run(body())


def test_a_name_and_its_identifier_are_the_same(double: WireDouble) -> None:
    async def body() -> None:
        engine = await created(double)
        by_identifier = {
            **SHOP,
            "supervisor": "supervisor-id-1",
            "storageSpecs": [{"policy": GOLD, "limit": 1000}, {"policy": SILVER}],
        }
        assert (await engine.diff("Namespace", "shop", by_identifier)).changes is False

    run(body())


@pytest.mark.parametrize(
    ("change", "paths", "sent"),
    [
        (
            {"description": "New"},
            {"description": "UPDATE"},
            {"description": "New [pacific estate/dev]"},
        ),
        (
            {"resourceSpec": {"cpuLimit": 5000, "podCount": 60, "jobCount": 3}},
            {"resourceSpec.cpuLimit": "UPDATE", "resourceSpec.memoryLimit": "DELETE", "resourceSpec.jobCount": "ADD"},
            {"resource_spec": {"cpu_limit": 5000, "memory_limit_unset": True, "job_count": 3}},
        ),
        (
            {"resourceSpec": None},
            {"resourceSpec": "DELETE"},
            {"resource_spec": {"cpu_limit_unset": True, "memory_limit_unset": True, "pod_count_unset": True}},
        ),
        (
            {"storageSpecs": [{"policy": "gold", "limit": 1000}]},
            {"storageSpecs[1]": "DELETE"},
            {"storage_specs": [{"policy": GOLD, "limit": 1000}]},
        ),
        (
            {"storageSpecs": None},
            {"storageSpecs": "DELETE"},
            {"storage_specs": []},
        ),
        (
            {"vmServiceSpec": {"contentLibraries": ["linux-images"]}},
            {"vmServiceSpec.vmClasses": "DELETE"},
            {
                "vm_service_spec": {
                    "vm_classes": [],
                    "content_libraries": ["0f0c3f5c-0000-4000-8000-000000000001"],
                }
            },
        ),
    ],
)
def test_each_change_alone_sends_only_itself(
    double: WireDouble, change: dict[str, Any], paths: dict[str, str], sent: dict[str, Any]
) -> None:
    async def body() -> None:
        engine = await created(double)
        plain = {name: value for name, value in {**SHOP, **change}.items() if value is not None}
        answer = await engine.diff("Namespace", "shop", plain)
        assert {path: item.kind.name for path, item in answer.detailed_diff.items()} == paths
        assert answer.replaces == []
        await engine.update("Namespace", "shop", plain)
        assert double.writes() == [("PATCH", "/vcenter/namespaces/instances/shop", sent)]
        assert (await engine.diff("Namespace", "shop", plain)).changes is False

    run(body())


def test_access_keeps_what_vcenter_added_by_itself(double: WireDouble) -> None:
    async def body() -> None:
        engine = await created(double)
        await engine.update("Namespace", "shop", {**SHOP, "accessList": [BLUE]})
        assert [entry["subject"] for entry in double.namespaces["shop"]["access_list"]] == ["blue", RESERVED["subject"]]

    run(body())


def test_drift_of_every_kind_is_seen_and_healed(double: WireDouble) -> None:
    async def body() -> None:
        engine = await created(double)
        by_hand = double.namespaces["shop"]
        by_hand["resource_spec"]["pod_count"] = 5
        del by_hand["resource_spec"]["memory_limit"]
        by_hand["access_list"].append({**RESERVED, "subject": "mallory"})
        by_hand["storage_specs"][1]["limit"] = 77
        by_hand["vm_service_spec"]["vm_classes"].append("huge")
        await engine.refresh("Namespace", "shop")
        answer = await engine.diff("Namespace", "shop", SHOP)
        assert {path: item.kind.name for path, item in answer.detailed_diff.items()} == {
            "resourceSpec.podCount": "UPDATE",
            "resourceSpec.memoryLimit": "ADD",
            "accessList[2]": "DELETE",
            "storageSpecs[1].limit": "DELETE",
            "vmServiceSpec.vmClasses[2]": "DELETE",
        }
        await engine.update("Namespace", "shop", SHOP)
        await engine.refresh("Namespace", "shop")
        assert (await engine.diff("Namespace", "shop", SHOP)).changes is False

    run(body())


def test_what_is_not_declared_is_not_ours(double: WireDouble) -> None:
    async def body() -> None:
        plain = {"supervisor": "supervisor-01"}
        engine = await created(double, plain)
        double.namespaces["shop"].update(resource_spec={"cpu_limit": 9}, storage_specs=[{"policy": GOLD}])
        await engine.refresh("Namespace", "shop")
        assert (await engine.diff("Namespace", "shop", plain)).changes is False

    run(body())


def test_import_then_no_difference(double: WireDouble) -> None:
    async def body() -> None:
        await created(double)
        engine = await engine_on(double)
        engine.identifier = "shop"
        assert await engine.refresh("Namespace", "shop")
        answer = await engine.diff("Namespace", "shop", {**SHOP, "name": "shop", "deletionPolicy": "Retain"})
        assert answer.changes is False

    run(body())


def test_a_new_supervisor_or_name_replaces(double: WireDouble) -> None:
    async def body() -> None:
        engine = await created(double)
        renamed = await engine.diff("Namespace", "shop", {**SHOP, "name": "store"})
        assert (renamed.replaces, renamed.delete_before_replace) == (["name"], False)
        double.supervisors["supervisor-id-2"] = {**double.supervisors["supervisor-id-1"], "name": "supervisor-02"}
        moved = await engine.diff("Namespace", "shop", {**SHOP, "supervisor": "supervisor-02"})
        assert (moved.replaces, moved.delete_before_replace) == (["supervisor"], True)
        # With replaceOnChanges the engine replaces what is a change in place to us.
        changed = await engine.diff("Namespace", "shop", {**SHOP, "description": "other"})
        assert (changed.replaces, changed.delete_before_replace) == ([], True)

    run(body())


def test_gone_by_hand(double: WireDouble) -> None:
    async def body() -> None:
        engine = await created(double)
        double.namespaces.clear()
        assert await engine.refresh("Namespace", "shop") is None
        await engine.delete("Namespace", "shop")

    run(body())


def test_delete_waits_until_it_is_gone(double: WireDouble) -> None:
    async def body() -> None:
        engine = await created(double)
        await engine.delete("Namespace", "shop")
        assert double.namespaces == {}

    run(body())


def test_retain_is_the_default_leaves_it_and_says_so(double: WireDouble) -> None:
    async def body() -> None:
        engine = await created(double, {"supervisor": "supervisor-01"})
        await engine.delete("Namespace", "shop")
        assert "shop" in double.namespaces
        assert engine.log.messages[-1] == (
            "the namespace shop stays in vCenter with its contents: its deletionPolicy is Retain"
        )

    run(body())


def test_a_record_with_the_former_default_is_changed_by_the_next_up_and_vcenter_is_not(double: WireDouble) -> None:
    """Versions in which Delete was the default have recorded it for programs that said nothing."""

    async def body() -> None:
        engine = await created(double, SHOP)
        silent = {name: value for name, value in SHOP.items() if name != "deletionPolicy"}
        answer = await engine.diff("Namespace", "shop", silent)
        assert ([*answer.detailed_diff], answer.replaces) == (["deletionPolicy"], [])
        double.log.clear()
        state = await engine.update("Namespace", "shop", silent)
        assert state["deletionPolicy"] == "Retain"
        assert {method for method, *_ in double.log} == {"GET"}
        assert (await engine.diff("Namespace", "shop", SHOP)).changes is True
        assert (await engine.diff("Namespace", "shop", {**silent, "deletionPolicy": "Retain"})).changes is False

    run(body())


def test_an_interrupted_create_of_ours_is_taken_over(double: WireDouble) -> None:
    async def body() -> None:
        await created(double)
        engine = await engine_on(double)
        state = await engine.create("Namespace", "shop", {**SHOP, "resourceSpec": {"cpuLimit": 7000}})
        assert state["resourceSpec"] == {"cpuLimit": 7000}
        assert len(double.namespaces) == 1

    run(body())


def test_a_lost_answer_is_looked_up(double: WireDouble) -> None:
    async def body() -> None:
        engine = await engine_on(double)
        double.lost.append("POST")
        state = await engine.create("Namespace", "shop", SHOP)
        assert state["configStatus"] == "RUNNING"

    run(body())


def test_a_foreign_namespace_is_refused_and_left_alone(double: WireDouble) -> None:
    async def body() -> None:
        await created(double)
        engine = await engine_on(double, stack="prod")
        before = dict(double.namespaces["shop"])
        message = (
            "the namespace shop belongs to estate/dev: fix: choose another name; to take it from that stack, remove "
            "[pacific estate/dev] from its description in vCenter, then pulumi import pacific:vcenter:Namespace NAME "
            "shop"
        )
        assert await engine.check("Namespace", "shop", SHOP) == [("name", message)]
        with pytest.raises(PacificError) as caught:
            await engine.create_checked("Namespace", "shop")
        assert str(caught.value) == message
        assert double.namespaces["shop"] == before

    run(body())


def test_one_that_is_being_removed_is_made_again(double: WireDouble) -> None:
    async def body() -> None:
        await created(double)
        double.namespaces["shop"].update(config_status="REMOVING", reads=2)
        engine = await engine_on(double)
        assert (await engine.create("Namespace", "shop", SHOP))["configStatus"] == "RUNNING"

    run(body())


def test_a_lasting_error_fails_with_vcenters_own_words_and_keeps_the_resource(double: WireDouble) -> None:
    async def body() -> None:
        engine = await engine_on(double)
        double.settle = 10**6
        task = asyncio.create_task(engine.create("Namespace", "shop", SHOP))
        await engine.log.first.wait()
        details = {"id": "x", "default_message": "Resource pool cannot be made."}
        double.namespaces["shop"].update(
            config_status="ERROR",
            messages=[{"severity": "ERROR", "details": details, "kb_article_link": "https://kb/1"}],
        )
        with pytest.raises(Incomplete) as caught:
            await task
        assert caught.value.identifier == "shop"
        assert str(caught.value) == (
            "vCenter reports an error for namespace shop: state ERROR; Resource pool cannot be made. (https://kb/1): "
            "fix: fix what vCenter names, then run the same command again"
        )

    run(body())


def test_cancel_ends_the_wait_and_others_are_not_held_up(double: WireDouble) -> None:
    async def body() -> None:
        engine, other = await engine_on(double), await engine_on(double)
        other.provider = engine.provider
        double.settle = 10**6
        task = asyncio.create_task(engine.create("Namespace", "shop", SHOP))
        await engine.log.first.wait()
        await asyncio.wait_for(
            other.create("VirtualMachineClass", "tiny", {"cpuCount": 2, "memoryMib": 2048}), timeout=60
        )
        await engine.provider.cancel()
        with pytest.raises(Incomplete, match="interrupted while waiting for namespace shop"):
            await asyncio.wait_for(task, timeout=60)

    run(body())


def test_preview_gives_what_is_certain_and_asks_nothing(double: WireDouble) -> None:
    async def body() -> None:
        engine = await engine_on(double)
        assert await engine.check("Namespace", "shop", {**SHOP, "supervisor": UNKNOWN}) == []
        answer = await engine.provider.create(
            sdk.CreateRequest(engine.urn("Namespace", "shop"), engine.checked, 0, True)
        )
        state = plain_properties(answer.properties)
        assert state["namespace"] == "shop"
        assert state["resourceSpec"] == SHOP["resourceSpec"]
        assert state["supervisor"] is state["stats"] is state["configStatus"] is UNKNOWN
        assert double.writes() == []

    run(body())


def test_a_class_that_vms_of_the_namespace_have_cannot_be_taken_off(double: WireDouble) -> None:
    async def body() -> None:
        engine = await created(double)
        double.classes["small"].update(vms=["vm-7", "vm-8"], namespaces=["shop", "store"])
        double.machines = {"shop": {"vm-7": "catalogue"}, "store": {"vm-8": "other"}}
        plain = {**SHOP, "vmServiceSpec": {"vmClasses": ["large"]}}
        assert await engine.check("Namespace", "shop", plain) == [
            (
                "vmServiceSpec.vmClasses",
                "VM class small cannot be removed: used by catalogue; delete or resize these VMs first",
            )
        ]
        double.machines = {"store": {"vm-8": "other"}}
        assert await engine.check("Namespace", "shop", plain) == []
        assert double.writes() == []

    run(body())
