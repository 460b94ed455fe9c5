"""``pacific render pko`` of an estate in several stacks, and the program of one of them in its workspace."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from pacific_infra.cli import main
from pacific_infra.converge.stacks_file import NAME, estate_of, split_as_rendered
from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import build_graph

SUPERVISOR = """\
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: platform}
spec: {external: true}
---
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachineClass
metadata: {name: small}
spec: {cpuCount: 1, memory: 1Gi}
"""
NAMESPACE = """\
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {{name: {name}}}
spec: {{supervisor: platform, virtualMachineClasses: [small]}}
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {{name: web, namespace: {name}}}
spec:
  kind: Deployment
  containers: [{{name: web, image: "web:1", environment: {{{variables}}}}}]
  service: {{ports: [{{port: 80}}]}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\nconfig: {documents: {value: [documents]}}\n")
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {pacific:server: vc.example.test, pacific:waitTimeout: 60}\n")
    (tmp_path / "pacific.yaml").write_text("partition: namespace\nsize: 1\n")
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "platform.yaml").write_text(SUPERVISOR)
    declare(tmp_path, "data")
    declare(tmp_path, "site", "DATA: {from: CrxWorkload/data/web, output: host}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def declare(project: Path, name: str, variables: str = "") -> None:
    (project / "documents" / f"{name}.yaml").write_text(NAMESPACE.format(name=name, variables=variables))


def render(*options: str) -> None:
    repository = ("--repository", "https://git.example.test/shop.git", "--backend", "s3://states")
    with pytest.raises(SystemExit) as end:
        main(["render", "pko", "-s", "prod", "--out", "gitops", *repository, *options])
    assert not end.value.code


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(AssertionError):
        render()
    return capsys.readouterr().err


def stack_objects(project: Path) -> Mapping[str, Any]:
    files = [yaml.safe_load_all(file.read_text()) for file in (project / "gitops").glob("*.yaml")]
    return {item["metadata"]["name"]: item["spec"] for file in files for item in file if item["kind"] == "Stack"}


def test_each_stack_comes_after_those_that_it_needs_with_the_estates_configuration(project: Path) -> None:
    render("--after", "platform-prod")
    specs = stack_objects(project)
    needed = {name: [other["name"] for other in spec["prerequisites"]] for name, spec in specs.items()}
    assert needed == {
        "shop-prod": ["platform-prod"],
        "shop-prod-data": ["shop-prod"],
        "shop-prod-site": ["shop-prod", "shop-prod-data"],
    }
    assert specs["shop-prod-site"]["config"] == {
        "shop:documents": '["documents"]',
        "pacific:server": "vc.example.test",
        "pacific:waitTimeout": "60",
    }
    assert "config" not in specs["shop-prod"]
    pod = specs["shop-prod-site"]["workspaceTemplate"]["spec"]["podTemplate"]["spec"]
    assert {"name": "PACIFIC_OWNER", "value": "shop/prod"} in pod["containers"][0]["env"]


def test_the_program_of_a_stack_makes_its_documents_alone(project: Path) -> None:
    render()
    assert (estate_of(project, "prod-site"), estate_of(project, "lab")) == ("prod", None)
    split = split_as_rendered(project, build_graph(load_estate(["documents"])), "prod", complete=True)
    part = split.slice_of("prod-site")
    assert [node for node in part.order if node not in part.elsewhere] == [
        "SupervisorCluster/platform",
        "Namespace/site",
        "CrxWorkload/site/web",
    ]


def test_namespaces_stay_where_they_are_and_new_ones_are_added(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    render()
    (project / "pacific.yaml").write_text("partition: 1\n")
    declare(project, "blue")
    graph = build_graph(load_estate(["documents"]))
    with pytest.raises(PacificErrors) as refused:
        split_as_rendered(project, graph, "prod", complete=True)
    assert str(refused.value) == (
        "pacific.stacks.yaml: the namespace blue is in no stack yet: "
        "fix: run pacific render pko again, and commit what it writes"
    )
    render()
    stacks = yaml.safe_load((project / NAME).read_text())["prod"]
    assert {name for name, namespaces in stacks.items() if "data" in namespaces} == {"prod-data"}
    assert sum("blue" in namespaces for namespaces in stacks.values()) == 1
    for name in ("site", "blue"):
        (project / "documents" / f"{name}.yaml").unlink()
    capsys.readouterr()
    render()
    assert "shop-prod-site has no documents any more: delete its file and its Stack object" in capsys.readouterr().err


def test_a_namespace_that_would_move_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    render()
    (project / "pacific.yaml").write_text("partition: namespace\nstacks: {store: [data]}\n")
    assert refusal(capsys) == (
        "error: pacific.stacks.yaml: the namespace data is in the stack prod-data and would be in prod-store, and "
        "plain pulumi would delete it there and make it again here: fix: leave it where it is by stacks: in "
        "pacific.yaml, or move it with pacific up in a file backend\n"
    )


def test_a_cycle_that_joins_stacks_says_its_documents(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    render()
    declare(project, "data", "SITE: {from: CrxWorkload/site/web, output: host}")
    site = project / "documents" / "site.yaml"
    site.write_text(site.read_text() + "  dependsOn: [CrxWorkload/data/web]\n")
    declare(project, "site")
    site.write_text(site.read_text() + "  dependsOn: [Namespace/data]\n")
    text = refusal(capsys)
    assert "would be in" in text
    assert "because they wait for each other: " in text


def test_secrets_of_the_configuration_and_a_broken_file_are_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "Pulumi.prod.yaml").write_text("config: {pacific:server: vc, pacific:password: {secure: v1:abc}}\n")
    assert refusal(capsys) == (
        f"error: {project}/Pulumi.prod.yaml: the stacks of an estate get its configuration in their Stack objects, and "
        "secrets would lie in git: got 'pacific:password'; fix: name a file instead, such as pacific:passwordFile, "
        "which comes from the Secret of --secret\n"
    )
    (project / NAME).write_text("prod: [\n")
    assert "pacific.stacks.yaml: the file cannot be read (ParserError): fix: get it back from git" in refusal(capsys)
