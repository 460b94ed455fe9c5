"""The progress of a run in a file, for those who follow it elsewhere."""

from pathlib import Path

from pacific_infra.converge.live_progress import NAME, published, publishing
from tests.support.waiting import wait_until


def wait_for(folder: Path, summary: str) -> None:
    wait_until(summary, lambda: (published(folder) or {}).get("summary") == summary)


def test_it_is_there_while_the_run_lasts_and_then_gone(tmp_path: Path) -> None:
    progress = {"summary": "1 of 2"}
    assert published(tmp_path) is None
    with publishing(tmp_path, lambda: dict(progress)):
        wait_for(tmp_path, "1 of 2")
        progress["summary"] = "2 of 2"
        wait_for(tmp_path, "2 of 2")
        assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    assert published(tmp_path) is None


def test_a_run_goes_on_where_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "live").write_text("a file where the folder would be")
    with publishing(tmp_path, lambda: {"summary": "1 of 2"}):
        pass
    assert published(tmp_path) is None


def test_half_a_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    (tmp_path / NAME).write_bytes(b'{"summary": ')
    assert published(tmp_path) is None
