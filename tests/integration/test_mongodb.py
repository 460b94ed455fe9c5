"""MongoDB's life with simulated pods and machines: what the controller makes, puts right, refuses, and keeps."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mongodb_controller import MongoDBController, condition, mongodb, namespace_of
from tests.support.sandbox_clients import SupervisorClient, VCenter
from tests.support.waiting import wait_until

pytestmark = pytest.mark.sandbox
NAMESPACE = "mongodb"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mongodb")


@pytest.fixture
def controller(
    vcenter: VCenter, supervisor: str, supervisor_client: SupervisorClient, folder: Path
) -> Iterator[MongoDBController]:
    """A running controller, with its namespace."""
    mongodb_controller = MongoDBController(supervisor_client, supervisor_client.token(), NAMESPACE, folder)
    namespace_of(vcenter, supervisor, NAMESPACE)
    mongodb_controller.install()
    mongodb_controller.start()
    yield mongodb_controller
    mongodb_controller.end()


def test_a_life(controller: MongoDBController) -> None:
    controller.apply("orders")
    controller.until_ready("orders", 1)
    controller.kubectl("scale", "mongodb/orders", "--replicas=3")
    controller.until_ready("orders", 3)
    secret = controller.get("secret", "orders-credentials")
    values = {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
    assert len(values["password"]) == 32
    assert values["uri"] == f"mongodb://root:{values['password']}@orders.mongodb.svc:27017/?authSource=admin"
    columns = controller.kubectl("get", "mongodb", "orders").splitlines()
    assert columns[0].split() == ["NAME", "VERSION", "RUNTIME", "MEMBERS", "READY", "STATUS", "AGE"]
    assert columns[1].split()[:6] == ["orders", "7.0.14", "crx", "3", "3", "AllMembersReady"]

    # What others do is put right: a member deleted, a Service changed, a password rotated.
    with controller.replaced("orders-1"):
        controller.kubectl("delete", "pod", "orders-1", "--wait=false")
    controller.until_ready("orders", 3)
    ports = '[{"op":"add","path":"/spec/ports/-","value":{"name":"x","port":1,"targetPort":1}},'
    ports += '{"op":"replace","path":"/spec/ports/0/targetPort","value":1}]'
    controller.kubectl("patch", "service", "orders", "--type=json", "-p", ports)

    def target_ports() -> bool:
        return [port["targetPort"] for port in controller.get("service", "orders")["spec"]["ports"]] == [27017]

    wait_until("the Service", target_ports)
    controller.kubectl("delete", "service", "orders")
    wait_until("a new Service", lambda: controller.get("service", "orders"))
    with controller.replaced("orders-0"):
        controller.rotate("orders", "rotated1")
    controller.until_ready("orders", 3)
    uri = base64.b64decode(controller.get("secret", "orders-credentials")["data"]["uri"]).decode()
    assert "root:rotated1@" in uri

    # A version goes up one member at a time, a volume grows, the members become fewer.
    spec = '{"spec":{"version":"8.0.1","storage":{"size":"2Gi"}}}'
    controller.kubectl("patch", "mongodb", "orders", "--type=merge", "-p", spec)
    grown = controller.until_ready("orders", 3)
    assert grown["status"]["version"] == "8.0.1"
    sizes = {item["spec"]["resources"]["requests"]["storage"] for item in controller.items("pvc")}
    assert sizes == {"2Gi"}
    controller.kubectl("scale", "mongodb/orders", "--replicas=1")
    controller.until_ready("orders", 1)
    assert len(controller.items("pvc")) == 3

    for patch, message in (
        ('{"spec":{"version":"7.0.14"}}', "version cannot go down from 8.0.1"),
        ('{"spec":{"version":"10.0.0"}}', "version goes up from 8.0.1 by one major version at a time"),
        ('{"spec":{"storage":{"size":"1Gi"}}}', "volumes cannot shrink from 2Gi; make a second MongoDB"),
        ('{"spec":{"topology":"ReplicaSet"}}', "topology cannot be changed"),
    ):
        assert message in controller.refused("patch", "mongodb", "orders", "--type=merge", "-p", patch)
    even = mongodb("even", members=2, topology="ReplicaSet")
    assert "a replica set has an odd number of members" in controller.refused("create", "-f", "-", document=even)

    # Deleted, its data stays; what the definition's rules cannot see then, the controller refuses.
    volumes = {item["metadata"]["uid"] for item in controller.items("pvc")}
    controller.kubectl("delete", "mongodb", "orders", "--timeout=300s")
    assert controller.items("pods") == []
    controller.apply("orders", version="7.0.14")
    stalled = controller.until(
        "orders", "the refusal", lambda item: condition(item).get("reason") == "DowngradeRefused"
    )
    assert condition(stalled)["message"] == (
        "the data was written by 8.0.1, and version 7.0.14 does not read it: set spec.version to 8.0.1 or newer"
    )
    controller.apply("orders", version="8.0.1")
    shrunk = controller.until("orders", "the refusal", lambda item: condition(item).get("reason") == "ShrinkRefused")
    assert "volume data-orders-0 has 2Gi and cannot shrink to 1Gi" in condition(shrunk)["message"]
    controller.apply("orders", version="8.0.1", storage={"size": "2Gi", "storageClassName": "gold"})
    controller.until_ready("orders", 1)
    assert {item["metadata"]["uid"] for item in controller.items("pvc")} == volumes
    kept = base64.b64decode(controller.get("secret", "orders-credentials")["data"]["password"])
    assert kept == b"rotated1"
    reasons = {item["reason"] for item in controller.items("events") if item["involvedObject"]["kind"] == "MongoDB"}
    assert {"AllMembersReady", "MembersStarting", "DataKept", "DowngradeRefused", "ShrinkRefused"} <= reasons

    controller.kubectl("patch", "mongodb", "orders", "--type=merge", "-p", '{"spec":{"deletionPolicy":"Delete"}}')
    controller.kubectl("delete", "mongodb", "orders", "--timeout=300s")
    wait_until("no volumes", lambda: not controller.items("pvc"))
    assert controller.get("secret", "orders-credentials") is None


def test_machines_are_made_replaced_and_put_right(controller: MongoDBController) -> None:
    controller.install()
    machine = {"className": "best-effort-small", "imageName": "debian-12"}
    nothing = mongodb("accounts", runtime="vm")
    assert "runtime vm needs virtualMachine: {className, imageName}" in controller.refused(
        "create", "-f", "-", document=nothing
    )
    backup = {"schedule": "0 3 * * *", "size": "1Gi"}
    controller.apply("accounts", runtime="vm", members=2, virtualMachine=machine, backup=backup)
    controller.until_ready("accounts", 2)
    assert controller.get("cronjob", "accounts-backup")["spec"]["schedule"] == "0 3 * * *"
    assert {item["metadata"]["name"] for item in controller.items("vm")} == {"accounts-0", "accounts-1"}
    assert {item["metadata"]["name"] for item in controller.items("virtualmachineservice")} == {
        "accounts",
        "accounts-0",
        "accounts-1",
    }
    with controller.replaced("accounts-1", kind="vm"):
        controller.kubectl("delete", "vm", "accounts-1", "--wait=false")
    # Another class: machine by machine, each with the volume that it had.
    volumes = {item["metadata"]["uid"] for item in controller.items("pvc")}
    with controller.replaced("accounts-0", kind="vm"):
        machine["className"] = "best-effort-large"
        controller.apply("accounts", runtime="vm", members=2, virtualMachine=machine)
    controller.until_ready("accounts", 2)
    assert controller.get("cronjob", "accounts-backup") is None  # asked for no more
    assert controller.get("pvc", "accounts-backup")
    assert {item["spec"]["className"] for item in controller.items("vm")} == {"best-effort-large"}
    assert {item["metadata"]["uid"] for item in controller.items("pvc")} == volumes
    controller.kubectl("scale", "mongodb/accounts", "--replicas=1")
    wait_until("one machine", lambda: len(controller.items("vm")) == 1)
    controller.kubectl("delete", "mongodb", "accounts", "--timeout=300s")
    assert controller.items("vm") == []
