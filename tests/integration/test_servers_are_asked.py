"""What API servers would refuse is said before a run, and what keeps a run waiting while it runs."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import yaml

from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import EstateProject
from tests.support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.sandbox
DOCUMENTS = """\
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: supervisor-01}
spec: {external: true}
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: asked}
spec:
  supervisor: supervisor-01
  objectCounts: {services: 1}
  storagePolicies: [{name: gold}]
  contentLibraries: [linux-images]
  deletionPolicy: Delete
"""
WORKLOAD = """\
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {{name: {name}, namespace: asked}}
spec:
  kind: Deployment
  replicas: 1
  containers: [{{name: web, image: "sandbox/web:1", ports: [{{name: http, containerPort: 8080}}]}}]
  service: {{ports: [{{port: 80, targetPort: http}}]}}
"""


NEVER_ANSWERED = """
import asyncio, sys
from pathlib import Path
from pacific_infra.cli import dry_run, main

async def ask_servers(*_):
    Path(sys.argv[1]).touch()
    await asyncio.Event().wait()

dry_run.ask_servers = ask_servers
main(sys.argv[2:])
"""
"""``pacific`` whose servers do not answer the dry run."""
NOT_OFFERED = """\
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: unoffered}
spec: {supervisor: supervisor-01, storagePolicies: [{name: golf}], virtualMachineClasses: [best-effort-smal]}
---
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachine
metadata: {name: machine, namespace: unoffered}
spec: {class: best-effort-smal, image: debian-21, storagePolicy: golf}
---
apiVersion: pacific.infra/v1alpha1
kind: WorkloadCluster
metadata: {name: cluster, namespace: unoffered}
spec:
  version: v1.9
  clusterClass: builtin-generic-v3.4.9
  class: best-effort-smal
  storagePolicy: golf
  nodePools: [{name: workers, replicas: 1}]
"""


@pytest.fixture(scope="module")
def project(sandbox: Sandbox, supervisor: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EstateProject]:
    """A workload in a namespace that may have one Service, converged."""
    del supervisor
    folder = tmp_path_factory.mktemp("asked")
    (folder / "documents").mkdir()
    (folder / "documents/asked.yaml").write_text(DOCUMENTS + WORKLOAD.format(name="web"))
    project = EstateProject.on(sandbox, folder / "documents", folder)
    settings = project.folder / "Pulumi.dev.yaml"
    # As Pulumi itself writes it: only then its engine's steps are journaled, and it can wait.
    settings.write_text(yaml.safe_dump(json.loads(settings.read_text())))
    project.pacific("up", "--yes")
    yield project
    # Other tests have the same sandbox.
    project.pacific("down", "--yes", "--keep-sandbox")


def write(project: EstateProject, text: str) -> Path:
    file = project.documents / "asked.yaml"
    file.write_text(text)
    return file


def recorded(project: EstateProject) -> dict[str, bytes]:
    """All that is recorded of the stack, with locks, history, progress and what is unsettled."""
    folders = ("pulumi", "history", "unsettled")
    files = [file for name in folders for file in (project.state / "pacific-infra" / name).rglob("*")]
    return {str(file): file.read_bytes() for file in files if file.is_file()}


def test_a_service_too_many_is_refused_at_plan_with_the_line_of_the_limit(project: EstateProject) -> None:
    write(project, DOCUMENTS + WORKLOAD.format(name="web") + WORKLOAD.format(name="more"))
    refused = project.pacific("plan", expect=1)
    assert (
        "asked.yaml:25: CrxWorkload/asked/more: the API server refuses Service asked/more: it exceeds the quota asked: "
        "asked for count/services=1, used count/services=1, limit count/services=1: fix: raise the limit at "
    ) in refused
    assert "asked.yaml:11, or ask for less" in refused
    # up says the same; its engine has started by then, and leaves nothing.
    before = recorded(project)
    assert "it exceeds the quota asked" in project.pacific("up", "--yes", expect=1)
    assert recorded(project) == before
    write(project, DOCUMENTS + WORKLOAD.format(name="web"))


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_a_command_that_is_ended_while_servers_are_asked_changes_nothing(
    project: EstateProject, tmp_path: Path, sent: signal.Signals
) -> None:
    write(project, DOCUMENTS + WORKLOAD.format(name="web").replace("replicas: 1", "replicas: 2"))
    before = recorded(project)
    assert before
    command = [sys.executable, "-c", NEVER_ANSWERED, str(tmp_path / "asked"), "up", "--yes"]
    with (tmp_path / "output").open("w+") as output:
        process = subprocess.Popen(command, cwd=project.folder, env=project.environment, stdout=output, stderr=output)
        try:
            wait_until("the servers are asked", (tmp_path / "asked").exists)
            started = wait_until("plugins have started", lambda: descendants(process.pid, "pulumi-resource-"))
            process.send_signal(sent)
            assert process.wait(PATIENCE) == (130 if sent == signal.SIGINT else -signal.SIGKILL)
        finally:
            process.kill()
            process.wait(PATIENCE)
    wait_until("the engine has ended with its plugins", lambda: not any(map(runs, started)))
    assert recorded(project) == before
    deployment = project.kubectl("get", "deployment", "web", "-n", "asked")
    assert deployment["spec"]["replicas"] == 1
    write(project, DOCUMENTS + WORKLOAD.format(name="web"))
    assert "unchanged" in project.pacific("up", "--yes")


def runs(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def descendants(pid: int, name: str) -> list[psutil.Process]:
    """The processes below ``pid``, once one of them is called NAME..."""
    below = psutil.Process(pid).children(recursive=True)
    with suppress(psutil.NoSuchProcess):
        return below if any(process.name().startswith(name) for process in below) else []
    return []


def test_a_field_of_another_manager_is_refused_and_a_refresh_takes_it_back(project: EstateProject) -> None:
    project.kubectl("scale", "deployment", "web", "-n", "asked", "--replicas=2")
    write(project, (DOCUMENTS + WORKLOAD.format(name="web")).replace("replicas: 1", "replicas: 3"))
    refused = project.pacific("plan", expect=1)
    assert "others have set fields that the document sets: spec.replicas of kubectl" in refused
    request = project.json("plan", "--refresh")["asked"]
    assert request["taken"] == [
        "CrxWorkload/asked/web: takes back spec.replicas (set by kubectl) of Deployment asked/web"
    ]
    project.pacific("up", "--yes", "--refresh")
    deployment = project.kubectl("get", "deployment", "web", "-n", "asked")
    assert deployment["spec"]["replicas"] == 3


def test_names_that_vcenter_or_the_supervisor_does_not_have_are_refused(project: EstateProject) -> None:
    file = write(project, DOCUMENTS + WORKLOAD.format(name="web") + NOT_OFFERED)
    refused = project.pacific("plan", expect=1).replace(f"{file.parent}/", "")
    for text in (
        "asked.yaml:28: vCenter has no such storage policy: got 'golf'; allowed: gold; fix: write gold, here and at ",
        "asked.yaml:28: vCenter has no such VM class: got 'best-effort-smal'; ",
        "asked.yaml:33: the Supervisor supervisor-01 has no such VM image for Namespace/unoffered: got 'debian-21'; ",
        "asked.yaml:39: the Supervisor supervisor-01 has no such Kubernetes release: got 'v1.9'; ",
        "asked.yaml:40: the Supervisor supervisor-01 has no such ClusterClass: got 'builtin-generic-v3.4.9'; ",
    ):
        assert text in refused
    write(project, DOCUMENTS + WORKLOAD.format(name="web"))
