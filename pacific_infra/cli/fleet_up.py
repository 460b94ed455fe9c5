"""``plan``, ``up`` and ``down`` of an estate in several stacks."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import typer

from pacific_infra.cli.fleet import Fleet
from pacific_infra.cli.fleet_moves import move_documents
from pacific_infra.cli.fleet_plan import plan_stacks, planned_stacks
from pacific_infra.cli.fleet_run import StackRuns, StackWork, json_of, run_stacks
from pacific_infra.cli.fleet_workers import fleet_workers
from pacific_infra.cli.plan import assess_documents, check_fit, print_plan, print_verdicts, unmet_needs_of
from pacific_infra.cli.result import clock, counts_text, print_json
from pacific_infra.cli.session import Session
from pacific_infra.cli.unchanged import LastRun
from pacific_infra.cli.up import UpOptions, plan_and_converge
from pacific_infra.cli.workers import Workers
from pacific_infra.converge.history import Intent, RunEnd
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph.dependency_graph import DependencyGraph, graph_of_ids
from pacific_infra.plan import Assessment
from pacific_infra.plan.saved_plan import check_saved_plan
from pacific_infra.plan.tree import question


def say_stacks(fleet: Fleet, chosen: Collection[str]) -> None:
    """Say which stacks are looked at, why some are one, and what is to move."""
    for line in planned_stacks(fleet, chosen).lines:
        fleet.session.remark(line)


def chosen_stacks(fleet: Fleet, *, everything: bool, parts: Collection[str] | None = None) -> tuple[str, ...]:
    """Those that are not as their last run left them, or all; with ``parts`` those that have one of these documents."""
    if parts is not None:
        having = {fleet.partition.stack_of[part] for part in parts}
        return tuple(stack for stack in fleet.stacks if stack in having)
    changed, going = (fleet.stacks if everything else fleet.changed), fleet.emptied_by_moves
    return tuple(stack for stack in fleet.stacks if stack in changed and stack not in going)


def converge_stacks(
    fleet: Fleet, options: UpOptions, workers: int | None, *, everything: bool, json_output: bool
) -> None:
    """Plan, ask, move and converge. Ends the process with 1 after a failure, and 130 after an interrupt."""
    with fleet.locked():
        chosen = chosen_stacks(fleet, everything=everything or options.refresh, parts=options.parts)
        say_stacks(fleet, chosen)
        if options.application is not None and (problems := unmet_needs_of_stacks(fleet, options.application)):
            raise PacificErrors(problems)
        assessment = assess_documents(fleet.session)
        if options.require_fit:
            check_fit(assessment)
        if options.yes:
            print_verdicts(fleet.session, assessment)
        if options.plan_file is not None or (chosen and not options.yes):
            _review(fleet, chosen, options, workers or 1, assessment)
        runs = StackRuns()
        if chosen or fleet.record.moving:
            fleet.make_stacks(chosen)
            with fleet_workers(fleet, workers) as ready:
                fleet.session.start_sandbox()
                move_documents(fleet)
                fleet.note_documents((stack for stack in chosen if stack in fleet.stacks), options.parts)
                runs = _run(fleet, chosen, options, ready)
        if fleet.file.partition == "none" and not runs.errors and [*fleet.record.stacks] == [fleet.first]:
            fleet.records.remove()
    report_stacks(fleet, runs, json_output=json_output, command="up", next_steps=("outputs", "status", "down"))


def _review(fleet: Fleet, chosen: Collection[str], options: UpOptions, workers: int, assessment: Assessment) -> None:
    """Compare with the plan that was approved, or show it and ask. Raises PacificError(s)."""
    session = fleet.session
    planned = plan_stacks(fleet, chosen, workers, refresh=options.refresh, parts=options.parts)
    plan = planned.plan
    if options.plan_file is not None:
        check_saved_plan(options.plan_file, plan, project=session.project.name, stack=session.project.stack)
    if not options.yes:
        print_plan(plan, replace(assessment, answers=planned.answers), session.console)
    planned.require_allowed()
    if not options.yes and (plan.counts.changes or fleet.moves):
        typer.confirm(question(plan, "Converge", session.name), abort=True, err=True)


def unmet_needs_of_stacks(fleet: Fleet, application: str) -> Sequence[PacificError]:
    """What the application needs of documents that are not part of it and not there, in whatever stack."""
    record = fleet.session.open_record()
    return unmet_needs_of(fleet.session, record.resources() if record is not None else (), application)


def _run(fleet: Fleet, chosen: Collection[str], options: UpOptions, workers: Workers) -> StackRuns:
    concerned = set(chosen)
    needing = fleet.partition.stacks.successors
    # What was asked and looked up for the whole is not asked of a stack again.
    of_stack = replace(options, application=None, yes=True, plan_file=None)

    def work(stack: str) -> Any:
        if stack not in concerned:
            return None
        member = fleet.member(stack, operations=fleet.operations(workers.number))
        parts = tuple(part for part in options.parts or () if fleet.partition.stack_of[part] == stack)
        return StackWork(member, partial(_converge, options=replace(of_stack, parts=parts or None)))

    def done(stack: str, document: Mapping[str, Any]) -> str:
        require_done(document)
        if options.parts is not None:
            return changes_text(document["changes"])
        note = fleet.record.stacks.get(stack)
        fleet.note_done(stack)
        after = fleet.record.stacks.get(stack)
        if note is not None and after is not None and note.outputs != after.outputs:
            # Who takes something from it may have to change.
            changed = [other for other in needing.get(stack, ()) if other not in concerned]
            concerned.update(changed)
            fleet.note_documents(changed)
        return changes_text(document["changes"])

    session = fleet.session
    plan = str(options.plan_file) if options.plan_file is not None else None
    intent = Intent(options.command, session.graph.estate, plan, options.rollback_to)
    with session.history.running(intent, session.project) as end:
        runs = run_stacks(fleet, _with_leaving(fleet), work, workers, done=done, stops_none=fleet.leaving)
        note_end(runs, end)
    return runs


def note_end(runs: StackRuns, end: RunEnd) -> None:
    """Write down how the runs of the stacks have ended, as one run of the estate."""
    end.result = "interrupted" if runs.interrupted else "failed" if runs.errors else "done"
    end.counts = _counts(runs)
    end.changes = {name: node["changes"] for name, node in _nodes(runs).items() if node["changes"]}
    end.errors += [f"{stack}: {error}" for stack, errors in runs.errors.items() for error in errors]


def _converge(session: Session, *, options: UpOptions) -> Mapping[str, Any]:
    return json_of(partial(plan_and_converge, session, options, LastRun(session), json_output=True))


def require_done(document: Mapping[str, Any]) -> None:
    """Raises PacificError where a run of a stack has failed."""
    if document["result"] != "done":
        errors = [
            f"{error['node']}: {error['message']}" if error["node"] else error["message"]
            for error in document["errors"]
        ]
        raise PacificError("; ".join(errors) or f"it is {document['result']}")


def _with_leaving(fleet: Fleet) -> DependencyGraph:
    """The graph of stacks with those that have no documents any more: the first stack waits for them, which may have
    what they lie on.
    """
    stacks = fleet.partition.stacks
    needs: dict[str, tuple[str, ...]] = {stack: () for stack in fleet.leaving}
    needs |= {
        stack: (*stacks.predecessors[stack], *(fleet.leaving if stack == fleet.first else ())) for stack in stacks.order
    }
    return graph_of_ids(needs)


def _counts(runs: StackRuns) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for document in runs.values.values():
        counts.update(document["changes"])
    return dict(counts)


def _nodes(runs: StackRuns) -> dict[str, Any]:
    return {name: node for document in runs.values.values() for name, node in document["nodes"].items()}


def changes_text(changes: Mapping[str, int]) -> str:
    """``2 created, 1 unchanged``."""
    return counts_text(changes) or "nothing to do"


def report_stacks(fleet: Fleet, runs: StackRuns, *, json_output: bool, command: str, next_steps: Sequence[str]) -> None:
    """Say how it went, as of one stack. Ends the process with 1 after a failure, and 130 after an interrupt."""
    session = fleet.session
    result = "interrupted" if runs.interrupted else "failed" if runs.errors else "done"
    if json_output:
        document = {
            "version": 1,
            "result": result,
            "seconds": round(runs.seconds, 1),
            "changes": _counts(runs),
            "nodes": _nodes(runs),
            "errors": [
                {"urn": None, "node": None, "stack": stack, "message": str(error)}
                for stack, errors in runs.errors.items()
                for error in errors
            ],
            "stacks": {
                **{stack: {"result": "done", "changes": value["changes"]} for stack, value in runs.values.items()},
                **{stack: {"result": "failed"} for stack in runs.errors},
                **{stack: {"result": "not begun", "needs": failed} for stack, failed in runs.stopped.items()},
            },
        }
        print_json("converge", document)
    else:
        stacks = f"{len(runs.values)} of {len(fleet.stacks)} stacks run"
        typer.echo(f"{result} in {clock(runs.seconds)}: {stacks}; {changes_text(_counts(runs))}")
        for stack, errors in runs.errors.items():
            for error in errors:
                session.remark(f"error: {stack}: {error}")
        for step in next_steps if result == "done" else ():
            typer.echo(f"  next: {session.command(step)}")
        if result != "done":
            typer.echo(f"  next: {session.command(command)} goes on from here")
    if runs.interrupted:
        raise SystemExit(130)
    if runs.errors:
        raise SystemExit(1)
