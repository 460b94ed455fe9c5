"""The workers of a Dask cluster, as ``pacific`` uses them. Needs the extra ``dask``.

Which stack is next is decided here, as for processes of this computer; the cluster says which workers there are and
does one piece of work on one of them. A worker that is lost is not dead for that: its work is begun elsewhere only when
another worker of the same machine has seen that its process is gone.
"""

import contextlib
import queue
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import yaml
from distributed import Client, Future, KilledWorker, get_worker

from pacific_infra.cli import dask_task
from pacific_infra.cli.dask_scheduler import scheduler_address
from pacific_infra.cli.dask_task import Facts, Order, Place
from pacific_infra.cli.fleet_run import StackWork
from pacific_infra.cli.session import Session
from pacific_infra.cli.workers import Outcome
from pacific_infra.converge.interrupts import interrupts_to
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.record.bucket import BackendFile, write_new
from pacific_infra.steady_time import steady_time

PATIENCE = 30.0
"""Seconds that the cluster has to answer, to have a worker, and to start one again that ended."""
END_OF_PROCESS = 60.0
"""Seconds that the process of a lost worker has to break off."""
LOOK = 1.0
"""Seconds between two looks at whether the workers are there."""


@dataclass
class _Running:
    order: Order
    worker: str
    """Its address."""
    place: Place
    future: Future[Outcome]
    begun: float = field(default_factory=steady_time)


