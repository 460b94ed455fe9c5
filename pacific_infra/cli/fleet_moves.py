"""Moves documents from one stack of an estate to another. Nothing is deleted or made again.

The stack that gets them is written first, and then the one that had them; what moves is recorded before either. Killed
at any point, the move is finished by the next command that changes the estate.
"""

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import replace

from pacific_infra.cli.fleet import Fleet
from pacific_infra.converge.moving import Move
from pacific_infra.converge.stack_lock import locked
from pacific_infra.converge.unsettled import UnsettledSteps, file_of
from pacific_infra.record.backend import write_checkpoint
from pacific_infra.record.journal import current_deployment
from pacific_infra.record.replay import Deployment


def states_after_moves(fleet: Fleet) -> Mapping[str, Deployment]:
    """The states that the stacks will have whose documents move, by stack. Changes nothing."""
    states: dict[str, Deployment] = {}
    for (source, target), nodes in fleet.moves.items():
        for stack in (source, target):
            if stack not in states:
                files = fleet.files(stack)
                states[stack] = (current_deployment(files)[0] if files.exists() else None) or {}
        move = Move(fleet.session.project.name, source, target)
        states[source], states[target] = move.apply(states[source], states[target], nodes)
    return states


def move_documents(fleet: Fleet) -> int:
    """Move what is to move, after what an earlier run did not bring to its end; returns how many documents moved.

    The estate is locked. Raises PacificError where another run works on one of the stacks.
    """
    moved = 0
    if fleet.record.moving:
        moved += _move(fleet, _by_stacks(fleet.record.moving))
    moves = fleet.moves
    if moves:
        fleet.make_stacks({target for _, target in moves})
        moving = {node: pair for pair, nodes in moves.items() for node in nodes}
        fleet.keep(replace(fleet.record, moving=moving))
        moved += _move(fleet, moves)
    return moved


def _by_stacks(moving: Mapping[str, tuple[str, str]]) -> Mapping[tuple[str, str], tuple[str, ...]]:
    moves: dict[tuple[str, str], list[str]] = {}
    for node, pair in moving.items():
        moves.setdefault(pair, []).append(node)
    return {pair: tuple(nodes) for pair, nodes in moves.items()}


def _move(fleet: Fleet, moves: Mapping[tuple[str, str], tuple[str, ...]]) -> int:
    for (source, target), nodes in moves.items():
        _move_between(fleet, Move(fleet.session.project.name, source, target), nodes)
        fleet.session.remark(f"moved {len(nodes)} documents from the stack {source} to {target}: {_named(nodes)}")
        stacks = dict(fleet.record.stacks)
        for stack in (source, target):
            note = stacks.get(stack)
            if note is not None:
                stacks[stack] = replace(note, inputs="", documents=tuple(set(note.documents) - {*nodes}))
        fleet.keep(replace(fleet.record, stacks=stacks).adding(target, nodes))
    fleet.keep(replace(fleet.record, moving={}))
    for source in {source for source, _ in moves}:
        fleet.drop_if_empty(source)
    return sum(map(len, moves.values()))


def _move_between(fleet: Fleet, move: Move, nodes: Collection[str]) -> None:
    source, target = fleet.files(move.source), fleet.files(move.target)
    with ExitStack() as locks:
        for files in sorted((source, target), key=lambda files: files.stack):
            locks.enter_context(locked(files))
        before = current_deployment(source)[0] or {}
        left, arrived = move.apply(before, current_deployment(target)[0], nodes)
        _move_unsettled(fleet, move, before, left)
        byte_strings = fleet.has_byte_strings(move.source) or fleet.has_byte_strings(move.target)
        # In this order a resource is in both stacks for a moment, never in none.
        write_checkpoint(target, arrived, byte_strings=byte_strings)
        write_checkpoint(source, left, byte_strings=byte_strings)


def _move_unsettled(fleet: Fleet, move: Move, before: Deployment, after: Deployment) -> None:
    """What an interrupted run has left undecided is looked at by the next run of the stack that gets it."""
    remaining = {resource["urn"] for resource in after.get("resources") or ()}
    leaving = {resource["urn"] for resource in before.get("resources") or ()} - remaining
    project = fleet.session.project.name
    source, target = (
        UnsettledSteps(file_of(fleet.session.settings.state_directory, fleet.backend_url, project, stack))
        for stack in (move.source, move.target)
    )
    target.take([replace(step, urn=move.renamed(step.urn)) for step in source.steps if step.urn in leaving])


def _named(nodes: Collection[str]) -> str:
    names = sorted(nodes)
    return ", ".join([*names[:5], *([f"and {len(names) - 5} more"] if len(names) > 5 else [])])
