"""The number of pods goes from the document to an autoscaler and back: it never falls on the way."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import SHARED_SUPERVISOR, EstateProject
from tests.support.waiting import PATIENCE, wait_until

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1200)]
NAMESPACE = "queues"
BASE = Path(__file__).parents[1] / "golden" / "queue-estate" / "queues.yaml"
WORKLOAD = """\
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: web, namespace: queues}
spec:
  kind: Deployment
  containers: [{name: web, image: "sandbox/web:1", environment: {BUILD: "RELEASE"}}]
  SCALE
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: client, namespace: queues}
spec:
  kind: Deployment
  replicas: 1
  containers: [{name: client, image: "sandbox/web:1"}]
  dependsOn: [CrxWorkload/web]
"""


@pytest.fixture
def project(sandbox: Sandbox, supervisor: str, tmp_path: Path) -> EstateProject:
    del supervisor
    documents = tmp_path / "documents"
    documents.mkdir()
    # The Supervisor and its namespace.
    (documents / "base.yaml").write_text("---\n".join(BASE.read_text().split("---\n")[:2]))
    estate_project = EstateProject.on(sandbox, documents, tmp_path, SHARED_SUPERVISOR)
    write(estate_project, "replicas: 6", "one")
    return estate_project


def write(project: EstateProject, scale: str, release: str) -> None:
    (project.documents / "web.yaml").write_text(WORKLOAD.replace("SCALE", scale).replace("RELEASE", release))


def replicas(project: EstateProject) -> int:
    deployment = project.kubectl("get", "deployment", "web", "-n", NAMESPACE)
    return int(deployment["spec"]["replicas"])


@contextmanager
def watched(project: EstateProject) -> Iterator[list[int]]:
    """Every number of pods that the Deployment asks for, in the order of its changes."""
    kubeconfig = project.pacific("outputs", f"kubeconfigs.{SHARED_SUPERVISOR}").strip()
    watching = subprocess.Popen(
        [
            str(project.toolchain.program("kubectl")),
            *("--kubeconfig", kubeconfig, "get", "deployment", "web", "-n", NAMESPACE, "--watch"),
            *("-o", 'jsonpath={.spec.replicas}{"\\n"}'),
        ],
        env={name: value for name, value in project.environment.items() if name != "VIRTUAL_ENV"},
        stdout=subprocess.PIPE,
        text=True,
    )
    seen: list[int] = []
    assert watching.stdout is not None
    lines = watching.stdout
    reader = threading.Thread(target=lambda: seen.extend(int(line) for line in lines if line.strip()))
    reader.start()
    try:
        wait_until("the watch to begin", lambda: bool(seen))
        yield seen
    finally:
        watching.terminate()
        watching.wait(timeout=PATIENCE)
        reader.join(timeout=PATIENCE)
        lines.close()


def test_pods_stay_while_the_autoscaler_comes_works_and_goes(project: EstateProject) -> None:
    project.pacific("up", "--yes")
    with watched(project) as seen:
        write(project, "autoscaler: {minReplicas: 4, maxReplicas: 10}", "one")
        project.pacific("up", "--yes")
        assert set(seen) == {6}

        write(project, "autoscaler: {minReplicas: 7, maxReplicas: 10}", "one")
        project.pacific("up", "--yes")
        wait_until("the autoscaler to ask for seven", lambda: replicas(project) == 7)
        # A change beside it leaves the number to the autoscaler, which owns it by now.
        write(project, "autoscaler: {minReplicas: 7, maxReplicas: 10}", "two")
        project.pacific("up", "--yes")
        assert replicas(project) == 7
        assert project.json("drift")["drifted"] == 0

        write(project, "dependsOn: []", "two")
        refused = project.pacific("up", "--yes", expect=1)
        assert "the autoscaler goes, and nothing says how many pods stay: it would be one" in refused
        write(project, "replicas: 5", "two")
        project.pacific("up", "--yes")
        assert replicas(project) == 5
    assert min(seen) == 5
    assert project.is_unchanged()
    project.pacific("down", "--yes")
