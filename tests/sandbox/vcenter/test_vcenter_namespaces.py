"""vSphere Namespaces: rules, states, updates, access, placement."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from pacific_sandbox.control_plane_protocol import AccessEntry
from pacific_sandbox.vcenter.inventory import Limits
from tests.support.answer_bindings import read
from tests.support.vcenter_client import NAMESPACES, VCenter
from tests.support.vcenter_doubles import GOLD, LIBRARY, SILVER

SHOP = f"{NAMESPACES}/shop"
ALICE = {"subject_type": "USER", "subject": "alice", "domain": "vsphere.local", "role": "EDIT"}
BLUE = {"subject_type": "GROUP", "subject": "blue-developers", "domain": "vsphere.local", "role": "OWNER"}
EVERYTHING: dict[str, Any] = {
    "description": "the shop",
    "resource_spec": {"cpu_limit": 4000, "memory_limit": 8192, "pod_count": 5, "memory_limit_default": 512},
    "access_list": [ALICE, BLUE],
    "storage_specs": [{"policy": SILVER, "limit": 1024}, {"policy": GOLD}],
    "vm_service_spec": {"vm_classes": ["guaranteed-small"], "content_libraries": [LIBRARY]},
}


@pytest.fixture
def supervisor(vcenter: VCenter) -> str:
    return vcenter.enable()


def asked_for(namespace: Any) -> list[Any]:
    """Its access list without the two entries of vCenter's own."""
    return [entry for entry in namespace["access_list"] if not entry["subject"].startswith("SupervisorProvider")]


def test_a_namespace_gets_all_that_was_asked_for(vcenter: VCenter, supervisor: str) -> None:
    vcenter.plane.release = threading.Event()
    vcenter.done("POST", f"{NAMESPACES}/v2", {"supervisor": supervisor, "namespace": "shop", **EVERYTHING})
    assert vcenter.namespace()["config_status"] == "CONFIGURING"
    vcenter.plane.release.set()
    vcenter.runs()
    info = vcenter.namespace()
    for name in ("description", "resource_spec", "storage_specs", "vm_service_spec"):
        assert info[name] == EVERYTHING[name]
    assert asked_for(info) == [ALICE, BLUE]
    assert len(info["access_list"]) == 4
    bound = read("vcenter.namespaces:Instances", "get_v2", info)
    assert (bound.supervisor, bound.stats.cpu_used, bound.zones[0].zone) == (supervisor, 500, "domain-c1")
    old = read("vcenter.namespaces:Instances", "get", vcenter.get(SHOP))
    assert old.cluster == "domain-c1"
    assert read("vcenter.namespaces:Instances", "list", vcenter.get(NAMESPACES))[0].namespace == "shop"
    assert read("vcenter.namespaces:Instances", "list_v2", vcenter.get(f"{NAMESPACES}/v2"))[0].namespace == "shop"

    described = vcenter.plane.namespaces["shop"]
    assert described.access == (
        AccessEntry("USER", "alice", "vsphere.local", "EDIT"),
        AccessEntry("GROUP", "blue-developers", "vsphere.local", "OWNER"),
    )
    assert [(policy.storage_class, limit) for policy, limit in described.storage] == [
        ("silver-store", 1024),
        ("gold", None),
    ]
    (small,) = described.virtual_machine_classes
    assert (small.name, small.cpu_count, small.memory, small.memory_reservation) == ("guaranteed-small", 2, 4096, 100)
    assert [item.guest for item in described.content_libraries[0].items] == ["debian12_64Guest"]
    assert vcenter.inventory.placed["domain-c1", "shop"] == Limits(4000, 8192)
    assert described.placement == vcenter.inventory.placements["domain-c1", "shop"]


