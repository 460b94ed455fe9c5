"""Services, registry, zone, template and upgrade of a Supervisor as documents, converged with the engine."""

import tarfile
from pathlib import Path

import pytest

from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.vcenter.upgrade_routes import VERSIONS
from tests.support.carvel import carvel
from tests.support.estate_project import EstateProject
from tests.support.sandbox_clients import VCenter

pytestmark = pytest.mark.sandbox

MANAGEMENT = "/vcenter/namespace-management"
HEAD = "apiVersion: pacific.infra/v1alpha1\nkind: "
PLATFORM = f"""
{HEAD}SupervisorCluster
metadata: {{name: supervisor-01}}
spec: {{external: true}}
---
{HEAD}ContainerImageRegistry
metadata: {{name: mirror}}
spec:
  supervisor: supervisor-01
  hostname: mirror.example.com
  username: reader
  password: {{config: registryPassword}}
---
{HEAD}Zone
metadata: {{name: hall-2}}
spec: {{description: Hall 2}}
---
{HEAD}NamespaceTemplate
metadata: {{name: team}}
spec:
  supervisor: supervisor-01
  limits: {{cpu: 4GHz, memory: 8Gi}}
  storagePolicies: [{{name: gold}}]
---
{HEAD}SupervisorUpgrade
metadata: {{name: supervisor-01}}
spec: {{supervisor: supervisor-01, version: "{VERSIONS[0]}"}}
---
{HEAD}SupervisorService
metadata: {{name: harbor}}
spec:
  versions: [{{content: {{file: harbor.yml}}}}]
  supervisors: [supervisor-01]
  configuration: {{template: "password: ${{config.harborPassword}}"}}
  deletionPolicy: Delete
"""


def changes(project: EstateProject) -> dict[str, int]:
    """What a plan would do, by operation."""
    counts = project.json("plan")["counts"]
    return {name: number for name, number in counts.items() if number and name != "same"}


@pytest.mark.usefixtures("supervisor")
def test_a_platform_is_made_upgraded_and_taken_down(sandbox: Sandbox, vcenter: VCenter, tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "platform.yaml").write_text(PLATFORM)
    (documents / "harbor.yml").write_text(carvel("1.0.0"))
    project = EstateProject.on(sandbox, documents, tmp_path)
    project.pulumi("stack", "init", "dev")
    for key in ("registryPassword", "harborPassword"):
        project.pulumi("config", "set", "--secret", key, f"the-{key}-that-nobody-may-see", "--stack", "dev")

    project.pacific("up", "--yes")
    services = f"{MANAGEMENT}/supervisor-services"
    assert [item["supervisor_service"] for item in vcenter.call("GET", f"/api{services}")] == ["harbor.example.com"]
    assert changes(project) == {}
    assert "nobody-may-see" not in project.pacific("plan")

    (project.documents / "harbor.yml").write_text(carvel("2.0.0"))
    assert changes(project) == {"create": 1, "update": 1, "delete": 1}
    project.pacific("up", "--yes")
    assert [item["version"] for item in vcenter.call("GET", f"/api{services}/harbor.example.com/versions")] == ["2.0.0"]

    archive = project.json("supervisor", "backup", "supervisor-01", "--comment", "before the holidays")["archives"][0]
    assert (archive["comment"], archive["supervisor_version"], archive["usable"]) == (
        "before the holidays",
        VERSIONS[0],
        True,
    )
    assert archive["location"] in project.pacific("supervisor", "backups", "supervisor-01")
    bundle = tmp_path / "bundle.tar"
    project.pacific("supervisor", "support-bundle", "supervisor-01", "--out", str(bundle))
    with tarfile.open(bundle) as tar:
        assert tar.getnames() == ["supervisor.json"]
    refused_file = project.pacific("supervisor", "support-bundle", "supervisor-01", "--out", str(bundle), expect=1)
    assert "bundle.tar: the file exists already: fix: remove it, or name another with --out" in refused_file

    refused = carvel("3.0.0").replace("refName:", 'kubernetesVersionSelection: {constraints: ">=1.99"}, refName:')
    (project.documents / "harbor.yml").write_text(refused)
    project.pacific("plan")
    (project.documents / "harbor.yml").write_text(carvel("2.0.0"))
    project.pacific("down", "--yes")
    assert vcenter.call("GET", f"/api{services}") == []
