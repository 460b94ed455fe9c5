"""A mistyped stack is not made."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from pacific_infra.cli.session import Session
from pacific_infra.converge.project import Project
from pacific_infra.converge.unknown_stack import unknown_stack
from pacific_infra.documents import Estate
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.settings import Settings
from pacific_infra.toolchain import Toolchain


def session_of(folder: Path, stack: str) -> Session:
    settings = Settings.read({"HOME": str(folder)})
    graph: DependencyGraph = build_graph(Estate(()))
    project = Project(folder, "estate", stack, {})
    return Session(settings, project, graph, Toolchain(settings), Console(file=StringIO()))


@pytest.fixture(autouse=True)
def none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_it_is_refused_with_the_nearest_and_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(PacificError) as refused:
        session_of(tmp_path, "prd").may_create("up", create=False, yes=True)(["dev", "prod"])
    assert str(refused.value) == (
        "there is no stack prd of the project estate: allowed: dev, prod; "
        "fix: write prod, or make it: pacific up -s prd --create"
    )


def test_the_default_one_a_declared_one_and_a_wanted_one_are_made(tmp_path: Path) -> None:
    session_of(tmp_path, "dev").may_create("up", create=False, yes=True)(["prod"])
    (tmp_path / "Pulumi.test.yaml").write_text("config: {}\n")
    session_of(tmp_path, "test").may_create("up", create=False, yes=True)(["prod"])
    session_of(tmp_path, "prd").may_create("up", create=True, yes=True)(["prod"])


def test_one_that_only_has_a_file_may_have_been_meant(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {}\n")
    with pytest.raises(PacificError, match="allowed: dev, prod; fix: write prod, or make it: pacific plan -s prd"):
        session_of(tmp_path, "prd").may_create("plan", create=False, yes=True)(["dev"])


def test_a_command_that_makes_none_says_which_does(tmp_path: Path) -> None:
    project = Project(tmp_path, "estate", "staging", {})
    assert str(unknown_stack(project, [], creating=None)) == (
        "there is no stack staging of the project estate: fix: pacific up -s staging --create makes it"
    )
    default = Project(tmp_path, "estate", "dev", {})
    assert str(unknown_stack(default, [], creating=None)).endswith("fix: pacific up makes it")


def test_what_is_done_is_said_at_once_in_a_line(tmp_path: Path) -> None:
    session = session_of(tmp_path, "dev")
    with session.saying("opening the stack estate/dev"):
        assert isinstance(session.console.file, StringIO)
        assert session.console.file.getvalue() == "opening the stack estate/dev\n"


def test_one_with_a_file_and_no_record_was_made_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    assert str(unknown_stack(Project(tmp_path, "estate", "dev", {}), ["prod"], creating=None)) == (
        "this computer has no record of the stack dev, which has a Pulumi.dev.yaml: allowed: prod; "
        "fix: set XDG_STATE_HOME, or PULUMI_BACKEND_URL, to where it was made, or pacific up makes it"
    )
