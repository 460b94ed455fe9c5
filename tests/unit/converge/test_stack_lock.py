"""A lock that a killed run left goes; a living run's, or another computer's, stays."""

import json
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from pacific_infra.converge.stack_lock import lock_refusal, remove_stale_locks
from pacific_infra.record import processes
from pacific_infra.record.backend import PROCESS_STARTED, BackendLock, StackFiles
from pacific_infra.record.processes import MACHINE, is_of_earlier_start, this_machine
from tests.support.paths import path_of

HOST = socket.gethostname()
WRITTEN = "2026-11-22T23:14:00.123456789+01:00"
WRITTEN_SECONDS = 1795385640.0
COMPUTER, START, NUMBERS = this_machine().split(" ")


def _lock(backend: Path, *, host: str = HOST, timestamp: str = WRITTEN) -> Path:
    folder = backend / ".pulumi" / "locks" / "organization" / "estate" / "dev"
    folder.mkdir(parents=True)
    file = folder / "abc.json"
    file.write_text(json.dumps({"pid": 4711, "username": "u", "hostname": host, "timestamp": timestamp}))
    return file


@pytest.mark.parametrize(
    ("started", "host", "removed"),
    [
        pytest.param(None, HOST, True, id="the process is gone"),
        pytest.param(WRITTEN_SECONDS - 5, HOST, False, id="the process that wrote it still runs"),
        pytest.param(WRITTEN_SECONDS + 3600, HOST, True, id="the pid was given to a later process"),
        pytest.param(None, "elsewhere", False, id="another computer's lock is not ours to judge"),
    ],
)
def test_only_a_dead_owners_lock_is_removed(tmp_path: Path, started: float | None, host: str, removed: bool) -> None:
    file = _lock(tmp_path, host=host)
    since_boot = None if started is None else started - psutil.boot_time()
    pids = remove_stale_locks(tmp_path, "estate", "dev", process_started_at=lambda pid: since_boot)
    assert (pids == [4711]) is removed
    assert file.exists() is not removed


def test_our_own_lock_stays_whatever_the_clock_says_while_its_process_runs(tmp_path: Path) -> None:
    files = StackFiles(tmp_path, "estate", "dev")
    BackendLock(files).acquire()
    (file,) = path_of(files.locks).iterdir()
    lock = json.loads(file.read_text())
    # As after a clock that was hours behind has been set: the process seems to be younger than its lock.
    file.write_text(json.dumps(lock | {"timestamp": WRITTEN}))
    assert remove_stale_locks(tmp_path, "estate", "dev") == []
    file.write_text(json.dumps(lock | {"timestamp": WRITTEN, PROCESS_STARTED: lock[PROCESS_STARTED] - 5}))
    assert remove_stale_locks(tmp_path, "estate", "dev") == [os.getpid()]


@pytest.mark.parametrize(
    ("machine", "removed"),
    [
        pytest.param(this_machine(), True, id="its process has this computer's numbers, and is gone"),
        pytest.param(f"{COMPUTER} {START} pid:[1]", False, id="a container of this computer and name"),
        pytest.param(f"another {START} {NUMBERS}", False, id="another computer of this name"),
        pytest.param(f"another before {NUMBERS}", False, id="another computer of this name, started elsewhen"),
        pytest.param(f"{COMPUTER} before pid:[1]", False, id="a container of an earlier start"),
        pytest.param("-", False, id="written by a later version"),
    ],
)
def test_a_process_that_cannot_be_seen_from_here_is_not_taken_for_dead(
    tmp_path: Path, machine: str, removed: bool
) -> None:
    files = StackFiles(tmp_path, "estate", "dev")
    BackendLock(files).acquire()
    (file,) = path_of(files.locks).iterdir()
    file.write_text(json.dumps(json.loads(file.read_text()) | {"pid": 2**22 + 1, MACHINE: machine}))
    assert bool(remove_stale_locks(tmp_path, "estate", "dev")) is removed
    if not removed:
        assert "is dead: pulumi cancel -s dev" in str(lock_refusal("estate", "dev", tmp_path, datetime.now(UTC)))


def test_no_process_of_an_earlier_start_of_this_computer_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    first = "pid:[4026531836]"
    monkeypatch.setattr(processes, "this_machine", lambda: f"computer now {first}")
    monkeypatch.setattr(processes, "_numbers", lambda: first)
    assert is_of_earlier_start(HOST, f"computer before {first}")
    assert not is_of_earlier_start(HOST, f"computer now {first}")
    assert not is_of_earlier_start("other", f"computer before {first}")
    # Without an identifier of the computer its start says nothing.
    monkeypatch.setattr(processes, "this_machine", lambda: f"- now {first}")
    assert not is_of_earlier_start(HOST, f"- before {first}")


def test_a_half_written_lock_is_left_alone(tmp_path: Path) -> None:
    file = _lock(tmp_path)
    file.write_text('{"pid": 47')
    assert remove_stale_locks(tmp_path, "estate", "dev") == []
    assert file.exists()


def test_no_locks_no_removal(tmp_path: Path) -> None:
    assert remove_stale_locks(tmp_path, "estate", "dev") == []


def test_a_lock_is_said_with_user_process_host_and_time(tmp_path: Path) -> None:
    _lock(tmp_path)
    now = datetime.fromisoformat(WRITTEN) + timedelta(minutes=12, seconds=40)
    assert str(lock_refusal("estate", "dev", tmp_path, now)) == (
        f"the stack estate/dev is locked by u: process 4711 on {HOST}, since 2026-11-22 23:14:00 (12 min): "
        "fix: wait for it to end, or end it: kill -INT 4711"
    )


def test_a_lock_of_another_computer_is_not_ended_from_here(tmp_path: Path) -> None:
    _lock(tmp_path, host="elsewhere")
    assert str(lock_refusal("estate", "dev", tmp_path, datetime.fromisoformat(WRITTEN))) == (
        "the stack estate/dev is locked by u: process 4711 on elsewhere, since 2026-11-22 23:14:00 (0 min): "
        "fix: wait for it to end; where process 4711 of elsewhere is dead: pulumi cancel -s dev"
    )


@pytest.mark.parametrize("backend", [True, False])
def test_a_lock_that_cannot_be_read_is_said_without_an_owner(tmp_path: Path, backend: bool) -> None:
    folder = tmp_path if backend else None
    assert str(lock_refusal("estate", "dev", folder, datetime.fromisoformat(WRITTEN))) == (
        "the stack estate/dev is locked by another run: "
        "fix: wait for it to end; where its process died: pulumi cancel -s dev"
    )
