"""The record tells the truth: after an interrupt, a kill, a Supervisor that is gone and one that is silent."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from pacific_sandbox.faults.sandbox_faults import SandboxFaults
from tests.support.estate_project import COMMAND_WITHIN, EstateProject
from tests.support.sandbox_clients import SUPERVISORS, VCenter
from tests.support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.sandbox
CLUSTERS = "/api/vcenter/namespace-management/clusters"
NAMESPACE = """\
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: shop}
spec:
  supervisor: supervisor-01
  limits: {cpu: 40GHz, memory: 64Gi, storage: 500Gi}
  storagePolicies: [{name: gold}]
  deletionPolicy: Delete
"""
WEB = """\
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: web, namespace: shop}
spec:
  kind: Deployment
  replicas: 2
  deletionPolicy: Delete
  containers:
    - name: web
      image: sandbox/web:1
      resources: {requests: {cpu: 250m, memory: 128Mi}, limits: {cpu: 500m, memory: 256Mi}}
"""
BROKEN = {"image: sandbox/web:1": "image: sandbox/web:nosuch", "memory: 128Mi": "memory: 500Gi", "256Mi": "500Gi"}
"""A release that no host has room for: its rollout does not end."""
LATER = WEB.replace("{name: web,", "{name: later,")


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EstateProject]:
    """A Supervisor with a namespace and a workload, converged."""
    folder = tmp_path_factory.mktemp("record")
    project = EstateProject(folder / "project", folder / "state")
    supervisor = project.documents / "supervisor.yaml"
    text = supervisor.read_text().replace("size: SMALL", "size: TINY").replace("Count: 3", "Count: 1")
    shutil.rmtree(project.documents)
    project.documents.mkdir()
    for name, content in {"supervisor": text, "namespace": NAMESPACE, "web": WEB}.items():
        (project.documents / f"{name}.yaml").write_text(content)
    project.pacific("up", "--yes")
    yield project
    project.sandbox.reset()


def image(estate: EstateProject) -> str:
    spec = estate.kubectl("get", "deployment", "web", "-n", "shop")["spec"]["template"]["spec"]
    return str(spec["containers"][0]["image"])


def broken(text: str) -> str:
    for old, new in BROKEN.items():
        text = text.replace(old, new)
    return text


def begin_broken_release(estate: EstateProject) -> subprocess.Popen[str]:
    """Start an ``up`` that has sent the release to the Supervisor, and put the document back."""
    document = estate.documents / "web.yaml"
    text = document.read_text()
    document.write_text(broken(text))
    process = estate.start("up", "--yes")
    wait_until("the release at the Supervisor", lambda: image(estate) == "sandbox/web:nosuch")
    document.write_text(text)
    return process


def end(process: subprocess.Popen[str]) -> str:
    _, stderr = process.communicate(timeout=COMMAND_WITHIN)
    assert "Traceback" not in stderr
    return stderr


def engine(process: subprocess.Popen[str]) -> psutil.Process:
    (child,) = (child for child in psutil.Process(process.pid).children() if child.name() == "pulumi")
    return child


def states(status: Any) -> dict[str, int]:
    """How many documents are recorded and live in each way."""
    counts: dict[str, int] = {}
    for node in status["nodes"].values():
        for word in (node["state"], node["live"]["state"]):
            counts[word] = counts.get(word, 0) + 1
    return counts


ALL_WELL = {"converged": 3, "healthy": 3}


def test_status_says_of_each_document_what_is_recorded_and_how_it_is(estate: EstateProject) -> None:
    status = estate.json("status", "--detailed-exitcode")
    assert states(status) == ALL_WELL
    assert status["nodes"]["CrxWorkload/shop/web"]["live"]["reason"] == "2/2 replicas ready"
    recorded = estate.json("status", "--recorded")
    assert {node["live"] for node in recorded["nodes"].values()} == {None}


def test_a_release_that_was_interrupted_is_seen_by_the_next_plan_and_put_back_by_up(estate: EstateProject) -> None:
    process = begin_broken_release(estate)
    process.send_signal(signal.SIGINT)
    assert "what is in flight is broken off; the next plan, up or status looks at it" in end(process)
    assert process.returncode == 130
    node = estate.json("status", "--detailed-exitcode", expect=2)["nodes"]["CrxWorkload/shop/web"]
    assert node["state"] == "partly"
    assert node["waitsFor"][-1] == "shop/web-deployment: update was interrupted"
    plan = estate.json("plan")
    (changed,) = (node for node in plan["nodes"] if node["operation"] != "same")
    paths = {change["path"] for resource in changed["resources"] for change in resource["changes"]}
    assert "spec.template.spec.containers[0].image" in paths
    assert estate.json("up", "--yes")["changes"]["update"] == 1
    assert image(estate) == "sandbox/web:1"
    assert states(estate.json("status")) == ALL_WELL


@pytest.mark.parametrize("who", ["engine", "pacific"])
def test_a_killed_run_is_taken_up_without_a_person(estate: EstateProject, who: str) -> None:
    later = estate.documents / "later.yaml"
    later.write_text(broken(LATER))
    process = begin_broken_release(estate)
    wait_until("a new workload", lambda: len(estate.kubectl("get", "deployment", "-n", "shop")["items"]) == 2)
    ran = engine(process)
    (ran if who == "engine" else psutil.Process(process.pid)).kill()
    end(process)
    # Without anybody who reads its events the engine ends by itself; on a slow computer that takes a while.
    if ran.is_running():
        ran.kill()
    psutil.wait_procs([ran], timeout=PATIENCE)
    # An update and a creation were begun, and nobody knows how they ended.
    later.write_text(LATER)
    result = estate.json("up", "--yes")
    assert (result["result"], result["changes"]["update"]) == ("done", 1)
    assert image(estate) == "sandbox/web:1"
    assert "pending_operations" not in estate.pulumi("stack", "export", "--stack", "dev")
    assert states(estate.json("status")) == {"converged": 4, "healthy": 4}
    later.unlink()
    estate.pacific("up", "--yes")
    assert states(estate.json("status")) == ALL_WELL


def test_a_refused_token_is_renewed_in_the_same_up(estate: EstateProject) -> None:
    document = estate.documents / "web.yaml"
    text = document.read_text()
    document.write_text(text.replace("replicas: 2", "replicas: 1"))
    faults = SandboxFaults(estate.sandbox)
    faults.declare(api="kubernetes", effect="fail", value=401, method="PATCH", count=3)
    faults.declare(api="rest", effect="fail", value=401, method="GET", count=3)
    assert estate.json("up", "--yes")["changes"]["update"] == 1
    assert {fault.applied for fault in faults.list()} == {3}
    faults.clear()
    document.write_text(text)
    estate.pacific("up", "--yes")


def test_a_supervisor_that_does_not_answer_is_refused_and_nothing_is_forgotten(estate: EstateProject) -> None:
    before = estate.pulumi("stack", "export", "--stack", "dev")
    faults = SandboxFaults(estate.sandbox)
    faults.declare(api="kubernetes", effect="hang")
    try:
        output = estate.pacific("plan", expect=1)
        assert "does not answer" in output
        assert "gives up in 0:" in output
        assert "nothing was changed or forgotten; run the same command again when it answers" in output
        status = estate.json("status", "--detailed-exitcode", expect=2)
        assert status["nodes"]["SupervisorCluster/supervisor-01"]["live"]["state"] == "healthy"
        web = status["nodes"]["CrxWorkload/shop/web"]
        assert (web["state"], web["live"]["state"]) == ("converged", "unknown")
        assert "does not answer" in web["live"]["reason"]
    finally:
        faults.clear()
    assert estate.pulumi("stack", "export", "--stack", "dev") == before
    assert estate.json("plan")["counts"]["update"] == 0


def test_a_supervisor_that_is_gone_is_said_and_made_again_by_one_up(estate: EstateProject) -> None:
    before = estate.pulumi("stack", "export", "--stack", "dev")
    client = VCenter(estate.sandbox.settings())
    client.call("POST", f"{CLUSTERS}/{client.cluster('cluster-01')}?action=disable")
    summaries = f"{SUPERVISORS}/summaries"
    wait_until("the end of the Supervisor", lambda: not client.call("GET", summaries)["items"])
    client.close()
    plan = estate.json("plan")
    (removed,) = plan["gone"]
    assert removed.startswith("Supervisor supervisor-01 is gone with ")
    made_again = plan["counts"]["create"]
    assert made_again > 5
    assert estate.json("status")["nodes"]["CrxWorkload/shop/web"]["live"]["state"] == "missing"
    drifted = {node["id"] for node in estate.json("drift")["nodes"]}
    assert drifted == {"SupervisorCluster/supervisor-01", "Namespace/shop", "CrxWorkload/shop/web"}
    assert not any(part["deleted"] for part in estate.json("down", "--preview-only")["removed"])
    assert estate.pulumi("stack", "export", "--stack", "dev") == before
    assert estate.json("up", "--yes")["changes"]["create"] == made_again
    assert states(estate.json("status")) == ALL_WELL


def test_status_while_the_sandbox_is_down_is_of_what_does_not_answer(estate: EstateProject) -> None:
    estate.sandbox.down()
    status = estate.json("status", "--detailed-exitcode", expect=2)
    assert states(status) == {"converged": 3, "unknown": 3}
    assert status["nodes"]["Namespace/shop"]["live"]["reason"] == "the sandbox is down"
    assert estate.sandbox.status().phase == "down"
