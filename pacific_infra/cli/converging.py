"""Runs an operation of the engine with its progress shown, and reports how it went."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

import typer
from pulumi.automation import EngineEvent

from pacific_infra.cli.notifying import Errands, send_trace, tell_of_run, wait_for
from pacific_infra.cli.progress_display import ProgressDisplay
from pacific_infra.cli.result import clock, counts_text, day_and_time, print_json
from pacific_infra.cli.session import Session
from pacific_infra.cli.watching import live_reasons, watching
from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.engine_errors import (
    TIMED_OUT,
    Failure,
    explain_timeouts,
    failure_error,
    in_plain_words,
    unsummarized,
)
from pacific_infra.converge.engine_failures import EngineFailed, OnEvent
from pacific_infra.converge.history import Intent, RunEnd, last_good
from pacific_infra.converge.live_progress import publishing
from pacific_infra.converge.progress import NodeState, Progress, Reason
from pacific_infra.converge.stack import EstateStack
from pacific_infra.converge.tracing import Trace
from pacific_infra.converge.transient import are_transient, wants_login
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph
from pacific_infra.graph.critical_path import Schedule
from pacific_infra.plan.durations import History, remaining
from pacific_infra.steady_time import steady_time

PAUSES = (3, 10)
"""Seconds before an operation with transient failures is run again."""


@dataclass(frozen=True)
class Converged:
    """How an operation went."""

    progress: Progress
    seconds: float
    error: EngineFailed | None
    interrupted: bool
    errands: Errands = field(default_factory=dict)
    """What is told of it, and not yet known to be there."""

    @property
    def result(self) -> Literal["done", "failed", "interrupted"]:
        """How it went, in one word."""
        return "interrupted" if self.interrupted else "failed" if self.error else "done"

    @property
    def summary(self) -> str:
        """``2 created, 1 updated``."""
        return counts_text(self.progress.counts) or (
            "nothing was done" if self.error or self.interrupted else "nothing to do"
        )


def converge(
    session: Session,
    stack: EstateStack,
    title: str,
    operation: Callable[[OnEvent], None],
    intent: Intent,
    *,
    recorded: Sequence[Recorded] = (),
    expected: str = "create",
    only: Collection[str] | None = None,
    planned: Mapping[str, str] | None = None,
    started: float | None = None,
) -> Converged:
    """Run ``operation`` (the stack's up or destroy), progress on standard error; an interrupt ends it gracefully. The
    run is written into the stack's history as ``intent``.

    ``recorded``: the stack's resources before it. ``expected``: what it does to most nodes, by which the time that is
    left is estimated. ``only``: the nodes that it concerns; None: all. ``planned``: as for Progress. ``started``: when
    the command began.
    """
    concerned = frozenset(session.graph.declared if only is None else only)
    waves = [[node for node in wave if node in concerned] for wave in session.graph.waves]
    progress = Progress([wave for wave in waves if wave], planned)
    dependencies = {node: session.graph.needs(node) for node in progress.nodes}
    name = f"{title} {session.name}"
    history = History.read(session.durations_file)

    def left(now: float) -> Schedule | None:
        return _left(session.graph, progress, history, now, expected)

    display = ProgressDisplay(name, progress, dependencies, session.console, left=left, started=started)

    def on_interrupt(times: int) -> None:
        progress.interrupted = True
        display.note(
            "stopping: nothing more begins, and what is in flight is broken off; the next plan, up or status looks at "
            "it; interrupt again to end at once"
            if times == 1
            else "ended at once: the next plan, up or status looks at what was in flight"
        )

    reasons = live_reasons(session, stack, recorded)
    trace, begun = Trace() if session.settings.traced else None, steady_time()

    def on_event(event: EngineEvent, now: float) -> None:
        reasons.event(event, now)
        if trace is not None:
            trace.event(event, now)
        display.event(event, now)

    def tell(known: Mapping[str, Reason]) -> None:
        display.explain({urn: _with_limit(session.graph, progress, urn, reason) for urn, reason in known.items()})

    with session.history.running(intent, session.project) as end:
        with (
            stack.process.interrupted_by_signals(on_interrupt),
            display.running(),
            publishing(session.history.files.local, lambda: {"run": end.number, **display.snapshot()}),
            watching(reasons, tell),
        ):
            error = _run(stack, partial(operation, on_event), progress, display)
        ended = steady_time()
        progress.add_reasons()
        if error is None:
            progress.finish()
        elif any(TIMED_OUT in failure.message for failure in progress.failures):
            progress.failures = explain_timeouts(progress.failures, stack.resources())
        remember(progress, history, session.durations_file)
        converged = Converged(progress, display.elapsed, error, interrupted=stack.process.interrupts > 0)
        _say_how_it_ended(session, converged, end)
    command = intent.command if intent.rollback_to is None else f"rollback {intent.rollback_to}"
    errands = dict(tell_of_run(session, stack, command, converged))
    if trace is not None:
        attributes = {"pacific.stack": session.name, "pacific.command": command, "pacific.result": converged.result}
        failed = converged.result != "done"
        root = trace.whole(f"pacific {command}", begun, ended, attributes, failed=failed)
        errands |= send_trace(session, root)
    return replace(converged, errands=errands)


def _say_how_it_ended(session: Session, converged: Converged, end: RunEnd) -> None:
    progress = converged.progress
    end.result = converged.result
    end.counts = progress.counts
    end.changes = {name: node.changes for name, node in progress.nodes.items() if node.changes}
    if converged.error is not None and not converged.interrupted:
        end.errors += map(str, _errors(session, progress) or [converged.error])


def _run(
    stack: EstateStack, operation: Callable[[], None], progress: Progress, display: ProgressDisplay
) -> EngineFailed | None:
    """Run ``operation``, again where its failures will pass; how it failed at last, None where it did not."""
    logged_in_again = False
    for pause in (*PAUSES, None):
        error = None
        try:
            operation()
        except EngineFailed as failed:
            error = failed
        if error is None or pause is None or stack.process.interrupts:
            break
        if not are_transient(progress.failures, logged_in_again=logged_in_again):
            break
        login = any(wants_login(failure.message) for failure in progress.failures)
        why = "that want another login" if login else "that will pass"
        display.note(f"{_count(progress.failures)} of the Kubernetes API {why}; again in {pause} s")
        logged_in_again = logged_in_again or login
        time.sleep(pause)
        if stack.process.interrupts:
            break
        progress.again()
    return error


def _with_limit(graph: DependencyGraph, progress: Progress, urn: str, reason: Reason) -> Reason:
    """The reason; where it is a quota, with the line that has the limit."""
    document = graph.estate.by_id.get(progress.node_of(Failure(urn, "")) or "") if reason.quota else None
    namespace = graph.estate.by_id.get(f"Namespace/{document.namespace}") if document is not None else None
    if namespace is None:
        return reason
    limit = namespace.place(("spec", "objectCounts"))
    return replace(reason, text=f"{reason.text}; fix: raise the limit at {limit}, or ask for less")


def nothing_done() -> Converged:
    """How it went where there was nothing to do, and no engine was started."""
    return Converged(Progress([]), 0.0, None, interrupted=False)


def _left(graph: DependencyGraph, progress: Progress, history: History, now: float, expected: str) -> Schedule | None:
    """What is left by what earlier runs took; None where a node of a kind was never measured."""
    over = (NodeState.DONE, NodeState.FAILED)
    undone = [node for node in graph.order if node in progress.nodes and progress.nodes[node].state not in over]
    if any(not history.estimate(node, expected).samples for node in undone):
        return None
    spent = {node: now - started for node in undone if (started := progress.nodes[node].started) is not None}
    return remaining(graph, spent, undone, history, expected) if spent else None


def remember(progress: Progress, history: History, file: Path) -> None:
    """Keep in ``file`` how long each document took, for later forecasts."""
    for name, node in progress.nodes.items():
        if node.state is NodeState.DONE and node.changes and node.started and node.finished:
            operation = next(
                (candidate for candidate in ("create", "replace", "delete") if candidate in node.changes), "update"
            )
            history.add(name, operation, node.finished - node.started)
    with suppress(OSError):  # an estimate is not worth an error
        history.write(file)


def report(session: Session, result: Converged, *, json_output: bool, command: str, next_steps: Sequence[str]) -> None:
    """Print the short summary; ends the process with 1 after a failure, 130 after an interrupt."""
    if json_output:
        print_json("converge", _as_json(result))
    else:
        _print_failures(session, result)
        typer.echo(f"{result.result} in {clock(result.seconds)}: {result.summary}")
        if result.error is None and not result.interrupted:
            for step in next_steps:
                typer.echo(f"  next: {step}")
        else:
            typer.echo(f"  next: {session.command(command)} goes on from here")
            if command == "up" and (good := last_good([*session.history.files.runs()])) is not None:
                back = session.command(f"rollback {good.number}")
                typer.echo(f"  next: {back} goes back to the documents of {day_and_time(good.began)}")
    wait_for(session, result.errands)
    if result.interrupted:
        raise SystemExit(130)
    if result.error is not None:
        raise SystemExit(1)


def _print_failures(session: Session, result: Converged) -> None:
    for warning in result.progress.warnings:
        session.remark(f"warning: {warning}")
    if result.error is None or result.interrupted:
        return
    errors = _errors(session, result.progress)
    for error in errors:
        session.remark(f"error: {error}")
    if not errors:
        session.remark(f"error: {result.error}")


def _errors(session: Session, progress: Progress) -> list[PacificError]:
    """What failed, each once, with the document's place."""
    errors: dict[str, PacificError] = {}
    for failure in unsummarized(progress.failures):
        document = session.graph.estate.by_id.get(progress.node_of(failure) or "")
        error = failure_error(progress.name_of(failure) or session.project.stack, failure, document)
        errors.setdefault(str(error), error)
    return list(errors.values())


def _as_json(result: Converged) -> dict[str, object]:
    progress = result.progress
    return {
        "version": 1,
        "result": result.result,
        "seconds": round(result.seconds, 1),
        "changes": progress.counts,
        "nodes": {
            name: {
                "state": node.state.value,
                "changes": node.changes,
                "seconds": round(node.finished - node.started, 1) if node.finished and node.started else None,
                **({"message": node.message} if node.state is NodeState.FAILED else {}),
            }
            for name, node in progress.nodes.items()
        },
        "errors": [
            {"urn": failure.urn, "node": progress.node_of(failure), "message": in_plain_words(failure.message)[0]}
            for failure in unsummarized(progress.failures)
        ]
        or ([{"urn": None, "node": None, "message": str(result.error)}] if result.error else []),
    }


def _count(failures: Sequence[Failure]) -> str:
    number = len({failure.urn for failure in failures if failure.urn})
    return "a failure" if number == 1 else f"{number} failures"
