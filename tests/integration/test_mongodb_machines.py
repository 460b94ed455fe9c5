"""A MongoDB whose member is a machine: pymongo writes and reads through it, and finds its data again in another one."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crx_bench import WITHIN, machines
from mongodb_controller import MongoDBController, namespace_of
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from sandbox_clients import SupervisorClient, VCenter

from pacific_infra.sandbox.crx.demo_images import add_ferretdb_image
from pacific_infra.sandbox.crx.image_store import ImageStore
from pacific_infra.sandbox.crx.pod_in_machine import PORTS_ANNOTATION
from pacific_infra.sandbox.sandbox import Sandbox
from pacific_infra.toolchain import Toolchain

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]


@pytest.fixture
def controller(toolchain: Toolchain, tmp_path: Path) -> Iterator[MongoDBController]:
    """A controller in a sandbox with the runtime ``qemu``."""
    machines(toolchain)
    sandbox = Sandbox(tmp_path / "crx", toolchain, runtime="qemu")
    add_ferretdb_image(ImageStore(sandbox.images), toolchain.program("ferretdb"))
    vcenter = VCenter(sandbox.up())
    supervisor = vcenter.enable("supervisor-01", "cluster-01")
    endpoint = str(vcenter.wait_running(supervisor)["APIEndpoint"])
    ca_file = sandbox.settings().ca_file
    assert ca_file is not None
    client = SupervisorClient(endpoint, ca_file, sandbox.directory / "users.json")
    namespace_of(vcenter, supervisor, "databases")
    vcenter.close()
    one = MongoDBController(client, client.token(), "databases", tmp_path)
    one.install()
    one.start()
    yield one
    one.kill()
    sandbox.reset()


def connect(controller: MongoDBController, password: str | None = None) -> MongoClient[dict[str, Any]]:
    """A client of member 0, with the credentials of the Secret."""
    data = controller.get("secret", "orders-credentials")["data"]
    username, generated = (base64.b64decode(data[key]).decode() for key in ("username", "password"))
    ports = controller.get("pod", "orders-0")["metadata"]["annotations"][PORTS_ANNOTATION]
    return MongoClient(
        f"mongodb://{json.loads(ports)['27017/tcp']}/",
        username=username,
        password=password or generated,
        directConnection=True,
        serverSelectionTimeoutMS=20000,
    )


def test_what_pymongo_writes_stays(controller: MongoDBController) -> None:
    controller.apply("orders")
    controller.until_ready("orders", 1, within=WITHIN)
    with connect(controller) as client:
        client["shop"]["orders"].insert_many([{"_id": 1, "item": "chair"}, {"_id": 2, "item": "table"}])
        assert client["shop"]["orders"].find_one({"item": "table"}) == {"_id": 2, "item": "table"}
    with connect(controller, "wrong") as stranger, pytest.raises(OperationFailure):
        stranger["shop"]["orders"].find_one()

    # A password that is rotated brings another machine, with the same volume.
    with controller.replaced("orders-0", within=WITHIN):
        controller.rotate("orders", "rotated1")
    controller.until_ready("orders", 1, within=WITHIN)
    with connect(controller) as client:
        assert client["shop"]["orders"].count_documents({}) == 2
    with connect(controller, "wrong") as stranger, pytest.raises(OperationFailure):
        stranger["shop"]["orders"].find_one()
