"""Work in processes of its own: what comes of it, and what is known of one that is killed or interrupted."""

import os
import signal
import time
from pathlib import Path

import pytest

from pacific_infra.cli.workers import LocalWorkers
from pacific_infra.errors import PacificError, PacificErrors


@pytest.fixture
def workers(tmp_path: Path) -> LocalWorkers:
    return LocalWorkers(2, tmp_path / "logs")


def test_what_the_work_returns_comes_back_and_its_output_is_in_a_file(workers: LocalWorkers) -> None:
    def work() -> tuple[int, int]:
        print("at work")  # noqa: T201 - output of a worker
        return os.getpid(), 42

    workers.begin("a", work)
    outcome = workers.wait()
    assert outcome.good
    assert outcome.value[0] != os.getpid()
    assert outcome.value[1] == 42
    assert workers.log_of("a").read_text() == "at work\n"


def test_errors_come_back_in_full(workers: LocalWorkers) -> None:
    def refuse() -> None:
        raise PacificErrors([PacificError("wrong", place="a.yaml:3", value=True, allowed="b", fix="write b")])

    workers.begin("a", refuse)
    outcome = workers.wait()
    assert not outcome.good
    assert [str(error) for error in outcome.errors] == ["a.yaml:3: wrong: got true; allowed: b; fix: write b"]


def test_what_nobody_expects_is_said_with_the_file_that_has_it(workers: LocalWorkers) -> None:
    def fail() -> None:
        raise ValueError("no such thing")

    workers.begin("a", fail)
    log = workers.log_of("a")
    assert [str(error) for error in workers.wait().errors] == [
        f"it failed unexpectedly: ValueError: no such thing: fix: see {log}"
    ]
    assert "Traceback" in log.read_text()


def test_of_a_killed_one_the_signal_is_known(workers: LocalWorkers) -> None:
    workers.begin("a", lambda: os.kill(os.getpid(), signal.SIGKILL))
    assert workers.wait().lost == "its worker was killed by signal 9"


def test_two_are_at_work_at_a_time(workers: LocalWorkers) -> None:
    workers.begin("a", lambda: time.sleep(30))
    assert not workers.busy
    workers.begin("b", lambda: 1)
    assert workers.busy
    assert workers.wait().name == "b"
    assert workers.names == ("a",)
    with workers.interruptible(lambda _times: None):
        os.kill(os.getpid(), signal.SIGINT)
        outcome = workers.wait()
    assert outcome.interrupted
    assert workers.interrupts == 1
