"""The plan of an estate in several stacks: that of each stack that is not as its last run left it, joined."""

import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from pacific_infra.cli.fleet import Fleet
from pacific_infra.cli.fleet_moves import states_after_moves
from pacific_infra.cli.fleet_run import StackWork, run_stacks
from pacific_infra.cli.plan import foresee
from pacific_infra.cli.session import Session
from pacific_infra.cli.workers import LocalWorkers
from pacific_infra.documents.kinds import KINDS
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph.dependency_graph import DependencyGraph, graph_of_ids
from pacific_infra.plan import Plan, build_plan
from pacific_infra.plan.changes import UNCHANGED, ResourceChange
from pacific_infra.plan.plan import only
from pacific_infra.plan.replacement import check_replacements
from pacific_infra.plan.server_answers import ServerAnswers
from pacific_infra.plan.stacks import PlannedStacks
from pacific_infra.settings import ANNOUNCED

if TYPE_CHECKING:
    from pacific_infra.plan.removal import RemovedPart
    from pacific_infra.record.replay import Deployment


@dataclass(frozen=True)
class StackPlan:
    """The plan of one stack, as its process sends it."""

    changes: Sequence[ResourceChange]
    lost: Sequence[str]
    left: "Sequence[RemovedPart]"
    answers: ServerAnswers
    refusals: Sequence[str]
    """Why ``up`` would refuse it, in full."""


@dataclass(frozen=True)
class FleetPlan:
    """The plan of the whole."""

    graph: DependencyGraph
    """The documents of the stacks that were previewed."""
    plan: Plan
    answers: ServerAnswers
    refusals: tuple[str, ...] = ()

    def require_allowed(self) -> None:
        """Raises PacificErrors with what ``up`` would refuse."""
        if self.refusals:
            raise PacificErrors([PacificError(text) for text in self.refusals])


def plan_stacks(
    fleet: Fleet,
    chosen: Collection[str],
    workers: int,
    *,
    refresh: bool = False,
    parts: Sequence[str] | None = None,
) -> FleetPlan:
    """Preview these stacks, ``workers`` at a time. ``parts``: the documents that a run is limited to; None: none.

    Raises PacificErrors where a stack cannot be previewed.
    """
    session = fleet.session
    if chosen:
        fleet.make_stacks(chosen)
        session.start_sandbox()
    moved = states_after_moves(fleet)
    runs = run_stacks(
        fleet,
        # A preview waits for no other.
        graph_of_ids({stack: () for stack in chosen}),
        lambda stack: StackWork(
            fleet.member(stack),
            partial(_plan, state=moved.get(stack), foreign=fleet.made_elsewhere(stack), refresh=refresh, parts=parts),
        ),
        LocalWorkers(workers, fleet.logs),
        done=lambda _stack, plan: _counts(plan),
    )
    if runs.interrupted:
        raise KeyboardInterrupt
    if runs.errors:
        raise PacificErrors([error for errors in runs.errors.values() for error in errors])
    plans: list[StackPlan] = [runs.values[stack] for stack in chosen]
    nodes = [node for stack in chosen for node in fleet.partition.members.get(stack, ())]
    graph = session.graph.part(dict.fromkeys(nodes))
    whole = replace(
        build_plan(graph, [change for plan in plans for change in plan.changes]),
        lost=tuple(line for plan in plans for line in plan.lost),
        left=tuple(part for plan in plans for part in plan.left),
    )
    refusals = tuple(text for plan in plans for text in plan.refusals)
    shown = whole if parts is None else only(whole, parts)
    stacks = replace(planned_stacks(fleet, chosen), followers=_followers(fleet, chosen, shown) if parts is None else ())
    return FleetPlan(graph, replace(shown, stacks=stacks), _joined(plan.answers for plan in plans), refusals)


def planned_stacks(fleet: Fleet, chosen: Collection[str]) -> PlannedStacks:
    """What is known before anything is previewed."""
    return PlannedStacks(
        len(fleet.stacks) - len(fleet.emptied_by_moves),
        len(fleet.partition.stacks.waves),
        tuple(chosen),
        tuple(joined.text for joined in fleet.partition.joined),
        {pair: len(nodes) for pair, nodes in fleet.moves.items()},
    )


def _followers(fleet: Fleet, chosen: Collection[str], plan: Plan) -> tuple[str, ...]:
    split = fleet.partition
    sources = {split.stack_of[node.id] for node in plan.nodes if node.changes and node.id in split.shared}
    needing = {other for stack in sources for other in split.stacks.successors[stack]}
    return tuple(sorted(needing.difference(chosen)))


def _plan(
    session: Session,
    *,
    state: "Deployment | None",
    foreign: Collection[str],
    refresh: bool,
    parts: Sequence[str] | None,
) -> StackPlan:
    """``state``: of the stack after documents have moved; None: as it is recorded. ``foreign``: documents that other
    stacks make: what stands for them here is no part of the plan.
    """
    elsewhere = [session.graph.document(node) for node in session.graph.elsewhere]
    # Names that vCenter does not know yet, because the stack that makes them goes first, are not refused.
    os.environ[ANNOUNCED] = " ".join(f"{KINDS[document.kind].resource}/{document.name}" for document in elsewhere)
    with ExitStack() as block:
        opened = session.open_stack()
        if state is not None:
            from pacific_infra.cli.record import copy_of  # noqa: PLC0415 - only where documents move

            opened = block.enter_context(copy_of(opened, state))
        foreseen = foresee(session, opened, parts=parts, refresh=refresh)
    plan = foreseen.plan
    nodes = [node for node in (*plan.nodes, *plan.removed) if node.id not in foreign]
    changes = [*(resource for node in nodes for resource in node.resources), *plan.others]
    refusals = [*_refusals(session, plan), *map(str, foreseen.existing.refusals)]
    return StackPlan(changes, plan.lost, plan.left, foreseen.answers, refusals)


def _refusals(session: Session, plan: Plan) -> Iterator[str]:
    try:
        check_replacements(plan, session.graph)
    except PacificErrors as problems:
        yield from map(str, problems.errors)


def _counts(plan: StackPlan) -> str:
    counts = Counter(change.operation for change in plan.changes)
    return ", ".join(f"{count} to {name}" for name, count in sorted(counts.items()) if name not in UNCHANGED) or (
        "no changes"
    )


def _joined(answers: Iterable[ServerAnswers]) -> ServerAnswers:
    joined = ServerAnswers()
    for part in answers:
        skipped = Counter(joined.skipped) + Counter(part.skipped)
        joined = ServerAnswers(
            joined.objects + part.objects,
            (*joined.doubtful, *part.doubtful),
            (*joined.taken_over, *part.taken_over),
            joined.handed_over + part.handed_over,
            skipped,
        )
    return joined
