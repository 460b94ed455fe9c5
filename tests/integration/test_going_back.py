"""``pacific rollback`` and ``pacific view`` for many, on one real control plane."""

import json
import re
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
import yaml

from pacific_sandbox.certificates import CertificateAuthority
from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import EstateProject
from tests.support.sandbox_clients import VCenter
from tests.support.waiting import PATIENCE

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1500)]
EXTERNAL = """\
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: supervisor-01}
spec: {external: true}
---
"""
PLATFORM = (
    EXTERNAL
    + """\
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: back}
spec:
  supervisor: supervisor-01
  limits: {memory: 8Gi}
  storagePolicies: [{name: gold}]
  contentLibraries: [linux-images]
  access:
    - {group: blue-developers, domain: vsphere.local, role: EDIT}
    - {user: auditor, domain: vsphere.local, role: VIEW}
  deletionPolicy: Delete
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: beyond}
spec:
  supervisor: supervisor-01
  access:
    - {user: bob, domain: vsphere.local, role: OWNER}
    - {user: auditor, domain: vsphere.local, role: VIEW}
  deletionPolicy: Delete
"""
)
SECOND = (
    EXTERNAL
    + """\
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: second}
spec:
  supervisor: supervisor-01
  limits: {memory: 4Gi}
  storagePolicies: [{name: gold}]
  deletionPolicy: Delete
"""
)
WORKLOAD = """\
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {{name: {name}, namespace: back}}
spec:
  kind: Deployment
  replicas: 1
  containers:
    - name: {name}
      image: sandbox/web:1
      command: [sh, -c, "{command}"]
      resources: {{requests: {{cpu: 100m, memory: 64Mi}}, limits: {{cpu: 200m, memory: 128Mi}}}}
"""
GOOD, BAD = "sleep 100000", "echo the image is bad; exit 1"


class Estate:
    """The project, whose documents a test changes."""

    def __init__(self, project: EstateProject) -> None:
        self.project = project

    def write(self, command: str = GOOD, *, worker: bool = True, memory: str = "8Gi") -> None:
        """Write the documents."""
        parts = [PLATFORM.replace("8Gi", memory), WORKLOAD.format(name="web", command=command)]
        parts += [WORKLOAD.format(name="worker", command=GOOD)] if worker else []
        (self.project.documents / "back.yaml").write_text("".join(parts))

    def runs(self) -> list[dict[str, Any]]:
        """The history, newest first."""
        runs: list[dict[str, Any]] = self.project.json("history")["runs"]
        return sorted(runs, key=lambda run: -run["number"])

    def deployments(self) -> dict[str, str]:
        """The command of each Deployment."""
        items = self.project.kubectl("get", "deployments", "--namespace", "back")["items"]
        return {
            item["metadata"]["name"]: item["spec"]["template"]["spec"]["containers"][0]["command"][-1] for item in items
        }


def until(condition: Callable[[], Any], text: str, shown: Callable[[], Any] = lambda: "") -> Any:
    """What the condition gives once it gives something. ``shown``: what there is instead."""
    end = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < end, f"not within {PATIENCE:.0f} s: {text}\n{shown()}"
        time.sleep(1.0)
    return result


@contextmanager
def interrupted(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """A run that is interrupted at the end of the block, if it is not over."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE)


@pytest.fixture(scope="module")
def estate(sandbox: Sandbox, supervisor: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """Two namespaces, in one of them two workloads, converged."""
    del supervisor
    folder = tmp_path_factory.mktemp("back")
    (folder / "documents").mkdir()
    estate = Estate(EstateProject.on(sandbox, folder / "documents", folder))
    estate.write()
    estate.project.pacific("up", "--yes")
    yield estate
    estate.project.pacific("down", "--yes", "--keep-sandbox")


@pytest.fixture(scope="module")
def address(estate: Estate, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page for all who log in at the sandbox's vCenter."""
    del sandbox
    authority = CertificateAuthority.open(tmp_path_factory.mktemp("certificates"))
    pair = authority.server("view", ["localhost"])
    options = ("--tls-certificate", str(pair.certificate), "--tls-key", str(pair.key), "--host", "localhost")
    process = estate.project.start("view", "--port", "0", *options)
    try:
        assert process.stderr is not None
        yield next(filter(None, map(_address, process.stderr)))
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)


def _address(line: str) -> str:
    match = re.search(r"https://localhost:\d+", line)
    return match[0] if match else ""


@contextmanager
def logged_in(sandbox: Sandbox, address: str, name: str) -> Iterator[httpx2.Client]:
    """The browser of a user of the sandbox."""
    users = json.loads((sandbox.directory / "users.json").read_text())
    # The certificate's authority is the test's own, of no interest here.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    user = f"{name}@vsphere.local"
    values = {"username": user, "password": users[user]["password"]}
    with httpx2.Client(base_url=address, verify=context, trust_env=False, timeout=PATIENCE) as browser:
        answer = browser.post("/login", data=values, headers={"Origin": address})
        assert answer.status_code == 303, answer.text
        yield browser


def view_of(browser: httpx2.Client) -> dict[str, Any]:
    """The view model as a user has it."""
    document: dict[str, Any] = browser.get("/view.json").json()
    return document