class DaskWorkers:
    """At most one piece of work for each thread of the cluster's workers."""

    def __init__(self, place: str, logs: Path, most: int | None = None) -> None:
        """``place``: ``dask://HOST:PORT``. ``logs``: where the output of the work is written, a file each. ``most``:
        pieces at a time; None: as many as there are threads. Raises PacificError where no scheduler answers.
        """
        self.place, self.logs, self.interrupts = place, logs, 0
        self._most, self._topic = most, f"pacific-{uuid.uuid4()}"
        self._running: dict[str, _Running] = {}
        self._ended: queue.Queue[str] = queue.Queue()
        self._places: dict[str, Place] = {}
        self._files: bytes | None = None
        logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._address = scheduler_address(place, PATIENCE)
        try:
            self._client = Client(self._address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            fix = "start the scheduler with the version of Dask that is installed here"
            raise PacificError(
                f"the Dask scheduler cannot be used: {error}", place="--on", value=place, fix=fix
            ) from None
        self._client.subscribe_topic(self._topic, self._take_output)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def check(self, session: Session, backend: BackendFile) -> None:
        """Raises PacificErrors with what keeps workers from doing this estate's work."""
        deadline = time.monotonic() + PATIENCE
        while not self._threads():
            if time.monotonic() > deadline:
                fix = f"dask worker {self._address}; where one was started, its output says what keeps it away"
                raise PacificError("the cluster has no workers", place=self.place, fix=fix)
            time.sleep(LOOK)
        mark = backend / ".pulumi" / "pacific-tries" / f"{uuid.uuid4()}.json"
        write_new(mark, b"{}")
        key = f".pulumi/pacific-tries/{mark.name}"
        try:
            known: Mapping[str, Facts | BaseException] = self._client.run(
                dask_task.facts, session.project.backend_url, key, _salt(session), on_error="return"
            )
        finally:
            mark.unlink(missing_ok=True)
        problems = [problem for worker, facts in known.items() for problem in _problems(worker, facts, session)]
        if problems:
            raise PacificErrors(problems)

    @property
    def number(self) -> int:
        """Pieces of work at a time, with the workers that there are now."""
        threads = sum(self._threads().values())
        return max(1, min(threads, self._most or threads))

    @property
    def busy(self) -> bool:
        """Whether no other can begin. Where nothing goes on, it waits for a worker: one that ended is started again."""
        deadline = time.monotonic() + PATIENCE
        while not self._running and self._answers and self._free_worker() is None and time.monotonic() < deadline:
            time.sleep(LOOK)
        return len(self._running) >= self.number or self._free_worker() is None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the work that goes on."""
        return tuple(self._running)

    def log_of(self, name: str) -> Path:
        """The file with the output of a piece of work."""
        return self.logs / f"{name}.log"

    def begin(self, name: str, work: Callable[[], Any]) -> None:
        """Send ``work``, a StackWork, to a worker that has a thread free."""
        if not isinstance(work, StackWork):
            raise TypeError("only the work of a stack can be sent")
        session, worker = work.session, self._free_worker()
        if worker is None:
            raise RuntimeError("no worker is free: see busy")
        if self._files is None:
            self._files = dask_task.packed(session.project)
        content = dask_task.sent(session.graph, session.operations, work.work)
        key = f"{self._topic}-{name}-{uuid.uuid4()}"
        order = Order(name, session.project, self._files, key, content)
        self.log_of(name).write_bytes(b"")
        self.log_of(name).chmod(0o600)
        # On this worker alone: Dask would begin it elsewhere when it loses the worker, dead or not.
        future = self._client.submit(_do, order, self._topic, key=key, pure=False, workers=[worker])
        self._running[name] = _Running(order, worker, self._places[worker], future)
        future.add_done_callback(lambda _: self._ended.put(name))

    def wait(self) -> Outcome:
        """Wait until one ends, or its worker is lost."""
        while True:
            with contextlib.suppress(queue.Empty):
                name = self._ended.get(timeout=LOOK)
                if name in self._running and self._running[name].future.done():
                    return self._outcome(self._running.pop(name))
            present = self._threads()
            for name, running in self._running.items():
                if running.worker not in present:
                    return self._lost(self._running.pop(name))

    @contextmanager
    def interruptible(self, on_interrupt: Callable[[int], object]) -> Iterator[None]:
        """In the block SIGINT and SIGTERM are handed on to the work on all workers."""

        def handle() -> None:
            self.interrupts += 1
            # In a thread: what the signal has interrupted may be in the middle of speaking to the cluster.
            threading.Thread(target=self._interrupt, daemon=True).start()
            on_interrupt(self.interrupts)

        with interrupts_to(handle):
            yield

    def _interrupt(self) -> None:
        workers = [running.worker for running in self._running.values()]
        self._client.run(dask_task.interrupt, list(self._running), workers=workers, on_error="ignore")

    def _threads(self) -> Mapping[str, int]:
        """The threads of each worker that the scheduler knows, by address."""
        try:
            workers = self._client.scheduler_info(n_workers=-1).get("workers") or {}
        except (OSError, RuntimeError):  # the client has been closed, as it is when the scheduler does not answer
            return {}
        return {address: int(worker["nthreads"]) for address, worker in workers.items()}

    @property
    def _answers(self) -> bool:
        """Whether the scheduler does, or may again: the client gives it some seconds to."""
        return self._client.status not in ("closed", "closing")

    def _free_worker(self) -> str | None:
        """The one with the most threads free."""
        busy = Counter(running.worker for running in self._running.values())
        free = {
            address: threads - busy[address]
            for address, threads in self._threads().items()
            if self._place_of(address) is not None
        }
        chosen = max(free, key=lambda address: free[address], default=None)
        return chosen if chosen is not None and free[chosen] > 0 else None

    def _place_of(self, worker: str) -> Place | None:
        """Where the worker of an address runs; None: it is gone."""
        if worker not in self._places:
            self._places |= self._client.run(dask_task.place, on_error="ignore")
        return self._places.get(worker)

    def _take_output(self, event: tuple[float, Mapping[str, Any]]) -> None:
        _, part = event
        with self.log_of(part["name"]).open("ab") as log:
            log.write(part["output"])

    def _outcome(self, running: _Running) -> Outcome:
        """How work ended whose task has ended."""
        if running.future.status == "finished":
            return running.future.result()
        if running.future.status == "error":
            name, error = running.order.name, running.future.exception()
            if isinstance(error, KilledWorker):
                return self._lost(running)
            problem = PacificError(f"{self._named(running)} failed: {type(error).__name__}: {error}")
            return Outcome(name, steady_time() - running.begun, errors=(problem,))
        return self._lost(running)

    def _lost(self, running: _Running) -> Outcome:
        """How work ended whose worker the scheduler has lost: the worker is dead, or only cut off."""
        name = running.order.name
        with contextlib.suppress(OSError, RuntimeError):
            running.future.cancel()
        deadline = time.monotonic() + PATIENCE
        while (neighbour := self._neighbour(running)) is None:
            if not self._answers:
                return self._without_scheduler(running)
            if time.monotonic() > deadline:
                return self._unknown(running)
            time.sleep(LOOK)
        try:
            alive = self._client.run(
                dask_task.still_working, running.order, running.place, END_OF_PROCESS, workers=[neighbour]
            )[neighbour]
        except (OSError, KeyError, PacificError):
            return self._unknown(running)
        if not alive:
            return Outcome(name, steady_time() - running.begun, lost=f"{self._named(running)} is dead")
        problem = PacificError(
            f"{self._named(running)} is cut off, and still works on it: process {', '.join(map(str, alive))}",
            fix="wait for it to end, or end it there: kill -INT; then run the same command again",
        )
        return Outcome(name, steady_time() - running.begun, errors=(problem,))

    def _neighbour(self, running: _Running) -> str | None:
        """Another worker of the same machine."""
        for worker in self._threads():
            place = self._place_of(worker)
            if worker != running.worker and place is not None and place.machine == running.place.machine:
                return worker
        return None

    def _unknown(self, running: _Running) -> Outcome:
        stack = running.order.project.stack
        problem = PacificError(
            f"{self._named(running)} is lost, and no other worker of that machine can say whether it is dead",
            fix="start a worker there and run the same command again; where the machine is off: "
            f"pulumi cancel -s {stack}, then the same",
        )
        return Outcome(running.order.name, steady_time() - running.begun, errors=(problem,))

    def _without_scheduler(self, running: _Running) -> Outcome:
        problem = PacificError(
            f"the scheduler {self.place} no longer answers; {self._named(running)} breaks off without it",
            fix="start it again, and run the same command",
        )
        return Outcome(running.order.name, steady_time() - running.begun, errors=(problem,))

    def _named(self, running: _Running) -> str:
        return f"the worker {running.worker} on {running.place.host}"


def _do(order: Order, topic: str) -> Outcome:
    """On a worker: do the work, and send its output."""
    worker = get_worker()
    return dask_task.do(order, lambda part: worker.log_event(topic, {"name": order.name, "output": part}))


def _salt(session: Session) -> str | None:
    file = session.project.stack_settings
    salt = (yaml.safe_load(file.read_text()) or {}).get("encryptionsalt") if file.is_file() else None
    return None if salt is None else str(salt)


def _problems(worker: str, known: Facts | BaseException, session: Session) -> Iterator[PacificError]:
    if not isinstance(known, Facts):
        fix = f"pip install there what is installed here: {dask_task.versions()}"
        yield PacificError(f"it cannot do the work: {type(known).__name__}: {known}", place=worker, fix=fix)
        return
    if known.versions != dask_task.versions():
        yield PacificError(
            "it has other versions than this computer", place=worker, value=known.versions, allowed=dask_task.versions()
        )
    if not known.installed:
        yield PacificError("it has no engine", place=worker, fix="pacific toolchain install there")
    if known.problem is not None:
        yield PacificError(f"it does not reach the state: {known.problem}", place=worker)
    elif not known.sees_backend:
        fix = "set PULUMI_BACKEND_URL as here before the worker is started"
        yield PacificError("its state is another one than that of the estate", place=worker, fix=fix)
    if not known.knows_passphrase:
        fix = "set PULUMI_CONFIG_PASSPHRASE_FILE as here before the worker is started"
        yield PacificError("it has another passphrase than the estate", place=worker, fix=fix)
    if session.sandboxed and known.machine != dask_task.place().machine:
        fix = "name a vCenter in the stack's configuration, or use workers of this computer"
        yield PacificError("it does not reach the sandbox, which is this computer's", place=worker, fix=fix)
