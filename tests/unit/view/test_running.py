"""The run that goes on is found beside the history, also where the estate is in several stacks."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.converge.history import this_process
from pacific_infra.converge.live_progress import NAME
from pacific_infra.record.history import HistoryFiles, Run, Writer
from pacific_infra.view.running import Running


@pytest.fixture
def dead() -> Writer:
    """A process that was killed."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        process.kill()
        process.wait()
    return Writer("alice", this_process().host, process.pid, 1.0)


def begin(folder: Path, writer: Writer, **progress: Any) -> list[Run]:
    """A run, and what it publishes; the history, newest first."""
    history = HistoryFiles(folder)
    run = history.begin(Run(0, "up", 1.0, writer, "a" * 64), {})
    if progress:
        (folder / NAME).parent.mkdir()
        (folder / NAME).write_text(json.dumps({"run": run.number, "title": "Converging", "critical": [], **progress}))
    return list(reversed(list(history.runs())))


def row(node: str, state: str) -> dict[str, Any]:
    return {"id": node, "state": state}


def test_it_is_followed_until_its_process_ends(tmp_path: Path, dead: Writer) -> None:
    running = Running(HistoryFiles(tmp_path))
    assert not running.look()
    runs = begin(tmp_path, this_process(), summary="1 of 2 nodes done", nodes=[])
    assert running.look()
    assert not running.look()
    assert (running.of(runs) or {})["summary"] == "1 of 2 nodes done"
    (tmp_path / NAME).unlink()
    assert running.look()
    assert running.of(runs) is None
    assert Running(HistoryFiles(tmp_path)).of(begin(tmp_path / "killed", dead, nodes=[])) is None


def test_the_stacks_of_an_estate_are_one_run(tmp_path: Path, dead: Writer) -> None:
    runs = begin(tmp_path, this_process())
    shared = "SupervisorCluster/supervisor-01"
    for stack, writer, rows in (
        ("dev-data", this_process(), [row(shared, "done"), row("Namespace/data", "running")]),
        ("dev-shop", this_process(), [row(shared, "done"), row("Namespace/shop", "done")]),
        ("dev-site", dead, [row("Namespace/site", "running")]),
    ):
        begin(tmp_path / "stacks" / stack, writer, nodes=rows)
    running = Running(HistoryFiles(tmp_path))
    assert running.look()
    whole = running.of(runs) or {}
    assert whole["summary"] == "2 of 3 nodes done in 2 stacks of the estate"
    assert [item["id"] for item in whole["nodes"]] == [shared, "Namespace/data", "Namespace/shop"]
    assert whole["run"] == runs[0].number
