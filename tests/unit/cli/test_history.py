"""pacific history, diff and rollback as they are typed, on a history that runs have written."""

import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from pacific_infra.cli import main
from pacific_infra.cli.history import files_of
from pacific_infra.converge.history import Intent, RunHistory, commit_of, ended, last_good
from pacific_infra.converge.project import Project, find_project
from pacific_infra.documents import load_estate
from pacific_infra.record.history import Run, Writer
from tests.support.paths import path_of

SMALL = """\
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachineClass
metadata: {name: small}
spec: {cpuCount: %d, memory: 4Gi}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path / 'backend'}")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "backend").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\nconfig: {documents: {default: estate.yaml}}\n")
    write_documents(2)
    return find_project(tmp_path)


def write_documents(cpus: int) -> None:
    Path("estate.yaml").write_text(SMALL % cpus)


def note(project: Project, command: str = "up", error: str | None = None, remarks: Sequence[str] = ()) -> None:
    """A run of the documents that there are, as converge writes it down."""
    history = RunHistory(files_of(project), list(remarks).append)
    with history.running(Intent(command, load_estate(project.documents)), project) as end:
        end.counts, end.changes = {"create": 1, "same": 2}, {"VirtualMachineClass/small": {"create": 1}}
        if error is not None:
            end.result = "failed"
            end.errors.append(error)


def pacific(capsys: pytest.CaptureFixture[str], *words: str, expect: int = 0) -> str:
    with pytest.raises(SystemExit) as ended_with:
        main(list(words))
    assert ended_with.value.code == expect
    printed = capsys.readouterr()
    return printed.out if expect == 0 else printed.err


def test_the_history_lies_beside_the_state(project: Project, tmp_path: Path) -> None:
    note(project)
    folder = tmp_path / "backend" / ".pulumi" / "pacific-history" / "shop" / "dev"
    assert (folder / "000001.json").is_file()
    assert files_of(project).beside_state


def test_each_run_is_a_line(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert pacific(capsys, "history") == "nothing was run yet\n"
    note(project)
    note(project, "down", error="the disk is full")
    lines = [line.split() for line in pacific(capsys, "history").splitlines()]
    assert lines[0] == ["run", "when", "who", "command", "commit", "result", "took", "changes"]
    assert [(line[0], line[4], line[5]) for line in lines[1:]] == [("1", "up", "done"), ("2", "down", "failed")]
    assert lines[1][-2:] == ["1", "created"]


def test_programs_get_one_form(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    note(project)
    document = json.loads(pacific(capsys, "history", "--json"))
    assert document["schema"] == "pacific.infra/history/v1"
    (run,) = document["runs"]
    assert (run["number"], run["command"], run["result"], run["counts"]) == (1, "up", "done", {"create": 1, "same": 2})
    shown = json.loads(pacific(capsys, "history", "show", "1", "--json"))
    assert shown["schema"] == "pacific.infra/run/v1"
    assert shown["documents"]["VirtualMachineClass/small"]["spec"] == {"cpuCount": 2, "memory": "4Gi"}


def test_one_run_is_told_in_full(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    note(project, error="VirtualMachineClass/small: it is taken")
    lines = pacific(capsys, "history", "show", "1").splitlines()
    assert lines[0] == "run 1: up, failed"
    assert "  commit     none: the folder is in no git work tree" in lines
    assert "    VirtualMachineClass/small: 1 created" in lines
    assert lines[-1] == "  error: VirtualMachineClass/small: it is taken"


def test_the_documents_of_a_run_can_be_had_back(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note(project)
    write_documents(8)
    pacific(capsys, "history", "show", "1", "--documents", "then.yaml")
    (document,) = load_estate([tmp_path / "then.yaml"])
    assert json.loads(document.model_dump_json())["spec"]["cpuCount"] == 2


def test_two_runs_are_compared_and_one_with_now(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    note(project)
    write_documents(4)
    note(project)
    assert pacific(capsys, "diff", "1", "2") == "~ VirtualMachineClass/small\n    ~ spec.cpuCount: 2 -> 4\n"
    assert pacific(capsys, "diff", "2") == "the documents of run 2 and the documents of now are the same\n"
    document = json.loads(pacific(capsys, "diff", "1", "2", "--json"))
    assert document["documents"][0]["changes"][0]["path"] == "spec.cpuCount"


def test_what_the_block_raises_is_how_a_run_ended(project: Project) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        RunHistory(files_of(project), print).running(Intent("up", load_estate(project.documents)), project),
    ):
        raise KeyboardInterrupt
    assert files_of(project).run(1).result == "interrupted"


def test_a_run_goes_on_where_the_history_cannot_be_written(project: Project, tmp_path: Path) -> None:
    (tmp_path / "backend" / ".pulumi").write_text("a file where the folder would be")
    remarks: list[str] = []
    with RunHistory(files_of(project), remarks.append).running(Intent("up", load_estate(project.documents)), project):
        pass
    folder = tmp_path / "backend" / ".pulumi" / "pacific-history" / "shop" / "dev"
    assert remarks == [f"warning: the history cannot be written (Not a directory): {folder}"]


def test_a_clock_that_is_set_back_makes_no_run_shorter(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with RunHistory(files_of(project), print).running(Intent("up", load_estate(project.documents)), project):
        monkeypatch.setattr(time, "time", lambda: 0.0)
    (run,) = files_of(project).runs()
    assert run.seconds is not None
    assert run.seconds >= 0


def test_a_run_whose_process_is_over_was_cut_off(project: Project) -> None:
    note(project)
    writer = files_of(project).run(1).writer
    running = Run(2, "up", 0.0, writer, "a")
    assert ended(running).result == "running"
    recycled = Writer(writer.user, writer.host, writer.pid, writer.process_started - 100)
    assert ended(Run(2, "up", 0.0, recycled, "a")).result == "cut off"
    elsewhere = Writer(writer.user, "another-host", 1, 0.0)
    assert ended(Run(2, "up", 0.0, elsewhere, "a")).result == "running"
    in_container = Writer(writer.user, writer.host, 1, 0.0, "computer start pid:[1]")
    assert ended(Run(2, "up", 0.0, in_container, "a")).result == "running"


def test_a_failed_up_goes_back_to_the_last_good_one_of_other_documents(project: Project) -> None:
    note(project)
    note(project, "up --application shop")
    write_documents(4)
    note(project, error="refused")
    note(project, error="refused")
    good = last_good(list(files_of(project).runs()))
    assert good is not None
    assert good.number == 1
    write_documents(2)
    note(project, error="refused")
    assert last_good(list(files_of(project).runs())) is None


def test_a_run_that_did_not_end_well_is_no_way_back(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    note(project)
    note(project, "down")
    assert pacific(capsys, "rollback", "2", "--yes", expect=1) == (
        "error: run 2 (down, done) did not leave the stack as its documents say: got 2; allowed: 1; "
        "fix: name a whole up that is done\n"
    )


def test_going_back_is_confirmed(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    note(project)
    assert pacific(capsys, "rollback", "1", expect=1) == (
        "error: no terminal to confirm on: fix: pacific rollback 1 --yes, after --preview-only\n"
    )


def test_withheld_secrets_are_named_before_anything_is_done(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "{apiVersion: v1, kind: Secret, metadata: {name: login}, stringData: {password: hunter2}}"
    Path("estate.yaml").write_text(
        "apiVersion: pacific.infra/v1alpha1\nkind: Manifests\nmetadata: {name: login, namespace: shop}\n"
        f"spec: {{cluster: tools, manifests: '{secret}'}}\n"
    )
    note(project)
    stored = b"".join(file.read_bytes() for file in path_of(files_of(project).folder).rglob("*.json"))
    assert b"hunter2" not in stored
    write_documents(2)
    assert pacific(capsys, "rollback", "1", "--yes", expect=1) == (
        "error: the history has no secrets, and the manifests of Manifests/shop/login hold some that it had at run 1: "
        "fix: get its file back from the commit of then, and go back again\n"
    )


def test_the_commit_says_whether_files_differ_from_it(tmp_path: Path) -> None:
    assert commit_of(tmp_path) is None
    git = shutil.which("git")
    assert git is not None
    author = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    (tmp_path / "estate.yaml").write_text(SMALL % 2)
    for words in (("init", "-q"), ("add", "."), (*author, "commit", "-qm", "First")):
        subprocess.run([git, *words], cwd=tmp_path, check=True)
    commit = commit_of(tmp_path)
    assert commit is not None
    assert len(commit) == 40
    (tmp_path / "estate.yaml").write_text(SMALL % 4)
    assert commit_of(tmp_path) == f"{commit}+changes"
