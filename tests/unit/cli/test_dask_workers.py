"""The workers of a Dask cluster: two real ones on loopback, and work that stands for the convergence of a stack."""

import os
import signal
import socket
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest
from distributed import LocalCluster

from pacific_infra.cli import dask_task
from pacific_infra.cli.dask_workers import DaskWorkers
from pacific_infra.cli.fleet_run import StackWork
from pacific_infra.cli.fleet_workers import check_place
from pacific_infra.cli.main import main
from pacific_infra.cli.session import Session, begin
from pacific_infra.cli.workers import Outcome
from pacific_infra.errors import PacificError, PacificErrors
from tests.support import stack_work
from tests.support.ports import kept_port
from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[3]


@contextmanager
def cluster_of_two(folders: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
            patch.setenv(name, str(folders.mktemp(name)))
        with LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            local_directory=str(folders.mktemp("dask")),
        ) as started:
            started.wait_for_workers(2, PATIENCE)
            yield started


@contextmanager
def workers_of(cluster: LocalCluster, logs: Path) -> Iterator[DaskWorkers]:
    with DaskWorkers(cluster.scheduler_address.replace("tcp", "dask"), logs) as opened:
        yield opened


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    with cluster_of_two(tmp_path_factory) as started:
        yield started


@pytest.fixture
def workers(cluster: LocalCluster, tmp_path: Path) -> Iterator[DaskWorkers]:
    with workers_of(cluster, tmp_path / "logs") as opened:
        yield opened


@pytest.fixture
def mortal_workers(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Iterator[DaskWorkers]:
    """Workers of which the test kills one, so no other test has them: Dask does not always start another."""
    with cluster_of_two(tmp_path_factory) as started, workers_of(started, tmp_path / "logs") as opened:
        yield opened


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["init", "shop"])
    (tmp_path / "shop" / ".env").write_text("PASSWORD=hunter2")
    (tmp_path / "shop" / "password").write_text("hunter2")
    whole = begin(tmp_path / "shop", None)
    settings = {**whole.project.configuration, "pacific:passwordFile": "password"}
    project = replace(whole.project, stack="dev-web", estate="dev", configuration=settings)
    return replace(whole, project=project, operations=8)


def process_in(folder: Path) -> psutil.Process:
    """The one that ``wait_in`` has begun."""
    return psutil.Process(int(eventually(lambda: (folder / "process").read_text() or None, FileNotFoundError)))


def eventually(look: Callable[[], str | None], *expected: type[Exception]) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if (value := look()) is not None:
                return value
        except expected:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come")


def test_a_stack_is_converged_there_with_its_documents_and_files_and_no_credentials(
    workers: DaskWorkers, session: Session
) -> None:
    assert (workers.number, workers.busy, workers.names) == (2, False, ())
    workers.begin("dev-web", StackWork(session, stack_work.converge))
    assert workers.names == ("dev-web",)
    outcome = workers.wait()
    assert outcome.good
    value = outcome.value
    assert (value["stack"], value["owner"], value["operations"]) == ("dev-web", "shop/dev", 8)
    assert value["documents"] == list(session.graph.order)
    assert value["files"] == ["Pulumi.yaml", "__main__.py", "documents"]
    assert value["folder"] != str(session.project.directory)
    assert value["process"] != os.getpid()
    log = workers.log_of("dev-web")
    assert "converging dev-web\n" in eventually(lambda: log.read_text() or None)
    assert log.stat().st_mode & 0o077 == 0


def test_of_errors_and_of_a_killed_process_all_is_known(workers: DaskWorkers, session: Session) -> None:
    workers.begin("refused", StackWork(session, stack_work.refuse))
    workers.begin("killed", StackWork(session, stack_work.die))
    ends = {outcome.name: outcome for outcome in (workers.wait(), workers.wait())}
    assert [str(error) for error in ends["refused"].errors] == ["a.yaml:3: wrong: got true; allowed: b; fix: write b"]
    assert ends["killed"].lost == "its worker was killed by signal 9"


def test_two_stacks_go_on_at_a_time_and_an_interrupt_reaches_both(
    workers: DaskWorkers, session: Session, tmp_path: Path
) -> None:
    times: list[int] = []
    with workers.interruptible(times.append):
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            workers.begin(name, StackWork(session, partial(stack_work.wait_in, str(tmp_path / name))))
        assert workers.busy
        processes = [process_in(tmp_path / name) for name in ("a", "b")]
        os.kill(os.getpid(), signal.SIGINT)
        assert all(workers.wait().interrupted for _ in processes)
    assert times == [1]
    assert not workers.busy
    psutil.wait_procs(processes, timeout=PATIENCE)
    assert not any(process.is_running() for process in processes)


def lose_worker(workers: DaskWorkers, process: psutil.Process) -> Outcome:
    """Kill the Dask worker that has begun ``process``."""
    worker = next(parent for parent in process.parents() if "multiprocessing" in " ".join(parent.cmdline()))
    worker.kill()
    return workers.wait()


