"""The hybrid shop in one ``up`` on an empty sandbox, every pod a machine: a request through all of its parts."""

import base64
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from pacific_sandbox.pod_network.computer_ports import PORTS_ANNOTATION
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.crx_bench import machines
from tests.support.estate_project import EstateProject
from tests.support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.sandbox


@pytest.fixture
def project(toolchain: BuiltToolchain, tmp_path: Path) -> Iterator[EstateProject]:
    """The shop's own project; its sandbox.yaml makes the sandbox, with the runtime ``qemu`` and the images."""
    machines(toolchain)
    estate_project = EstateProject(tmp_path / "project", tmp_path / "state")
    estate_project.folder = estate_project.folder / "stacks" / "hybrid-shop"
    yield estate_project
    estate_project.sandbox.reset()


def test_a_request_goes_through_all_parts(project: EstateProject) -> None:
    assert project.json("up", "--yes")["result"] == "done"

    kubeconfig = project.pacific("outputs", "kubeconfigs.hybrid-supervisor").strip()

    def kubectl(*arguments: str) -> Any:
        command = [str(project.toolchain.program("kubectl")), "--kubeconfig", kubeconfig, *arguments, "-o", "json"]
        return json.loads(subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True).stdout)

    def get(kind: str, name: str, namespace: str = "shop") -> Any:
        return kubectl("get", kind, name, "-n", namespace)

    def port(kind: str, name: str, number: int) -> str:
        ports = get(kind, name)["metadata"]["annotations"][PORTS_ANNOTATION]
        return str(json.loads(ports)[f"{number}/tcp"])

    def create(document: Any) -> None:
        command = [str(project.toolchain.program("kubectl")), "--kubeconfig", kubeconfig, "create", "-f", "-"]
        subprocess.run(command, input=json.dumps(document).encode(), capture_output=True, timeout=PATIENCE, check=True)

    def done(job: str) -> bool:
        return bool(get("job", job)["status"].get("succeeded"))

    deployment = "thumbnails-00001-deployment"
    notes = {"_id": 7, "text": "kept"}
    with database(get, port("pod", "orders-0", 27017)) as client:
        client["shop"]["notes"].insert_one(notes)
    kubectl("create", "job", "dump", "--from=cronjob/orders-backup", "-n", "shop")
    wait_until("the function to sleep", lambda: not get("deployment", deployment, "pictures")["spec"]["replicas"])
    frontend = port("service", "frontend", 80)
    wait_until("a dump", lambda: done("dump"))
    first, second = (requests(f"http://{frontend}/") for _ in range(2))
    catalogue = first["api"]["catalogue"]
    assert len({first["frontend"]["boot"], first["api"]["boot"], catalogue["boot"]}) == 3
    assert [item["api"]["order"] for item in (first, second)] == [
        {"_id": 1, "item": "chair", "views": views, "price": 49.0} for views in (1, 2)
    ]
    assert first["api"]["thumbnail"]["pod"].startswith(deployment)
    assert first["api"]["thumbnail"]["thumbnail"][0] == " ..:--=="
    machine = get("virtualmachine", "catalogue")
    assert (catalogue["address"], catalogue["host"], catalogue["user"]) == (
        machine["status"]["network"]["primaryIP4"],
        "catalogue",
        "catalogue",
    )
    cluster = get("clusters.cluster.x-k8s.io", "recommender", "pictures")["spec"]["controlPlaneEndpoint"]
    assert first["recommender"] == f"{cluster['host']}:{cluster['port']}"

    inner = project.pacific("outputs", "kubeconfigs.pictures/recommender").strip()
    assert len(kubectl("get", "nodes", "--kubeconfig", inner)["items"]) == 2
    placed = kubectl("get", "deployment", "recommender", "-n", "default", "--kubeconfig", inner)
    assert placed["status"]["availableReplicas"] == 1

    # The dump, which the status names, put back by hand as docs/mongodb.md has it.
    backup = wait_until("the dump's file", lambda: get("mongodb", "orders")["status"].get("lastBackup"))
    assert (backup["job"], backup["time"]) == ("dump", get("job", "dump")["status"]["completionTime"])
    with database(get, port("pod", "orders-0", 27017)) as client:
        client["shop"]["notes"].drop()
        create(restore(get("cronjob", "orders-backup"), backup["file"]))
        wait_until("the restore", lambda: done("restore"))
        assert client["shop"]["notes"].find_one() == notes

    # Another password, which the controller, a pod itself, brings into a new machine with the volume of the old one.
    assert views(get, port("pod", "orders-0", 27017)) == 2
    before = get("pod", "orders-0")["metadata"]["uid"]
    patch = {"data": {"password": base64.b64encode(b"rotated1").decode()}}
    kubectl("patch", "secret", "orders-credentials", "-n", "shop", "-p", json.dumps(patch))

    def replaced() -> bool:
        items = kubectl("get", "pods", "-n", "shop", "--field-selector", "metadata.name=orders-0")["items"]
        return any(item["metadata"]["uid"] != before and is_ready(item) for item in items)

    wait_until("another member", replaced)
    address = port("pod", "orders-0", 27017)
    assert views(get, address) == 2
    with pytest.raises(OperationFailure):
        views(get, address, "wrong")
    project.pacific("down", "--yes")


def requests(url: str) -> Any:
    """The answer."""
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310
        return json.load(answer)


def is_ready(pod: Any) -> bool:
    """Whether its containers can serve."""
    conditions = pod["status"].get("conditions", ())
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def restore(schedule: Any, file: str) -> Any:
    """The Job that puts a dump back: that of the backup with another command, and none of its labels."""
    spec = schedule["spec"]["jobTemplate"]["spec"]
    command = f'mongorestore --uri "$MONGODB_URI" --gzip --archive=/backup/{file} --drop'
    spec["template"]["spec"]["containers"][0]["command"] = ["sh", "-ec", command]
    metadata = {"name": "restore", "namespace": schedule["metadata"]["namespace"]}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


def views(get: Any, address: str, password: str | None = None) -> int:
    """What the database knows of the order, asked with the credentials of the Secret."""
    with database(get, address, password) as client:
        result = client["shop"]["orders"].find_one({"_id": 1})
        assert result is not None
        return int(result["views"])


def database(get: Any, address: str, password: str | None = None) -> MongoClient[dict[str, Any]]:
    """A client with the credentials of the Secret, or with another password."""
    data = get("secret", "orders-credentials")["data"]
    username, generated = (base64.b64decode(data[key]).decode() for key in ("username", "password"))
    return MongoClient[dict[str, Any]](
        f"mongodb://{address}/",
        username=username,
        password=password or generated,
        directConnection=True,
        serverSelectionTimeoutMS=20000,
    )
