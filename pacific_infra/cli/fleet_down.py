"""``down`` of an estate in several stacks: each after all that need it."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from pacific_infra.cli.down import (
    DownOptions,
    estate_without,
    plan_application_removal,
    plan_removal,
    remove,
    remove_application,
)
from pacific_infra.cli.fleet import Fleet, remove_empty
from pacific_infra.cli.fleet_moves import move_documents
from pacific_infra.cli.fleet_run import StackWork, json_of, run_stacks
from pacific_infra.cli.fleet_stack import open_for_reading
from pacific_infra.cli.fleet_up import changes_text, note_end, report_stacks, require_done
from pacific_infra.cli.fleet_workers import fleet_workers
from pacific_infra.cli.sandbox_use import stop_sandbox
from pacific_infra.cli.session import Session
from pacific_infra.converge.history import Intent
from pacific_infra.documents import Estate
from pacific_infra.graph.applications import parts_of
from pacific_infra.graph.dependency_graph import graph_of_ids


def remove_stacks(fleet: Fleet, options: DownOptions, workers: int | None, *, json_output: bool) -> None:
    """Say what goes, ask, and remove every stack. Ends the process with 1 after a failure, 130 after an interrupt."""
    session = fleet.session
    session.toolchain.install(session.remark)
    parts = _review(fleet, options, json_output=json_output)
    if options.preview_only:
        return
    with fleet.locked():
        session.start_sandbox()
        if fleet.record.moving or parts is not None:
            move_documents(fleet)
        needed_by = dict(fleet.partition.stacks.successors)
        # What is on the way out may lie on what the first stack has.
        needed_by[fleet.first] = (*needed_by[fleet.first], *fleet.leaving)
        stacks = [stack for stack in fleet.stacks if fleet.files(stack).exists()]
        if parts is not None:
            stacks = [stack for stack in stacks if not {*fleet.partition.members.get(stack, ())}.isdisjoint(parts)]
            fleet.note_documents(stacks, ())
        graph = graph_of_ids(
            {stack: tuple(other for other in needed_by.get(stack, ()) if other in stacks) for stack in stacks}
        )

        def done(stack: str, document: Mapping[str, Any]) -> str:
            require_done(document)
            if stack != fleet.first and parts is None:
                remove_empty(fleet.files(stack))
            return changes_text(document["changes"])

        remaining = Estate(()) if parts is None else estate_without(session, parts)
        remove_part = partial(_remove, application=options.application)
        with (
            session.history.running(Intent(options.command, remaining), session.project) as end,
            fleet_workers(fleet, workers) as ready,
        ):
            runs = run_stacks(
                fleet,
                graph,
                lambda stack: StackWork(fleet.member(stack, operations=fleet.operations(ready.number)), remove_part),
                ready,
                done=done,
            )
            note_end(runs, end)
        if parts is None and not runs.errors and not runs.interrupted:
            fleet.records.remove()
            if not options.keep_sandbox:
                stop_sandbox(session)
    report_stacks(fleet, runs, json_output=json_output, command=options.command, next_steps=("up",))


def _review(fleet: Fleet, options: DownOptions, *, json_output: bool) -> Collection[str] | None:
    """Show what goes and ask, as far as that is wanted; the documents that go, None: all. Raises PacificErrors."""
    session, application = fleet.session, options.application
    if application is not None:
        parts = parts_of(session.graph, application)
        plan_application_removal(session, open_for_reading(session), application, options, json_output=json_output)
        return parts
    if options.preview_only or not options.yes:
        plan_removal(session, open_for_reading(session), options, json_output=json_output)
    return None


def _remove(session: Session, *, application: str | None) -> Mapping[str, Any]:
    options, opened = DownOptions(application, yes=True, keep_sandbox=True), session.open_stack()
    if application is not None:
        return json_of(partial(remove_application, session, opened, application, options, json_output=True))
    return json_of(partial(remove, session, opened, options, json_output=True))
