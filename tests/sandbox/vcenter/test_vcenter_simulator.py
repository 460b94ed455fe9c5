"""The simulated vCenter on the real vcsim program."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from pacific_sandbox.vcenter import VCenterConfiguration, create_app
from pacific_sandbox.vcenter.soap_connection import SoapConnection, wait
from pacific_sandbox.vcenter.vim_types import vim
from tests.support.answer_bindings import read
from tests.support.vcenter_client import SUPERVISORS, VCenter, enable_specification
from tests.support.vcenter_doubles import ControlPlanesDouble, InventoryDouble

pytestmark = pytest.mark.sandbox
ENVELOPE = (
    '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><RetrieveServiceContent xmlns="urn:vim25">'
    '<_this type="ServiceInstance">ServiceInstance</_this></RetrieveServiceContent></Body></Envelope>'
)


@contextlib.contextmanager
def running(configuration: VCenterConfiguration) -> Iterator[VCenter]:
    planes = ControlPlanesDouble()
    with TestClient(create_app(configuration, planes), base_url="https://vcenter.test") as client:
        vcenter = VCenter(client, planes, InventoryDouble())
        vcenter.headers = vcenter.log_in()
        yield vcenter


def identifiers(vcenter: VCenter) -> dict[str, Any]:
    kinds = ("datacenter", "cluster", "host", "network", "datastore", "storage/policies")
    result: dict[str, Any] = {kind: vcenter.get(f"/api/vcenter/{kind}") for kind in kinds}
    (library,) = vcenter.get("/api/content/library")
    return {**result, "items": vcenter.get("/api/content/library/item", library_id=library)}


def specification(result: dict[str, Any]) -> dict[str, Any]:
    """``enable_specification`` with the identifiers of this inventory."""
    specification = enable_specification()
    networks = {item["name"]: item["network"] for item in result["network"]}
    policies = {item["name"]: item["policy"] for item in result["storage/policies"]}
    specification["control_plane"]["network"]["backing"]["network"] = networks["management"]
    specification["control_plane"]["storage_policy"] = policies["gold"]
    specification["workloads"]["network"]["vsphere"]["dvpg"] = networks["workload-01"]
    del specification["workloads"]["images"]
    return specification


def test_the_inventory_is_that_of_a_small_site_and_the_same_after_a_restart(
    simulator: Callable[[], VCenterConfiguration],
) -> None:
    with running(simulator()) as vcenter:
        result = identifiers(vcenter)
        names = {
            kind: [item["name"] for item in result[kind]] for kind in ("datacenter", "cluster", "host", "datastore")
        }
        assert names == {
            "datacenter": ["dc-01"],
            "cluster": ["cluster-01", "cluster-02"],
            "host": [f"esx-{number:02d}.sandbox.test" for number in range(1, 9)],
            "datastore": ["datastore-01", "datastore-02"],
        }
        assert {"management", "workload-01", "workload-02"} <= {item["name"] for item in result["network"]}
        assert {"gold", "silver"} <= {item["name"] for item in result["storage/policies"]}
        items = [vcenter.get(f"/api/content/library/item/{item}")["name"] for item in result["items"]]
        assert items == ["debian-12", "photon-5", "sandbox-linux", "ubuntu-24.04"]
        assert all(item["capacity"] == 10 * 2**40 for item in result["datastore"])
        for kind, interface in (("cluster", "Cluster"), ("host", "Host"), ("datastore", "Datastore")):
            read(f"vcenter:{interface}", "list", result[kind])
    with running(simulator()) as vcenter:
        assert identifiers(vcenter) == result


def test_what_is_not_ours_is_passed_on(simulator: Callable[[], VCenterConfiguration]) -> None:
    configuration = simulator()
    with running(configuration) as vcenter:
        answer = vcenter.client.post("/sdk", content=ENVELOPE, headers={"content-type": "text/xml"})
        assert answer.status_code == 200
        assert "VMware vCenter Server 9.1.0 (simulator)" in answer.text
        assert vcenter.get("/rest/com/vmware/cis/tagging/category") == {"value": None}
        assert vcenter.refused("GET", "/api/vcenter/nothing")[:2] == (404, "OPERATION_NOT_FOUND")
        vcenter.client.cookies.clear()
        vcenter.headers = {}
        assert vcenter.send("GET", "/rest/com/vmware/cis/tagging/category")[0] == 401
        simulator()
        vcenter.headers = vcenter.log_in()
        assert vcenter.get("/rest/com/vmware/cis/tagging/category") == {"value": None}


def test_a_namespace_lies_in_the_inventory_until_its_end(simulator: Callable[[], VCenterConfiguration]) -> None:
    configuration = simulator()
    with running(configuration) as vcenter:
        result = identifiers(vcenter)
        cluster = result["cluster"][0]["cluster"]
        status, supervisor = vcenter.send(
            "POST", f"{SUPERVISORS}/{cluster}", specification(result), action="enable_on_compute_cluster"
        )
        assert status == 200
        vcenter.create_namespace(supervisor, resource_spec={"cpu_limit": 1000, "memory_limit": 512})
        assert limits(vcenter) == (1000, 512)
        simulator()
        vcenter.eventually(lambda: vcenter.send("GET", "/api/vcenter/resource-pool", names="shop")[1] != [])
        vcenter.eventually(lambda: limits(vcenter) == (1000, 512))
        vcenter.eventually(lambda: bool(vcenter.get("/api/vcenter/folder", names="shop")))
        on_simulator(vcenter, configuration, create_machine)
        assert on_simulator(vcenter, configuration, machine_names) == ["machine"]
        vcenter.done("DELETE", f"{SUPERVISORS}/{supervisor}")
        vcenter.wait_until_gone(f"{SUPERVISORS}/{supervisor}/summary")
        assert on_simulator(vcenter, configuration, machine_names) == []
        for kind in ("resource-pool", "folder"):
            assert vcenter.get(f"/api/vcenter/{kind}", names="Namespaces") == []


def limits(vcenter: VCenter) -> tuple[int, int]:
    (pool,) = vcenter.get("/api/vcenter/resource-pool", names="shop")
    info = read("vcenter:ResourcePool", "get", vcenter.get(f"/api/vcenter/resource-pool/{pool['resource_pool']}"))
    return info.cpu_allocation.limit, info.memory_allocation.limit


def on_simulator(vcenter: VCenter, configuration: VCenterConfiguration, function: Callable[[Any], Any]) -> Any:
    """``function`` of vcsim's service instance."""

    async def run() -> Any:
        connection = SoapConnection(configuration)
        try:
            return await connection.run(function)
        finally:
            await connection.close()

    assert vcenter.client.portal is not None
    return vcenter.client.portal.call(run)


def machine_names(instance: Any) -> list[str]:
    content = instance.content
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True).view
    return [machine.name for machine in view]


def create_machine(instance: Any) -> None:
    """Make a virtual machine in the pool and folder of namespace ``shop``, and power it on."""
    content = instance.content
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.ResourcePool, vim.Folder], True).view
    actual = {type(item): item for item in view if item.name == "shop"}
    specification = vim.vm.ConfigSpec(
        name="machine",
        numCPUs=1,
        memoryMB=128,
        guestId="otherGuest",
        files=vim.vm.FileInfo(vmPathName="[datastore-01]"),
    )
    task = actual[vim.Folder].CreateVM_Task(specification, actual[vim.ResourcePool])
    wait(task)
    wait(task.info.result.PowerOnVM_Task())
    assert task.info.result.runtime.powerState == "poweredOn"
