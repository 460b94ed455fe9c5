"""The history of a stack: a numbered file for each run, and documents once for each set of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_infra.record import history
from pacific_infra.record.history import HistoryFiles, Run, Writer

DOCUMENTS = {"Namespace/shop": {"kind": "Namespace", "metadata": {"name": "shop"}}}


def run_of(documents: str = "a" * 64) -> Run:
    return Run(0, "up", 1000.0, Writer("alice", "admin-01", 7, 900.0), documents)


def test_a_run_that_began_is_there_before_it_ends(tmp_path: Path) -> None:
    files = HistoryFiles(tmp_path / "history")
    begun = files.begin(run_of(), DOCUMENTS)
    assert begun.number == 1
    assert files.run(1) == begun
    assert files.run(1).result == "running"
    assert files.documents(begun) == DOCUMENTS


def test_its_end_takes_the_place_of_its_beginning(tmp_path: Path) -> None:
    files = HistoryFiles(tmp_path)
    begun = files.begin(run_of(), DOCUMENTS)
    changes = {"Namespace/shop": {"create": 1}}
    done = replace(begun, result="done", seconds=2.5, counts={"create": 1}, changes=changes, errors=["none"])
    files.write(done)
    assert list(files.runs()) == [done]


def test_runs_are_numbered_in_order_and_share_equal_documents(tmp_path: Path) -> None:
    files = HistoryFiles(tmp_path)
    numbers = [files.begin(run_of(), DOCUMENTS).number for _ in range(3)]
    files.begin(run_of("b" * 64), {})
    assert numbers == [1, 2, 3]
    assert len(list((tmp_path / "documents").iterdir())) == 2


def test_a_file_that_was_not_written_whole_is_left_out_and_keeps_its_number(tmp_path: Path) -> None:
    files = HistoryFiles(tmp_path)
    first = files.begin(run_of(), DOCUMENTS)
    (tmp_path / "000002.json").write_bytes(b'{"number": 2, "comm')
    assert list(files.runs()) == [first]
    assert files.begin(run_of(), DOCUMENTS).number == 3


def test_a_run_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    files = HistoryFiles(tmp_path)
    with pytest.raises(PacificError) as nothing:
        files.run(4)
    assert str(nothing.value) == (
        "the history has no such run: got 4; allowed: none: nothing was run yet; fix: see pacific history"
    )
    files.begin(run_of(), DOCUMENTS)
    files.begin(run_of(), DOCUMENTS)
    with pytest.raises(PacificError, match="allowed: 1 to 2"):
        files.run(4)


def test_documents_that_are_damaged_are_said_with_their_file(tmp_path: Path) -> None:
    files = HistoryFiles(tmp_path)
    begun = files.begin(run_of(), DOCUMENTS)
    file = tmp_path / "documents" / f"{begun.documents}.json.gz"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(PacificError) as refused:
        files.documents(begun)
    assert str(refused.value) == f"{file}: the documents of run 1 cannot be read"


def test_the_oldest_runs_go_with_the_documents_that_only_they_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MOST_RUNS", 2)
    files = HistoryFiles(tmp_path)
    files.begin(run_of("a" * 64), DOCUMENTS)
    for _ in range(3):
        files.begin(run_of("b" * 64), {})
    files.prune()
    assert files.numbers() == [3, 4]
    assert [file.name for file in (tmp_path / "documents").iterdir()] == ["b" * 64 + ".json.gz"]


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    files = HistoryFiles(tmp_path / "history")
    files.begin(run_of(), DOCUMENTS)
    modes = {file.stat().st_mode & 0o777 for file in (tmp_path / "history").rglob("*.*")}
    assert modes == {0o600}