def test_a_namespace_is_created_by_cluster_too(vcenter: VCenter, supervisor: str) -> None:
    vcenter.done("POST", NAMESPACES, {"cluster": "domain-c1", "namespace": "shop"})
    vcenter.runs()
    assert vcenter.namespace()["supervisor"] == supervisor
    assert vcenter.refused("POST", NAMESPACES, {"cluster": "domain-c2", "namespace": "bank"})[:2] == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("fields", "error", "text"),
    [
        ({"namespace": "Shop"}, (400, "INVALID_ARGUMENT"), "RFC 1123"),
        ({"namespace": "a" * 64}, (400, "INVALID_ARGUMENT"), "RFC 1123"),
        ({"namespace": "-shop"}, (400, "INVALID_ARGUMENT"), "RFC 1123"),
        ({"namespace": "vmware-system-x"}, (400, "INVALID_ARGUMENT"), "reserved"),
        ({"namespace": "kube-system"}, (400, "INVALID_ARGUMENT"), "reserved"),
        ({"supervisor": "x"}, (404, "NOT_FOUND"), "Supervisor x not found."),
        ({"resource_spec": {"cpu_limit": 9}}, (400, "INVALID_ARGUMENT"), "10 MHz or more"),
        (
            {"resource_spec": {"pod_count": -1}},
            (400, "INVALID_ARGUMENT"),
            "resource_spec.pod_count must not be negative.",
        ),
        ({"resource_spec": {"pods": 1}}, (400, "INVALID_ARGUMENT"), "Unexpected field resource_spec.pods"),
        ({"resource_spec": {"cpu_limit": "1"}}, (400, "INVALID_ARGUMENT"), "has to be an integer"),
        ({"resource_spec": {"cpu_limit_unset": True}}, (400, "INVALID_ARGUMENT"), "Unexpected field"),
        ({"storage_specs": [{"policy": "x"}]}, (404, "NOT_FOUND"), "Storage policy x not found."),
        ({"storage_specs": [{"policy": GOLD}] * 2}, (400, "INVALID_ARGUMENT"), "twice"),
        ({"vm_service_spec": {"vm_classes": ["x"]}}, (404, "NOT_FOUND"), "Virtual machine class x not found."),
        ({"vm_service_spec": {"content_libraries": ["x"]}}, (404, "NOT_FOUND"), "Content library x not found."),
        ({"content_libraries": [{"content_library": "x"}]}, (404, "NOT_FOUND"), "Content library x not found."),
        ({"zones": [{"name": "x"}]}, (404, "NOT_FOUND"), "Zone x is not one of the Supervisor's."),
        ({"access_list": [{**BLUE, "domain": "corp.test"}]}, (400, "UNSUPPORTED"), "Role OWNER"),
        ({"access_list": [{**BLUE, "identity_provider": "oidc"}]}, (400, "UNSUPPORTED"), "Role OWNER"),
        ({"access_list": [ALICE, ALICE]}, (400, "INVALID_ARGUMENT"), "twice"),
        ({"access_list": [{**ALICE, "role": "ADMIN"}]}, (400, "INVALID_ARGUMENT"), "one of OWNER, EDIT, VIEW"),
        ({"network_spec": {"network_provider": "NSX_VPC"}}, (400, "UNSUPPORTED"), "network provider"),
    ],
)
def test_a_wrong_specification_is_refused(
    vcenter: VCenter, supervisor: str, fields: dict[str, Any], error: tuple[int, str], text: str
) -> None:
    body = {"supervisor": supervisor, "namespace": "shop", **fields}
    refused = vcenter.refused("POST", f"{NAMESPACES}/v2", body)
    assert refused[:2] == error
    assert text in refused[2]
    assert vcenter.get(NAMESPACES) == []


def test_a_name_is_taken_once_in_the_vcenter(vcenter: VCenter, supervisor: str) -> None:
    vcenter.create_namespace(supervisor)
    other = vcenter.enable("domain-c2", "supervisor-02")
    for owner in (supervisor, other):
        refused = vcenter.refused("POST", f"{NAMESPACES}/v2", {"supervisor": owner, "namespace": "shop"})
        assert refused == (400, "ALREADY_EXISTS", "Namespace shop already exists.")


