"""``pacific render``: objects by wave for Flux and Argo CD, and what no controller can make is refused by name."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pacific_infra.cli import main

EXTERNAL = """\
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: platform}
spec: {external: true}
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: store}
spec: {external: true, supervisor: platform}
"""
WORKLOAD = """\
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {{name: {name}, namespace: store}}
spec:
  kind: Deployment
  dependsOn: [{after}]
  containers: [{{name: web, image: "sandbox/web:1", ports: [{{name: http, containerPort: 8080}}]{more}}}]
  deletionPolicy: Delete
"""


def workload(name: str, after: str = "", more: str = "") -> str:
    return WORKLOAD.format(name=name, after=after, more=more)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "team"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(
        "name: Shop\nruntime: python\nconfig:\n"
        "  documents: {type: array, items: {type: string}, default: [shop.yaml]}\n"
    )
    return folder


def render(project: Path, controller: str, *documents: str) -> Path:
    (project / "shop.yaml").write_text(EXTERNAL + "".join(documents))
    out = project / "rendered"
    options = ["--out", str(out), "--repository", "https://git.example.test/shop.git", "-C", str(project)]
    with pytest.raises(SystemExit) as end:
        main(["render", controller, *options])
    if end.value.code:
        raise AssertionError(end.value.code)
    return out


def load(file: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(file.read_text()))


def test_flux_applies_a_wave_when_the_one_before_is_ready(project: Path) -> None:
    out = render(project, "flux", workload("first"), workload("second", "CrxWorkload/first"))
    repository, *kustomizations = load(out / "kustomizations.yaml")
    assert repository["spec"]["url"] == "https://git.example.test/shop.git"
    assert [entry["metadata"]["name"] for entry in kustomizations] == ["shop-wave-3", "shop-wave-4"]
    assert [entry["spec"]["path"] for entry in kustomizations] == [
        "./team/rendered/wave-3",
        "./team/rendered/wave-4",
    ]
    assert kustomizations[1]["spec"]["dependsOn"] == [{"name": "shop-wave-3"}]
    deployments = [item for item in load(out / "wave-4" / "objects.yaml") if item["kind"] == "Deployment"]
    assert [item["metadata"]["namespace"] for item in deployments] == ["store"]
    assert "pulumi.com/" not in (out / "wave-4" / "objects.yaml").read_text()


def test_argo_has_the_wave_on_each_object(project: Path) -> None:
    out = render(project, "argo", workload("first"), workload("second", "CrxWorkload/first"))
    objects = load(out / "objects" / "objects.yaml")
    waves = {
        item["metadata"]["name"]: item["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]
        for item in objects
        if item["kind"] == "Deployment"
    }
    assert sorted(waves.values()) == ["3", "4"]
    (application,) = load(out / "application.yaml")
    assert application["spec"]["source"]["path"] == "team/rendered/objects"


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (
            "---\napiVersion: pacific.infra/v1alpha1\nkind: VirtualMachineClass\nmetadata: {name: small}\n"
            "spec: {cpuCount: 2, memory: 2Gi}\n",
            "VirtualMachineClass/small is an object of vCenter, which no controller of Kubernetes objects can make: "
            "fix: let its stack be converged by pacific render pko, and write external: true here",
        ),
        (
            workload("web", more=", environment: {PASSWORD: {config: password}}"),
            "CrxWorkload/store/web needs Secret store/web-environment, a Secret, which would lie in git for all to "
            "read: fix: let pacific render pko converge it",
        ),
    ],
)
def test_what_cannot_be_rendered_is_refused_and_nothing_is_written(
    project: Path, document: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AssertionError):
        render(project, "flux", document)
    assert problem in capsys.readouterr().err
    assert not (project / "rendered").exists()


def test_the_operator_gets_its_objects_and_the_recipe_of_its_image(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "Pulumi.prod.yaml").write_text("config: {pacific:server: vcenter.example.test}\n")
    (project / "shop.yaml").write_text(EXTERNAL)
    options = ["--out", str(project / "rendered"), "--repository", "https://git.example.test/shop.git"]
    with pytest.raises(SystemExit) as end:
        main(["render", "pko", *options, "--backend", "s3://bucket", "-C", str(project), "-s", "prod", "--json"])
    assert not end.value.code
    assert json.loads(capsys.readouterr().out)["files"] == ["Containerfile", "shop-prod.yaml"]
    kinds = [item["kind"] for item in load(project / "rendered" / "shop-prod.yaml")]
    assert kinds == ["GitRepository", "ServiceAccount", "ClusterRoleBinding", "Stack"]
