"""A process is told from a later one of its number, whatever the clock says."""

import os

import psutil
import pytest

from pacific_infra.record.processes import started_at, still_runs


def test_a_process_that_is_not_there_was_not_started() -> None:
    assert started_at(2**22 + 1) is None
    assert not still_runs(2**22 + 1, 5.0)


def test_a_clock_that_is_set_makes_no_other_process(monkeypatch: pytest.MonkeyPatch) -> None:
    pid, hour = os.getpid(), 3600
    before = started_at(pid)
    assert before is not None
    created, booted = psutil.Process(pid).create_time(), psutil.boot_time()
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: created + hour)
    monkeypatch.setattr(psutil, "boot_time", lambda: booted + hour)
    assert still_runs(pid, before)
    assert not still_runs(pid, before - 1)