def test_a_worker_that_is_dead_is_told_when_its_process_is_gone(
    mortal_workers: DaskWorkers, session: Session, tmp_path: Path
) -> None:
    mortal_workers.begin("dev-web", StackWork(session, partial(stack_work.wait_in, str(tmp_path))))
    process = process_in(tmp_path)
    outcome = lose_worker(mortal_workers, process)
    assert outcome.lost is not None
    assert outcome.lost.endswith(f" on {socket.gethostname()} is dead")
    assert not process.is_running()


def test_a_worker_that_is_cut_off_and_works_on_is_left_alone(
    mortal_workers: DaskWorkers, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pacific_infra.cli.dask_workers.END_OF_PROCESS", 1.0)
    mortal_workers.begin("dev-web", StackWork(session, partial(stack_work.hold_out_in, str(tmp_path))))
    process = process_in(tmp_path)
    outcome = lose_worker(mortal_workers, process)
    (error,) = outcome.errors
    assert outcome.lost is None
    assert f"on {socket.gethostname()} is cut off, and still works on it: process " in str(error)
    assert str(process.pid) in str(error)
    assert process.is_running()
    (tmp_path / "go").touch()
    psutil.wait_procs([process], timeout=PATIENCE)


def test_a_worker_that_no_other_can_speak_of_is_not_taken_for_dead(
    mortal_workers: DaskWorkers, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pacific_infra.cli.dask_workers.PATIENCE", 0.0)
    monkeypatch.setattr(DaskWorkers, "_neighbour", lambda *_: None)
    mortal_workers.begin("dev-web", StackWork(session, partial(stack_work.wait_in, str(tmp_path))))
    outcome = lose_worker(mortal_workers, process_in(tmp_path))
    (error,) = outcome.errors
    assert "is lost, and no other worker of that machine can say whether it is dead" in str(error)
    assert error.fix == (
        "start a worker there and run the same command again; where the machine is off: pulumi cancel -s dev-web, "
        "then the same"
    )


def test_without_its_scheduler_a_run_ends(workers: DaskWorkers, session: Session, tmp_path: Path) -> None:
    workers.begin("dev-web", StackWork(session, partial(stack_work.wait_in, str(tmp_path))))
    process_in(tmp_path)
    workers._client.close()  # as it does itself when the scheduler does not answer for some seconds
    (error,) = workers.wait().errors
    assert error.problem.startswith(f"the scheduler {workers.place} no longer answers; the worker tcp://127.0.0.1:")
    assert error.fix == "start it again, and run the same command"
    assert (workers.names, workers.busy) == ((), True)
    (tmp_path / "go").touch()


def test_workers_that_cannot_do_the_work_are_named_before_any_begins(
    workers: DaskWorkers, session: Session, tmp_path: Path
) -> None:
    salt, nonce, proof = (b64encode(bytes(size)).decode() for size in (8, 12, 22))
    (tmp_path / "shop" / "Pulumi.dev.yaml").write_text(f"encryptionsalt: v1:{salt}:v1:{nonce}:{proof}\n")
    with pytest.raises(PacificErrors) as errors:
        workers.check(session, tmp_path / "backend")
    problems = {error.problem: error.fix for error in errors.value.errors}
    assert problems == {
        "its state is another one than that of the estate": "set PULUMI_BACKEND_URL as here before the worker is "
        "started",
        "it has another passphrase than the estate": "set PULUMI_CONFIG_PASSPHRASE_FILE as here before the worker is "
        "started",
        **({"it has no engine": "pacific toolchain install there"} if "it has no engine" in problems else {}),
    }
    assert len({error.place for error in errors.value.errors}) == 2


def test_a_scheduler_that_does_not_answer_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pacific_infra.cli.dask_workers.PATIENCE", 1.0)
    with kept_port() as port, pytest.raises(PacificError) as error:
        DaskWorkers(address := f"dask://127.0.0.1:{port}", tmp_path)
    assert error.value.problem.startswith("no Dask scheduler answers: ")
    assert error.value.value == address


@pytest.mark.parametrize(
    "place",
    [
        "ray://127.0.0.1",
        "dask://",
        "127.0.0.1:8786",
        "dask://host",
        "dask://[::1:1",
        "dask://host:99999",
        "dask://host:1/a",
    ],
)
def test_another_place_is_refused(place: str) -> None:
    with pytest.raises(PacificError) as error:
        check_place(place)
    assert str(error.value) == (f"--on: stacks cannot be converged there: got '{place}'; allowed: dask://HOST:PORT")


def test_files_of_a_project_that_are_too_large_are_refused(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_task, "MOST_BYTES", 2**20)
    (session.project.directory / "image").write_bytes(os.urandom(2 * 2**20))
    with pytest.raises(PacificError) as error:
        dask_task.packed(session.project)
    assert str(error.value) == (
        f"{session.project.directory}: the project's files are too large to be sent to workers: allowed: 1 MiB packed; "
        "fix: move what no document needs out of the folder, or name it with a dot in front"
    )
