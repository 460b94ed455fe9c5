"""Which runs are left to the engine: where no document, and nothing that is recorded, can be checked before."""

from pathlib import Path
from typing import Any

import pytest

from pacific_infra.cli.session import Session, begin
from pacific_infra.cli.up import is_left_to_the_engine

CONFIG_MAP = {"urn": "map", "type": "kubernetes:core/v1:ConfigMap", "outputs": {"metadata": {"name": "map"}}}


def opened(folder: Path, settings: str, program: str) -> Session:
    (folder / "Pulumi.yaml").write_text(f"name: one\nruntime: python\n{settings}")
    (folder / "__main__.py").write_text(program)
    (folder / "class.yaml").write_text(
        "apiVersion: pacific.infra/v1alpha1\nkind: VirtualMachineClass\nmetadata: {name: small}\n"
        "spec: {cpuCount: 2, memory: 4Gi}\n"
    )
    return begin(folder, None, known=True)


def test_another_program_without_documents_is_left_to_the_engine(tmp_path: Path) -> None:
    session = opened(tmp_path, "", "import pulumi_kubernetes\n")
    assert is_left_to_the_engine(session, [])
    assert is_left_to_the_engine(session, [CONFIG_MAP])


@pytest.mark.parametrize(
    "recorded",
    [
        {"urn": "a", "type": "pacific:vcenter:Namespace"},
        {"urn": "a", "type": "pacific:vcenter:Supervisor"},
        {"urn": "a", "type": "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"},
        {"urn": "a", "type": "pulumi:pulumi:Stack", "outputs": {"kubeconfigs": {"supervisor-01": "{}"}}},
    ],
)
def test_what_could_take_along_or_be_of_others_is_checked(tmp_path: Path, recorded: dict[str, Any]) -> None:
    assert not is_left_to_the_engine(opened(tmp_path, "", "import pacific_components\n"), [CONFIG_MAP, recorded])


def test_documents_are_checked(tmp_path: Path) -> None:
    documents = "config: {documents: {default: class.yaml}}\n"
    assert not is_left_to_the_engine(opened(tmp_path, documents, "import pacific_components\n"), [])


def test_the_program_of_documents_is_checked_also_where_its_last_document_went(tmp_path: Path) -> None:
    program = "from pacific_infra.estate_program import run\n\nrun()\n"
    assert not is_left_to_the_engine(opened(tmp_path, "", program), [])
