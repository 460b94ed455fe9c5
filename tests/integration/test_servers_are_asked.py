"""What API servers would refuse is said before a run, and what keeps a run waiting while it runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import EstateProject

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
    project.pacific("up", "--yes")
    yield project
    # Other tests have the same sandbox.
    project.pacific("down", "--yes", "--keep-sandbox")


def write(project: EstateProject, text: str) -> Path:
    file = project.documents / "asked.yaml"
    file.write_text(text)
    return file


def test_a_service_too_many_is_refused_at_plan_with_the_line_of_the_limit(project: EstateProject) -> None:
    write(project, DOCUMENTS + WORKLOAD.format(name="web") + WORKLOAD.format(name="more"))
    refused = project.pacific("plan", expect=1)
    assert (
        "asked.yaml:25: CrxWorkload/asked/more: the API server refuses Service asked/more: it exceeds the quota asked: "
        "asked for count/services=1, used count/services=1, limit count/services=1: fix: raise the limit at "
    ) in refused
    assert "asked.yaml:11, or ask for less" in refused
    # up says the same, and starts nothing.
    assert "it exceeds the quota asked" in project.pacific("up", "--yes", expect=1)
    write(project, DOCUMENTS + WORKLOAD.format(name="web"))


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
