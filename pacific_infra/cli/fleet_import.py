"""``pacific import`` into an estate in several stacks: each object into the stack that its document belongs to."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from pacific_infra.cli.fleet import Fleet
from pacific_infra.cli.fleet_moves import move_documents
from pacific_infra.cli.fleet_run import StackRuns, StackWork, run_stacks
from pacific_infra.cli.fleet_up import changes_text, note_end
from pacific_infra.cli.session import Session
from pacific_infra.cli.workers import LocalWorkers
from pacific_infra.converge.history import Intent
from pacific_infra.converge.import_run import import_objects
from pacific_infra.errors import PacificErrors


def import_into_stacks(fleet: Fleet, identifiers: Mapping[str, str]) -> int:
    """Import the object of each document; how many were. ``identifiers``: vCenter's identifier by document id.

    A stack is imported into after those that it needs. What is to move to another stack moves first, so that nothing is
    in two. Raises PacificErrors after a failure; the stacks before it have their objects, and it can be repeated.
    """
    session, stack_of = fleet.session, fleet.partition.stack_of
    chosen = tuple(stack for stack in fleet.stacks if any(stack_of.get(node) == stack for node in identifiers))

    def work(stack: str) -> Any:
        of_stack = {node: identifier for node, identifier in identifiers.items() if stack_of.get(node) == stack}
        return StackWork(fleet.member(stack), partial(_import, identifiers=of_stack)) if of_stack else None

    with fleet.locked(), session.history.running(Intent("import", session.graph.estate), session.project) as end:
        fleet.make_stacks(chosen)
        move_documents(fleet)
        fleet.note_documents(chosen, identifiers)
        runs = run_stacks(fleet, fleet.partition.stacks, work, LocalWorkers(1, fleet.logs), done=_imported)
        note_end(runs, end)
    _require_whole(runs)
    return sum(document["changes"]["import"] for document in runs.values.values())


def _import(session: Session, *, identifiers: Mapping[str, str]) -> Mapping[str, Any]:
    imported = import_objects(session.open_stack(), identifiers)
    return {"changes": {"import": len(imported)}, "nodes": {}}


def _imported(_stack: str, document: Mapping[str, Any]) -> str:
    return changes_text(document["changes"])


def _require_whole(runs: StackRuns) -> None:
    if runs.interrupted:
        raise KeyboardInterrupt
    if runs.errors:
        raise PacificErrors([error for errors in runs.errors.values() for error in errors])
