"""Refs of ours on a remote, by a real git."""

from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_infra.forge.repository import Repository
from tests.support.git_repositories import commit_files, git, make_remote


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return make_remote(tmp_path / "remote.git", {"Pulumi.yaml": "name: estate", "docs/a b.md": "text"})


@pytest.fixture
def repository(remote: Path, tmp_path: Path) -> Repository:
    return clone(remote, tmp_path / "clone")


def clone(remote: Path, folder: Path) -> Repository:
    git(folder.parent, "clone", "--quiet", str(remote), str(folder))
    return Repository(folder)


def test_what_is_written_is_read_from_another_checkout(remote: Path, repository: Repository, tmp_path: Path) -> None:
    assert repository.read("plans/estate/prod/1") is None
    files = {"plan.json": '{"a": "ü"}\n', "review.json": "{}"}
    assert repository.write("plans/estate/prod/1", files, replace=True)
    assert clone(remote, tmp_path / "other").read("plans/estate/prod/1") == files
    assert repository.names("plans/*/*/1") == ["plans/estate/prod/1"]
    assert repository.write("plans/estate/prod/1", {"plan.json": "newer"}, replace=True)
    assert repository.read("plans/estate/prod/1") == {"plan.json": "newer"}
    repository.remove("plans/estate/prod/1")
    repository.remove("plans/estate/prod/1")
    assert repository.read("plans/estate/prod/1") is None


def test_only_the_first_of_two_gets_a_lock(remote: Path, repository: Repository, tmp_path: Path) -> None:
    other = clone(remote, tmp_path / "other")
    assert repository.write("locks/estate/prod", {"pull-request": "1"}, replace=False)
    assert not other.write("locks/estate/prod", {"pull-request": "2"}, replace=False)
    assert other.read("locks/estate/prod") == {"pull-request": "1"}


def test_changes_projects_and_bases_are_those_of_git(remote: Path, repository: Repository) -> None:
    base = repository.commit()
    folder = repository.root
    commit_files(folder, {"docs/a b.md": "other", "apps/ü/Pulumi.yaml": "name: shop"})
    assert repository.changed(base) == [folder / "apps/ü/Pulumi.yaml", folder / "docs/a b.md"]
    assert repository.projects() == [folder, folder / "apps/ü"]
    assert repository.parents() == [base]
    assert repository.merge_base("main") == base
    assert repository.tree() != repository.tree(base)


def test_a_remote_that_refuses_is_an_error(remote: Path, repository: Repository) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho no pushes today >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(PacificError) as caught:
        repository.write("plans/estate/prod/1", {"plan.json": ""}, replace=True)
    assert caught.value.fix == "give the job's token permission to write contents"
    assert caught.value.value == "refs/pacific/plans/estate/prod/1"


def test_a_folder_without_git_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PacificError, match="git rev-parse failed: fatal: not a git repository"):
        Repository(tmp_path)