def test_each_user_sees_their_namespaces(estate: Estate, sandbox: Sandbox, address: str) -> None:
    del estate
    expected = {
        "alice": {"back"},
        "bob": {"beyond"},
        "auditor": {"back", "beyond"},
        "administrator": {"back", "beyond"},
    }
    for name, namespaces in expected.items():
        with logged_in(sandbox, address, name) as browser:
            until(lambda: {space["name"] for space in view_of(browser)["namespaces"]} == namespaces, f"as {name}")  # noqa: B023
            for space in ("back", "beyond"):
                status = 200 if space in namespaces else 404
                assert browser.get(f"/namespaces/{space}").status_code == status
            assert bool(view_of(browser)["supervisors"]) is (name == "administrator")


def test_back_after_a_bad_image(estate: Estate, sandbox: Sandbox, address: str) -> None:
    estate.write(BAD)
    started = estate.project.start("up", "--yes")
    with logged_in(sandbox, address, "alice") as browser, interrupted(started) as process:

        def fails() -> Any:
            (space,) = view_of(browser)["namespaces"]
            return [item for item in space["objects"] if "CrashLoopBackOff" in item["health"]["reason"]]

        text = "the pod that crashes is on the page, with its reason"
        (pod, *_) = until(fails, text, lambda: json.dumps(view_of(browser), indent=1)[:20000])
        assert pod["node"] == "CrxWorkload/back/web"
        run = until(lambda: view_of(browser)["converge"], "the run of the other process is followed")
        (row,) = [row for row in run["nodes"] if row["id"] == "CrxWorkload/back/web"]
        assert row["state"] == "running"
        process.send_signal(signal.SIGINT)
        output = "".join(process.communicate(timeout=PATIENCE))
        assert process.returncode == 130, output
        assert "next: " in output
        assert "rollback 1" in output
        until(lambda: view_of(browser)["converge"] is None, "the run is over on the page")
    assert estate.runs()[0]["result"] == "interrupted"
    shown = estate.project.pacific("rollback", "1", "--preview-only")
    assert "CrxWorkload/back/web" in shown
    estate.project.pacific("rollback", "1", "--yes")
    assert estate.deployments() == {"web": GOOD, "worker": GOOD}
    assert (estate.runs()[0]["rollbackTo"], estate.runs()[0]["result"]) == (1, "done")


def test_back_after_a_removed_document_and_a_crash(estate: Estate) -> None:
    # It waits for a pod that never becomes ready until it is killed.
    estate.write(BAD, worker=False)
    killed = estate.project.start("up", "--yes")
    until(lambda: estate.runs()[0]["result"] == "running", "the run is written down before it ends")
    killed.kill()
    killed.communicate(timeout=PATIENCE)
    assert estate.runs()[0]["result"] == "cut off"
    refused = estate.project.pacific("rollback", str(estate.runs()[0]["number"]), "--yes", expect=1)
    assert "(up, cut off) did not leave the stack as its documents say" in refused
    estate.write(worker=False)
    estate.project.pacific("up", "--yes")
    assert estate.runs()[0]["result"] == "done"
    assert set(estate.deployments()) == {"web"}
    estate.project.pacific("rollback", "1", "--yes")
    assert set(estate.deployments()) == {"web", "worker"}


def limit_of(vcenter: VCenter, namespace: str) -> int:
    """The namespace's limit of memory, in MiB."""
    path = f"/api/vcenter/namespaces/instances/v2/{namespace}"
    return int(vcenter.call("GET", path)["resource_spec"]["memory_limit"])


def test_two_stacks_of_one_project_go_back_after_a_changed_limit_each_by_itself(
    estate: Estate, vcenter: VCenter
) -> None:
    folder, stack = estate.project.folder, ("--stack", "second")
    configuration = yaml.safe_load((folder / "Pulumi.dev.yaml").read_text())["config"]
    second = {"config": {**configuration, "estate:documents": ["second.yaml"]}}
    (folder / "Pulumi.second.yaml").write_text(json.dumps(second))

    def limits() -> tuple[int, int]:
        return limit_of(vcenter, "back") // 1024, limit_of(vcenter, "second") // 1024

    (folder / "second.yaml").write_text(SECOND)
    estate.project.pacific("up", "--yes", *stack)
    try:
        estate.write(memory="12Gi")
        (folder / "second.yaml").write_text(SECOND.replace("4Gi", "6Gi"))
        estate.project.pacific("up", "--yes")
        estate.project.pacific("up", "--yes", *stack)
        assert limits() == (12, 6)
        estate.project.pacific("rollback", "1", "--yes", *stack)
        assert limits() == (12, 4)
        estate.project.pacific("rollback", "1", "--yes")
        assert limits() == (8, 4)
        runs = estate.project.json("history", *stack)["runs"]
        assert [(run["command"], run["rollbackTo"], run["result"]) for run in runs] == [
            ("up", None, "done"),
            ("up", None, "done"),
            ("up", 1, "done"),
        ]
    finally:
        estate.project.pacific("down", "--yes", "--keep-sandbox", *stack)
