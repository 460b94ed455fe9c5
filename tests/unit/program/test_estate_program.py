"""The program of an estate's project: where its documents come from."""

import json
from collections.abc import Iterator
from pathlib import Path

import pulumi
import pytest

from pacific_infra.estate_program import run
from tests.support.external_estate import graph_of
from tests.support.recording import PROJECT, STACK, record

WORKLOAD = """\
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: NAME, namespace: shop}
spec: {kind: Deployment, containers: [{name: web, image: "sandbox/web:1"}]}
"""
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "c", "cluster": {"server": "https://10.0.0.1:6443"}}],
    "users": [{"name": "u", "user": {"token": "tkn"}}],
    "contexts": [{"name": "lab", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "lab",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with the documents of its folder ``documents``."""
    settings = {f"{PROJECT}:documents": "documents", "pacific:kubeconfig": "kubeconfig"}
    folder = tmp_path / "project"
    (folder / "documents").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
    (folder / f"Pulumi.{STACK}.yaml").write_text(json.dumps({"config": settings}))
    (folder / "kubeconfig").write_text(json.dumps(KUBECONFIG))
    monkeypatch.chdir(tmp_path)
    # The SDK keeps the folder of whatever ran last in this process.
    monkeypatch.setattr(pulumi.runtime, "get_root_directory", lambda: str(folder))
    pulumi.runtime.set_all_config(settings)
    yield folder
    pulumi.runtime.set_all_config({})


def test_documents_are_those_that_the_configuration_names(project: Path) -> None:
    graph_of(project / "documents", WORKLOAD.replace("NAME", "web"))
    assert "shop/web" in [resource.name for resource in record(run)[0]]


def test_documents_that_were_read_are_not_read_again(project: Path) -> None:
    graph = graph_of(project / "documents", WORKLOAD.replace("NAME", "web"))
    graph_of(project / "documents", WORKLOAD.replace("NAME", "changed-since"))
    names = [resource.name for resource in record(lambda: run(read=graph))[0]]
    assert "shop/web" in names
    assert "shop/changed-since" not in names
