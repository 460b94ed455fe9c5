"""Which project a command works on, and what its stack's configuration says."""

from pathlib import Path

import pytest

from pacific_infra.converge.project import find_project
from pacific_infra.errors import PacificError

PROJECT = """\
name: estate
runtime: python
config:
  documents: {default: documents}
  pacific:datacenter: {value: dc-01}
"""


def test_the_nearest_pulumi_yaml_is_the_project(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    project = find_project(below)
    assert (project.directory, project.name, project.stack) == (tmp_path, "estate", "dev")
    assert project.documents == (tmp_path / "documents",)
    assert project.sandboxed
    assert project.sandbox_directory is None


def test_a_stack_file_goes_over_the_defaults_and_secrets_stay_out(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "Pulumi.prod.yaml").write_text(
        "config:\n  estate:documents: [one, two]\n  estate:sandbox: .sandbox\n"
        "  pacific:server: vc\n  pacific:password: {secure: v1:abc}\n"
    )
    project = find_project(tmp_path, "prod")
    assert project.documents == (tmp_path / "one", tmp_path / "two")
    assert not project.sandboxed
    assert project.sandbox_directory == tmp_path / ".sandbox"
    assert "pacific:password" not in project.configuration
    assert project.configuration["pacific:datacenter"] == "dc-01"


def test_no_project_is_said_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(PacificError) as caught:
        find_project(tmp_path)
    assert str(caught.value) == (
        f"no Pulumi.yaml here or above: got '{tmp_path}'; fix: change to the project's folder or name it with --project"
    )


def test_a_program_without_documents_has_none(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: estate\nruntime: python\n")
    assert find_project(tmp_path).documents == ()