def test_a_patch_changes_what_it_names_and_nothing_else(vcenter: VCenter, supervisor: str) -> None:
    vcenter.create_namespace(supervisor, **EVERYTHING)
    vcenter.done("PATCH", SHOP, {"resource_spec": {"cpu_limit": 5000, "memory_limit_unset": True}})
    vcenter.runs()
    info = vcenter.namespace()
    assert info["resource_spec"] == {"cpu_limit": 5000, "pod_count": 5, "memory_limit_default": 512}
    assert vcenter.inventory.placed["domain-c1", "shop"] == Limits(5000, None)
    assert (info["description"], info["storage_specs"]) == ("the shop", EVERYTHING["storage_specs"])
    assert asked_for(info) == [ALICE, BLUE]
    vcenter.done("PATCH", SHOP, {"access_list": [{**ALICE, "role": "VIEW"}], "storage_specs": []})
    vcenter.runs()
    assert asked_for(vcenter.namespace()) == [{**ALICE, "role": "VIEW"}]
    assert vcenter.namespace()["storage_specs"] == []
    assert vcenter.plane.namespaces["shop"].storage == ()
    vcenter.done("PATCH", SHOP, {"vm_service_spec": {"vm_classes": []}})
    assert vcenter.namespace()["vm_service_spec"] == {"vm_classes": [], "content_libraries": [LIBRARY]}
    refused = vcenter.refused("PATCH", SHOP, {"resource_spec": {"cpu_limit": 100, "cpu_limit_unset": True}})
    assert refused[:2] == (400, "INVALID_ARGUMENT")


def test_a_patch_that_gives_back_what_was_read_changes_nothing(vcenter: VCenter, supervisor: str) -> None:
    vcenter.create_namespace(supervisor, **EVERYTHING)
    applied = len(vcenter.plane.applied)
    vcenter.done("PATCH", SHOP, {"access_list": vcenter.namespace()["access_list"]})
    assert vcenter.namespace()["config_status"] == "RUNNING"
    assert len(vcenter.namespace()["access_list"]) == 4
    assert len(vcenter.plane.applied) == applied


def test_a_put_clears_what_it_leaves_out(vcenter: VCenter, supervisor: str) -> None:
    vcenter.create_namespace(supervisor, **EVERYTHING)
    vcenter.done("PUT", SHOP, {"description": "new"})
    vcenter.runs()
    info = vcenter.namespace()
    assert (info["description"], info["resource_spec"], info["storage_specs"]) == ("new", {}, [])
    assert asked_for(info) == []
    assert info["vm_service_spec"] == {"vm_classes": [], "content_libraries": []}
    assert vcenter.inventory.placed["domain-c1", "shop"] == Limits(None, None)
    assert vcenter.refused("PUT", SHOP, {"zones": []})[:2] == (400, "INVALID_ARGUMENT")


def test_a_removal_takes_its_time(vcenter: VCenter, supervisor: str) -> None:
    vcenter.create_namespace(supervisor, **EVERYTHING)
    vcenter.plane.deletion_passes = 3
    vcenter.done("DELETE", SHOP)
    assert vcenter.namespace()["config_status"] == "REMOVING"
    for method, body in (("PATCH", {"description": "x"}), ("PUT", {}), ("DELETE", None)):
        assert vcenter.refused(method, SHOP, body)[:2] == (400, "NOT_ALLOWED_IN_CURRENT_STATE")
    vcenter.wait_until_gone(SHOP)
    assert vcenter.plane.deletions == 3
    assert vcenter.plane.namespaces == {}
    assert vcenter.inventory.placed == {}
    vcenter.create_namespace(supervisor)


