"""Runs the stacks of an estate, each in a process of its own, in the order in which they need each other."""

import contextlib
import io
import json
import os
from collections.abc import Callable, Collection, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from typing import Any

from pacific_infra.cli.fleet import Fleet
from pacific_infra.cli.result import clock, progress_console
from pacific_infra.cli.session import Session
from pacific_infra.cli.workers import Outcome, Workers
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph
from pacific_infra.graph.stack_queue import StackQueue
from pacific_infra.settings import OWNER
from pacific_infra.steady_time import steady_time

ATTEMPTS = 3
"""Times that the work of a stack is begun whose worker is killed."""
Work = Callable[[], Any]
_LISTED = 5


@dataclass
class StackRuns:
    """How the runs of the stacks went."""

    begun: float = field(default_factory=steady_time)
    values: dict[str, Any] = field(default_factory=dict)
    """What the work of each stack returned that was done."""
    errors: dict[str, tuple[PacificError, ...]] = field(default_factory=dict)
    """The errors of each stack that failed."""
    stopped: dict[str, str] = field(default_factory=dict)
    """Stacks that were not begun, each with the failed one that it needs."""
    interrupted: bool = False

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return steady_time() - self.begun


def run_stacks(
    fleet: Fleet,
    stacks: DependencyGraph,
    work: Callable[[str], Work | None],
    workers: Workers,
    *,
    done: Callable[[str, Any], str],
    stops_none: Collection[str] = (),
) -> StackRuns:
    """Run ``work`` of each stack after that of those that it needs; None: there is none for this stack.

    ``done`` takes what came of it, says it in a line, and raises PacificError where it is a failure all the same. A
    stack that fails stops only those that need it, and one of ``stops_none`` not even those. A worker that is killed is
    begun again.
    """
    session = fleet.session
    costs = {stack: float(len(fleet.partition.members.get(stack, ())) + 1) for stack in stacks.order}
    queue, runs, attempts = StackQueue(stacks, costs), StackRuns(), dict[str, int]()

    def say(text: str) -> None:
        session.remark(f"[{clock(runs.seconds)}] {text}")

    def begin(stack: str) -> None:
        task = work(stack)
        if task is None:
            queue.done(stack)
            return
        attempts[stack] = attempts.get(stack, 0) + 1
        say(f"{stack}: begins")
        workers.begin(stack, task)

    def on_interrupt(times: int) -> None:
        say(
            "stopping: no stack begins any more, and those that run break off what is in flight; interrupt again to "
            "end at once"
            if times == 1
            else "ended at once: the next up looks at what was in flight"
        )

    with workers.interruptible(on_interrupt):
        while True:
            while not workers.interrupts and not workers.busy and (stack := queue.next()) is not None:
                begin(stack)
            if not workers.names:
                break
            outcome = workers.wait()
            if outcome.lost is not None and not workers.interrupts and attempts[outcome.name] < ATTEMPTS:
                say(f"{outcome.name}: {outcome.lost}; it is begun again")
                begin(outcome.name)
                continue
            if _take_in(outcome, runs, done, say) or outcome.name in stops_none:
                queue.done(outcome.name)
            else:
                _stop_others(outcome.name, queue, say)
    runs.interrupted = workers.interrupts > 0
    _give_up(queue, runs, say)
    runs.stopped = dict(queue.stopped)
    return runs


def _give_up(queue: StackQueue, runs: StackRuns, say: Callable[[str], None]) -> None:
    """Note for all that could begin that it does not, since all workers are gone."""
    while not runs.interrupted and (stack := queue.next()) is not None:
        fix = "start workers again, and run the same command"
        runs.errors[stack] = (PacificError("no worker is left that could do it", fix=fix),)
        _stop_others(stack, queue, say)


def _stop_others(failed: str, queue: StackQueue, say: Callable[[str], None]) -> None:
    before = set(queue.stopped)
    queue.failed(failed)
    if waiting := sorted(set(queue.stopped) - before):
        say(f"{failed}: {len(waiting)} need it and are not begun: {', '.join(waiting[:_LISTED])}")


def _take_in(outcome: Outcome, runs: StackRuns, done: Callable[[str, Any], str], say: Callable[[str], None]) -> bool:
    """Note how the run of a stack ended; whether it is as it should be."""
    stack, errors = outcome.name, outcome.errors
    if outcome.lost is not None:
        errors = (PacificError(outcome.lost, fix="run the same command again"),)
    elif outcome.interrupted:
        errors = (PacificError("it was interrupted"),)
    if not errors:
        try:
            text = done(stack, outcome.value)
        except PacificError as failure:
            errors = (failure,)
        else:
            runs.values[stack] = outcome.value
            say(f"{stack}: done in {clock(outcome.seconds)}: {text}")
            return True
    runs.errors[stack] = errors
    say(f"{stack}: failed after {clock(outcome.seconds)}")
    return False


@dataclass(frozen=True)
class StackWork:
    """Work with a session of a stack, as it is in a process of its own."""

    session: Session
    work: Callable[[Session], Any]
    """A function of a module, so that it can be sent to another machine."""

    def __call__(self) -> Any:
        """Do it here."""
        # By it the provider and the components know whose the objects are.
        os.environ[OWNER] = self.session.project.owner
        return self.work(replace(self.session, console=progress_console(), begun=steady_time()))


def json_of(command: Callable[[], object]) -> Mapping[str, Any]:
    """What a command prints as JSON, also where it ends the process then."""
    output = io.StringIO()
    with redirect_stdout(output), contextlib.suppress(SystemExit):
        command()
    document: Mapping[str, Any] = json.loads(output.getvalue())
    return document
