"""The commands that are offered next can be typed as they stand."""

from pathlib import Path

import pytest

from pacific_infra.cli.session import begin


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    project = tmp_path / "my estate"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: one\nruntime: python\nconfig: {documents: {default: class.yaml}}\n")
    (project / "class.yaml").write_text(
        "apiVersion: pacific.infra/v1alpha1\nkind: VirtualMachineClass\nmetadata: {name: small}\n"
        "spec: {cpuCount: 2, memory: 4Gi}\n"
    )
    return project


def test_inside_the_project_they_need_no_options(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert begin(Path(), None).command("status") == "pacific status"


def test_from_elsewhere_they_name_folder_and_stack(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert begin(folder, "prod").command("status") == f"pacific status -C '{folder}' -s prod"


def test_they_begin_as_the_program_was_started(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PACIFIC_COMMAND", "./run pacific")
    assert begin(Path(), None).command("status") == "./run pacific status"