def test_a_failure_is_said_and_tried_again(vcenter: VCenter, supervisor: str) -> None:
    vcenter.plane.apply_failures = [RuntimeError("quota admission is down")] * 3
    vcenter.done("POST", f"{NAMESPACES}/v2", {"supervisor": supervisor, "namespace": "shop"})
    vcenter.eventually(lambda: vcenter.namespace()["config_status"] == "ERROR")
    (message,) = read("vcenter.namespaces:Instances", "get_v2", vcenter.namespace()).messages
    assert (message.severity, message.details.default_message) == ("ERROR", "quota admission is down")
    vcenter.runs()
    assert vcenter.namespace()["messages"] == []


def test_a_lost_resource_pool_is_made_again(vcenter: VCenter, supervisor: str) -> None:
    vcenter.create_namespace(supervisor, resource_spec={"memory_limit": 512})
    vcenter.inventory.placed.clear()
    vcenter.inventory.placements.clear()
    vcenter.eventually(lambda: vcenter.plane.namespaces["shop"].placement.resource_pool == "resgroup-2")
    assert vcenter.inventory.placed["domain-c1", "shop"] == Limits(None, 512)


def test_access_entry_by_entry(vcenter: VCenter, supervisor: str) -> None:
    vcenter.create_namespace(supervisor, access_list=[ALICE])
    path = f"{SHOP}/access/vsphere.local"
    info = read("vcenter.namespaces:Access", "get", vcenter.get(f"{path}/alice", type="USER"))
    assert (info.role, info.inherited) == ("EDIT", False)
    assert vcenter.refused("GET", f"{path}/alice", type="GROUP")[:2] == (404, "NOT_FOUND")
    assert vcenter.refused("GET", f"{path}/alice")[:2] == (400, "INVALID_ARGUMENT")
    assert vcenter.refused("POST", f"{path}/alice", {"role": "VIEW"}, type="USER")[:2] == (400, "ALREADY_EXISTS")
    vcenter.done("PUT", f"{path}/alice", {"role": "VIEW"}, type="USER")
    vcenter.done("POST", f"{path}/blue-developers", {"role": "OWNER"}, type="GROUP")
    assert asked_for(vcenter.namespace()) == [{**ALICE, "role": "VIEW"}, BLUE]
    vcenter.done("DELETE", f"{path}/alice", type="USER")
    vcenter.runs()
    assert [entry.subject for entry in vcenter.plane.namespaces["shop"].access] == ["blue-developers"]
    assert vcenter.refused("DELETE", f"{path}/alice", type="USER")[:2] == (404, "NOT_FOUND")
    local = f"{path}/SupervisorProviderViewers"
    assert vcenter.get(local, type="GROUP") == {"role": "VIEW", "inherited": True}
    assert vcenter.refused("DELETE", local, type="GROUP")[:2] == (400, "UNSUPPORTED")


def test_the_only_zone_stays(vcenter: VCenter, supervisor: str) -> None:
    zones = [{"name": "domain-c1", "cpu_limit_MHz": 700, "memory_limit_MiB": 256}]
    vcenter.create_namespace(supervisor, zones=zones)
    assert vcenter.inventory.placed["domain-c1", "shop"] == Limits(700, 256)
    assert vcenter.refused("DELETE", f"{SHOP}/zones/domain-c1")[1] == "NOT_ALLOWED_IN_CURRENT_STATE"
    assert vcenter.refused("DELETE", f"{SHOP}/zones/other")[:2] == (404, "NOT_FOUND")


def test_a_namespace_waits_for_its_supervisor(start: Callable[..., VCenter]) -> None:
    first = start()
    supervisor = first.enable()
    first.create_namespace(supervisor)
    planes = type(first.planes)()
    planes.failures = [RuntimeError("not yet")] * 3
    planes.release = threading.Event()
    again = start(planes)
    assert again.namespace()["config_status"] == "CONFIGURING"
    planes.release.set()
    again.runs()
    assert again.supervisor(supervisor)["config_status"] == "RUNNING"
