"""Each lever of ``pacific sandbox fault`` as real clients feel it: HTTP, pyvmomi, kubectl."""

import json
import threading
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from pyVmomi import vim, vmodl
from typer.testing import CliRunner

from pacific_infra.cli.commands import application
from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.sandbox_clients import NAMESPACES, SupervisorClient, VCenter
from tests.support.soap import soap_session
from tests.support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.sandbox

HOST = "esx-01.sandbox.test"
SCHEMA = "pacific.infra/fault/v1"


class Levers:
    """``pacific sandbox fault`` on one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def __call__(self, *words: str, expect: int = 0) -> Any:
        """The JSON that the command prints."""
        command = ["sandbox", "fault", *words, "--directory", str(self._sandbox.directory), "--json"]
        done = CliRunner().invoke(application(), command, catch_exceptions=expect != 0)
        assert done.exit_code == expect, done.output
        return json.loads(done.stdout) if expect == 0 else done.exception

    def applied(self, identifier: str) -> int:
        """How often a fault was applied."""
        return int(next(item["applied"] for item in self("list") if item["id"] == identifier))


@pytest.fixture
def fault(sandbox: Sandbox) -> Iterator[Levers]:
    levers = Levers(sandbox)
    yield levers
    levers("clear")


@pytest.fixture
def soap(sandbox: Sandbox) -> Iterator[Any]:
    """pyvmomi's session at vCenter's address."""
    with soap_session(sandbox.settings()) as session:
        yield session


@pytest.fixture
def http(sandbox: Sandbox, vcenter: VCenter) -> httpx2.Client:
    """The client below ``vcenter``, which raises nothing."""
    return vcenter._http


def test_rest_fails_is_limited_slow_and_hangs(fault: Levers, http: httpx2.Client) -> None:
    where = ("--path", "/api/vcenter/cluster", "--count", "1")
    fault("api", "fail", "503", *where)
    answer = http.get("/api/vcenter/cluster")
    assert (answer.status_code, answer.json()["error_type"]) == (503, "SERVICE_UNAVAILABLE")
    fault("api", "limit", "2", *where)
    answer = http.get("/api/vcenter/cluster")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    fault("api", "hang", *where)
    with pytest.raises(httpx2.ReadTimeout):
        http.get("/api/vcenter/cluster", timeout=httpx2.Timeout(PATIENCE, read=0.5))
    slow = fault("api", "slow", "0.5", *where)
    with pytest.raises(httpx2.ReadTimeout):
        http.get("/api/vcenter/cluster", timeout=httpx2.Timeout(PATIENCE, read=0.2))
    assert http.get("/api/vcenter/cluster").status_code == 200
    assert http.get("/api/vcenter/host").status_code == 200
    wait_until("the count", lambda: fault.applied(slow["id"]) == 1)


def test_a_lost_answer_is_one_whose_request_was_carried_out(
    fault: Levers, vcenter: VCenter, http: httpx2.Client, supervisor: str
) -> None:
    fault("api", "lose", "--method", "post", "--path", "*/instances/v2", "--count", "1")
    with pytest.raises(httpx2.TransportError):
        http.post(f"{NAMESPACES}/v2", json={"supervisor": supervisor, "namespace": "lost-answer"})
    assert vcenter.call("GET", f"{NAMESPACES}/v2/lost-answer")["supervisor"] == supervisor
    vcenter.call("DELETE", f"{NAMESPACES}/lost-answer", expect=204)


def test_soap_by_operation(fault: Levers, soap: Any) -> None:
    fault("api", "fail", "500", "--on", "soap", "--path", "/sdk/CurrentTime", "--count", "1")
    with pytest.raises(vmodl.fault.SystemError, match="of the sandbox"):
        soap.CurrentTime()
    fault("api", "fail", "503", "--on", "soap", "--path", "/sdk/CurrentTime", "--count", "1")
    with pytest.raises(HTTPException, match="503"):
        soap.CurrentTime()
    slow = fault("api", "slow", "0.5", "--on", "soap", "--path", "/sdk/CurrentTime", "--count", "1")
    assert soap.CurrentTime()
    wait_until("the count", lambda: fault.applied(slow["id"]) == 1)


def test_the_kubernetes_api_fails_and_loses_answers(fault: Levers, supervisor_client: SupervisorClient) -> None:
    token = supervisor_client.token()
    on = ("--on", "kubernetes", "--path", "/api/v1/namespaces/default/configmaps*")

    def kubectl(*words: str) -> Any:
        return supervisor_client.kubectl(token, "-n", "default", *words)

    fault("api", "fail", "503", *on, "--method", "POST", "--count", "1")
    refused = kubectl("create", "configmap", "refused")
    assert "of the sandbox: Service Unavailable" in refused.stderr
    fault("api", "lose", *on, "--method", "POST", "--count", "1")
    assert kubectl("create", "configmap", "lost").returncode != 0
    assert kubectl("get", "configmap", "lost").returncode == 0
    assert kubectl("get", "configmap", "refused").returncode != 0
    slow = fault("api", "slow", "1", *on, "--count", "1")
    assert kubectl("get", "configmap", "lost").returncode == 0
    # kubectl asks again as Retry-After says.
    limit = fault("api", "limit", "1", *on, "--count", "1")
    assert kubectl("get", "configmap", "lost").returncode == 0
    hang = fault("api", "hang", *on, "--count", "1")
    assert kubectl("get", "configmap", "lost", "--request-timeout=3s").returncode != 0
    wait_until("the counts", lambda: {fault.applied(item["id"]) for item in (slow, limit, hang)} == {1})


def test_a_full_datastore_refuses_machines_until_it_has_room(fault: Levers, soap: Any) -> None:
    datacenter = soap.content.rootFolder.childEntity[0]
    cluster = next(item for item in datacenter.hostFolder.childEntity if item.name == "cluster-02")
    store = cluster.datastore[0]
    room = store.summary.freeSpace
    specification = vim.vm.ConfigSpec(
        name="big", guestId="otherLinux64Guest", files=vim.vm.FileInfo(vmPathName="[datastore-02] big/big.vmx")
    )

    def create() -> Any:
        task = datacenter.vmFolder.CreateVM_Task(specification, cluster.resourcePool, cluster.host[0])
        wait_until("the task", lambda: task.info.state in ("success", "error"))
        return task.info

    assert "datastore-01, datastore-02" in str(fault("datastore-full", "datastore-03", expect=1))
    fault("datastore-full", "datastore-02")
    assert store.summary.freeSpace == 0
    error = create().error
    assert isinstance(error, vim.fault.NoDiskSpace)
    assert (error.datastore, error.msg) == ("datastore-02", "Insufficient disk space on datastore 'datastore-02'.")
    fault("datastore-free", "datastore-02")
    assert store.summary.freeSpace == room
    created = create()
    assert created.state == "success"
    created.result.Destroy_Task()


def test_pods_and_volumes_wait_for_room(
    fault: Levers, vcenter: VCenter, supervisor: str, supervisor_client: SupervisorClient
) -> None:
    policies = vcenter.call("GET", "/api/vcenter/storage/policies")
    policy = next(item for item in policies if item["name"] == "gold")
    specification = {
        "supervisor": supervisor,
        "namespace": "no-room",
        "storage_specs": [{"policy": policy["policy"]}],
    }
    vcenter.call("POST", f"{NAMESPACES}/v2", specification)
    wait_until("namespace", lambda: vcenter.call("GET", f"{NAMESPACES}/v2/no-room")["config_status"] == "RUNNING")
    token = supervisor_client.token()

    def kubectl(*words: str, document: Any = None) -> Any:
        done = supervisor_client.kubectl(token, "-n", "no-room", *words, "-o", "json", document=document)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    fault("datastore-full", "datastore-01")
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": policy["name"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "web", "image": "sandbox/web:1"}]},
    }
    kubectl("create", "-f", "-", document=claim)
    kubectl("create", "-f", "-", document=pod)
    events = wait_until(
        "the event of the volume",
        lambda: [item for item in kubectl("get", "events")["items"] if item["reason"] == "ProvisioningFailed"],
    )
    assert "Insufficient disk space on datastore 'datastore-01'." in events[0]["message"]
    assert kubectl("get", "pvc", "data")["status"]["phase"] == "Pending"
    assert kubectl("get", "pod", "web")["status"]["phase"] == "Pending"
    fault("clear")
    wait_until("volume", lambda: kubectl("get", "pvc", "data")["status"]["phase"] == "Bound")
    wait_until("pod", lambda: kubectl("get", "pod", "web")["status"]["phase"] == "Running")
    vcenter.call("DELETE", f"{NAMESPACES}/no-room", expect=204)


def test_a_lost_host_is_not_ready_and_comes_back(fault: Levers, soap: Any, supervisor_client: SupervisorClient) -> None:
    token = supervisor_client.token()

    def is_ready() -> bool:
        done = supervisor_client.kubectl(token, "get", "node", HOST, "-o", "json")
        conditions = json.loads(done.stdout)["status"]["conditions"]
        return bool(next(condition["status"] for condition in conditions if condition["type"] == "Ready") == "True")

    wait_until("the node", is_ready)
    assert HOST in str(fault("host", "lost", "esx-09.sandbox.test", expect=1))
    fault("host", "lost", HOST)
    host = soap.content.searchIndex.FindByDnsName(None, HOST, False)
    if host is not None:
        assert host.runtime.connectionState == "notResponding"
    wait_until("the node's loss", lambda: not is_ready())
    fault("host", "back", HOST)
    wait_until("the node's return", is_ready)


def test_a_killed_part_comes_back(fault: Levers, sandbox: Sandbox, supervisor: str) -> None:
    name = "cluster-01-kube-scheduler"
    before = next(part for part in sandbox.status().processes if part.name == name)
    assert fault("kill", name) == {"schema": SCHEMA, "process": name, "pid": before.pid}

    def is_back() -> bool:
        now = next(part for part in sandbox.status().processes if part.name == name)
        return now.state == "running" and now.pid != before.pid and now.restarts == before.restarts + 1

    wait_until(name, is_back)
    assert "cluster-01-etcd" in str(fault("kill", "no-such-part", expect=1))


def test_a_daemon_that_is_killed_while_up_waits_is_started_again(toolchain: BuiltToolchain, tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "one", toolchain)
    try:
        starting = threading.Thread(target=sandbox.up)
        starting.start()
        killed = wait_until("the daemon", lambda: (parts := sandbox.status().processes) and parts[0].pid)
        assert Levers(sandbox)("kill", "daemon") == {"schema": SCHEMA, "process": "daemon", "pid": killed}
        starting.join(PATIENCE)
        status = sandbox.status()
        assert (status.phase, status.processes[0].pid != killed) == ("ready", True)
    finally:
        sandbox.reset()


def test_a_paused_part_answers_when_it_goes_on(
    fault: Levers, sandbox: Sandbox, supervisor_client: SupervisorClient
) -> None:
    front = next(part.pid for part in sandbox.status().processes if part.name == "cluster-01-front")
    assert front is not None
    process = psutil.Process(front)
    pausing = threading.Thread(target=fault, args=("pause", "cluster-01-front", "2"))
    pausing.start()
    wait_until("the pause", lambda: process.status() == psutil.STATUS_STOPPED)
    assert supervisor_client.login("alice@vsphere.local").status_code == 200
    assert process.status() != psutil.STATUS_STOPPED
    pausing.join(PATIENCE)


def test_faults_are_listed_and_cleared(fault: Levers) -> None:
    first = fault("api", "fail", "500", "--probability", "0.5", "--seed", "3", "--method", "PUT", "--path", "/api/none")
    fault("host", "lost", HOST)
    listed = {item["id"]: item["text"] for item in fault("list")}
    assert listed == {
        first["id"]: "rest PUT /api/none: fails with 500, 50% of them (seed 3)",
        f"host/{HOST}": f"host {HOST} is lost",
    }
    assert fault("clear", first["id"]) == {"schema": SCHEMA, "cleared": [first["id"]]}
    assert fault("clear") == {"schema": SCHEMA, "cleared": [f"host/{HOST}"]}
    assert fault("list") == []
    assert "none: nothing is declared" in str(fault("clear", "7", expect=1))
