"""What the command line says, and with which exit code, where it was called wrongly or the system refuses something."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

from pacific_infra.cli import main
from pacific_infra.cli.main import open_streams
from tests.support.needs import HAS_FULL_DEVICE, LINUX
from tests.support.waiting import PATIENCE

PACIFIC = (sys.executable, "-m", "pacific_infra.cli")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: one\nruntime: python\nconfig: {documents: {default: documents}}\n")
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "class.yaml").write_text(
        "apiVersion: pacific.infra/v1alpha1\nkind: VirtualMachineClass\nmetadata: {name: small}\n"
        "spec: {cpuCount: 2, memory: 4Gi}\n"
    )
    return tmp_path


def exit_code(*arguments: str) -> object:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return ended.value.code


@pytest.mark.parametrize(
    "arguments", [("plan", "--detailed-exitcode", "--refesh"), ("why",), ("plam",), (), ("view", "--port", "65536")]
)
def test_a_wrong_call_ends_with_1_since_2_says_that_something_changed(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*arguments) == 1
    assert "Usage" in "".join(capsys.readouterr())


def test_with_json_a_wrong_call_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("plan", "--json", "--nope") == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {
        "schema": "pacific.infra/errors/v1",
        "errors": [{"message": "No such option: --nope"}],
    }
    assert captured.err == ""


def test_with_json_a_question_that_is_not_answered_ends_in_json_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def abort(*_: object, **__: object) -> None:
        raise typer.Abort

    monkeypatch.setattr("pacific_infra.cli.graph.read_graph", abort)
    assert exit_code("graph") == 1
    assert capsys.readouterr().err == "error: not confirmed\n"
    assert exit_code("graph", "--json") == 1
    assert json.loads(capsys.readouterr().out)["errors"] == [{"message": "not confirmed"}]


@pytest.mark.parametrize("arguments", [("-h",), ("why", "-h"), ("why", "--help"), ("version",)])
def test_help_and_results_end_with_0(arguments: tuple[str, ...]) -> None:
    assert exit_code(*arguments) == 0


def test_help_shows_all_of_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code("outputs", "-h")
    assert "Print secret values, not masked." in capsys.readouterr().out


def test_an_interrupt_is_said_and_ends_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pacific_infra.cli.graph.read_graph", interrupt)
    assert exit_code("graph") == 130
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted"


def shell(command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m pacific_infra.cli {command}', sys.executable],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_closed_streams_are_streams_that_lead_nowhere(project: Path) -> None:
    refused = shell(f"up -C '{project}' <&-")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.endswith(
        f"error: no terminal to confirm on: fix: pacific up --yes -C {project}, after reading "
        f"pacific plan -C {project}\n"
    )
    unheard = shell(f"graph -C '{project}' >&- <&-")
    assert (unheard.returncode, unheard.stdout) == (0, "")
    assert "Traceback" not in unheard.stderr
    silent = shell(f"why nothing -C '{project}' 2>&-")
    assert (silent.returncode, silent.stdout, silent.stderr) == (1, "", "")


def test_a_sign_that_the_encoding_lacks_is_a_question_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "latin-1"))
    open_streams()
    sys.stdout.write("50 % ░░ ä\n")
    sys.stdout.flush()
    assert written.getvalue() == "50 % ?? ä\n".encode("latin-1")


def test_a_folder_that_was_deleted_is_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    done = subprocess.run(
        ["/bin/sh", "-c", f'rmdir "$PWD"; exec {sys.executable} -P -m pacific_infra.cli graph'],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: the current folder does not exist any more: fix: change to one that does: cd\n"


@LINUX.unless(HAS_FULL_DEVICE)
def test_a_full_disk_is_one_sentence(project: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PACIFIC, "graph", "-C", project, "-o", "json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "error: no space left on device\n")


def test_a_folder_that_may_not_be_read_is_named(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, os.strerror(13), "documents/secret")

    monkeypatch.setattr("pacific_infra.cli.graph.read_graph", refuse)
    assert exit_code("graph", "-C", str(project)) == 1
    assert capsys.readouterr().err == "error: documents/secret: permission denied\n"


@pytest.mark.parametrize("words", [("status",), ("plan",), ("history",), ("outputs",)])
def test_a_state_folder_that_cannot_be_one_is_named(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: Sequence[str],
) -> None:
    state = tmp_path / "a-file"
    state.write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    assert exit_code(*words, "-C", str(project), "--json") == 1
    (problem,) = json.loads(capsys.readouterr().out)["errors"]
    assert problem["message"] == "not a directory"
    assert problem["place"].startswith(f"{state}/pacific-infra")
