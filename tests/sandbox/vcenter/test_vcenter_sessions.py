"""Sessions and who may do what."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from pacific_sandbox.vcenter import VCenterConfiguration, create_app
from tests.support.answer_bindings import read
from tests.support.vcenter_client import NAMESPACES, SUPERVISORS, VCenter, basic
from tests.support.vcenter_doubles import ControlPlanesDouble, InventoryDouble


def test_a_session_is_read_and_ends_with_its_deletion(vcenter: VCenter) -> None:
    info = read("cis:Session", "get", vcenter.get("/api/session"))
    assert info.user == "administrator@vsphere.local"
    vcenter.done("DELETE", "/api/session")
    assert vcenter.refused("GET", SUPERVISORS + "/summaries") == (401, "UNAUTHENTICATED", "Authentication required.")


@pytest.mark.parametrize(
    ("user", "password"), [("administrator@vsphere.local", "wrong"), ("nobody@vsphere.local", "x")]
)
def test_a_wrong_login_is_refused(vcenter: VCenter, user: str, password: str) -> None:
    answer = vcenter.client.post("/api/session", headers=basic(user, password))
    assert answer.status_code == 401
    assert answer.json()["error_type"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer x"}, {"authorization": "Basic !"}])
def test_only_basic_authentication_logs_in(vcenter: VCenter, header: dict[str, str]) -> None:
    assert vcenter.client.post("/api/session", headers=header).status_code == 401


def test_the_old_path_gives_a_session_for_the_new_one(vcenter: VCenter) -> None:
    answer = vcenter.client.post("/rest/com/vmware/cis/session", headers=basic("administrator@vsphere.local", "admin"))
    vcenter.headers = {"vmware-api-session-id": answer.json()["value"]}
    vcenter.client.cookies.clear()
    assert vcenter.get("/api/vcenter/datacenter") == [{"datacenter": "datacenter-1", "name": "dc-01"}]


def test_an_idle_session_ends(configuration: VCenterConfiguration) -> None:
    application = create_app(replace(configuration, session_idle=0.0), ControlPlanesDouble(), InventoryDouble())
    with TestClient(application, base_url="https://vcenter.test") as client:
        vcenter = VCenter(client, ControlPlanesDouble(), InventoryDouble())
        vcenter.headers = vcenter.log_in()
        assert vcenter.send("GET", "/api/session")[0] == 401


def test_who_is_no_administrator_sees_only_own_namespaces(vcenter: VCenter) -> None:
    supervisor = vcenter.enable()
    access = [{"subject_type": "GROUP", "subject": "blue-developers", "domain": "vsphere.local", "role": "EDIT"}]
    vcenter.create_namespace(supervisor, "shop", access_list=access)
    vcenter.create_namespace(supervisor, "bank")
    vcenter.headers = vcenter.log_in("alice@vsphere.local")
    local = vcenter.get("/api/vcenter/namespaces-user/namespaces")
    assert [item.namespace for item in read("vcenter.namespaces.user:Instances", "list", local)] == ["shop"]
    assert local[0]["master_host"] == "127.0.0.1:6443"
    assert vcenter.refused("GET", NAMESPACES) == (
        403,
        "UNAUTHORIZED",
        f"User alice@vsphere.local lacks a privilege for GET {NAMESPACES}.",
    )


@pytest.mark.parametrize("path", ["/api/vcenter/namespaces/nothing/more", SUPERVISORS + "/x/nothing", "/api"])
def test_an_operation_that_vcsim_would_get_wrong_is_not_passed_on(vcenter: VCenter, path: str) -> None:
    assert vcenter.refused("POST", path)[:2] == (404, "OPERATION_NOT_FOUND")


def test_what_is_passed_on_says_so_where_vcsim_does_not_answer(vcenter: VCenter) -> None:
    assert vcenter.refused("GET", "/api/vcenter/vm/vm-1")[:2] == (503, "SERVICE_UNAVAILABLE")


def test_names_become_identifiers(vcenter: VCenter) -> None:
    assert vcenter.get("/api/vcenter/cluster", names="cluster-02") == [
        {"cluster": "domain-c2", "name": "cluster-02", "ha_enabled": True, "drs_enabled": True}
    ]
    assert [item["network"] for item in vcenter.get("/api/vcenter/network", names="workload-01")] == ["dvportgroup-2"]
    assert vcenter.get("/api/vcenter/cluster", datacenters="datacenter-9") == []
    read("vcenter:Cluster", "list", vcenter.get("/api/vcenter/cluster"))
    read("vcenter:Network", "list", vcenter.get("/api/vcenter/network"))
    policies = read("vcenter.storage:Policies", "list", vcenter.get("/api/vcenter/storage/policies"))
    assert [policy.name for policy in policies] == ["gold", "Silver Store"]


def test_content_libraries_are_found_by_name(vcenter: VCenter) -> None:
    library = "/api/content/library"
    (identifier,) = vcenter.get(library)
    assert vcenter.send("POST", library, {"name": "Linux-Images"}, action="find") == (200, [identifier])
    assert vcenter.send("POST", library, {"name": "other"}, action="find") == (200, [])
    assert read("content:Library", "get", vcenter.get(f"{library}/{identifier}")).name == "linux-images"
    assert vcenter.get(f"{library}/item", library_id=identifier) == ["item-1"]
    assert read("content.library:Item", "get", vcenter.get(f"{library}/item/item-1")).name == "debian-12"
    assert vcenter.refused("GET", f"{library}/item/x")[:2] == (404, "NOT_FOUND")
