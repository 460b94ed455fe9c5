"""``pacific init``: what it writes is a project whose documents are right, and nothing is written over."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pacific_infra.cli import main
from pacific_infra.converge.project import find_project
from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph
from tests.support.waiting import PATIENCE


def pacific(*arguments: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    if end.value.code:
        raise AssertionError(end.value.code)


def test_a_project_whose_documents_make_a_graph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "team" / "shop"
    pacific("init", str(folder), "--json")
    document = json.loads(capsys.readouterr().out)
    project = find_project(folder / "documents")
    assert (document["name"], project.name, project.sandboxed) == ("shop", "shop", True)
    assert document["files"] == sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    graph = build_graph(load_estate(project.documents))
    assert graph.order[-1] == "CrxWorkload/shop-web/frontend"
    for file in (folder / "documents").rglob("*.yaml"):
        _, _, path = file.read_text().splitlines()[0].partition("$schema=")
        assert (file.parent / path).is_file()


DEMO = Path(__file__).parents[3] / "stacks" / "estate" / "documents"


@pytest.mark.parametrize(
    "name", ["shop", "Shop_2.x", "estate", "_._", "a" * 100, "-x-", "123", "true", "1e5", "2026-11-29"]
)
def test_names_are_the_projects_own_and_none_is_the_demos(tmp_path: Path, name: str) -> None:
    pacific("init", str(tmp_path), "--name", name)
    assert find_project(tmp_path).name == name
    graph = build_graph(load_estate(find_project(tmp_path).documents))
    assert not set(graph.order) & set(build_graph(load_estate([DEMO])).order)
    pacific("init", str(tmp_path / "other"), "--name", "other")
    assert not set(graph.order) & set(build_graph(load_estate(find_project(tmp_path / "other").documents)).order)


def test_nothing_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: mine\n")
    with pytest.raises(AssertionError):
        pacific("init", str(tmp_path))
    assert capsys.readouterr().err == (
        f"error: {tmp_path}: the folder has files of the new project already, none was written: got 'Pulumi.yaml'; "
        "fix: name a new folder, or remove them\n"
    )
    assert [file.name for file in tmp_path.iterdir()] == ["Pulumi.yaml"]


def test_a_project_that_cannot_be_written_leaves_no_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "documents").write_text("in the way")
    with pytest.raises(AssertionError):
        pacific("init", str(tmp_path))
    assert "the project cannot be written" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["documents"]


def test_a_disk_that_takes_no_more_is_said_with_the_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"ulimit -f 1; exec {sys.executable} -m pacific_infra.cli init {tmp_path / 'shop'}"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {tmp_path / 'shop'}: the project cannot be written (File too large)\n"
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_a_gitignore_of_ones_own_stays(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    pacific("init", str(tmp_path), "--name", "estate.one")
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert find_project(tmp_path).name == "estate.one"


def test_a_name_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(AssertionError):
        pacific("init", str(tmp_path), "--name", "two words")
    assert capsys.readouterr().err == (
        "error: --name: not a name for a project: got 'two words'; "
        "allowed: 1 to 100 letters, digits, '-', '_' and '.'\n"
    )
