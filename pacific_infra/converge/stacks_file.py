"""``pacific.stacks.yaml`` beside pacific.yaml: the stack of each namespace where others than pacific run the stacks.

``pacific render pko`` writes it. It is committed with what is rendered: the program that plain ``pulumi`` runs for one
of the stacks reads from it which documents that stack makes, and the next rendering leaves namespaces where they are.
Only ``pacific up`` can move what is in one stack to another, so a namespace that would move is refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import yaml
from pydantic import RootModel, ValidationError

from pacific_infra.converge.estate_file import EstateFile, file_in, read_estate_file
from pacific_infra.documents.files import shown
from pacific_infra.documents.names import Label
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph import DependencyGraph
from pacific_infra.graph.partition import Partition, partition, unit_of

NAME = "pacific.stacks.yaml"
HEAD = "# The stack of each namespace, by estate. Written by pacific render pko; commit it with what is rendered.\n"
RENDER = "run pacific render pko again, and commit what it writes"


class _Stacks(RootModel[dict[str, dict[str, tuple[Label, ...]]]]):
    """Namespaces by stack, by the estate's name."""


def read_stacks(directory: Path) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Namespaces by stack, by estate; nothing where there is no file. Raises PacificError where it cannot be read."""
    file = file_in(directory, NAME)
    try:
        return _Stacks.model_validate(yaml.safe_load(file.read_text(encoding="utf-8"))).root
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, ValidationError, yaml.YAMLError) as error:
        problem = f"the file cannot be read ({type(error).__name__})"
        raise PacificError(problem, place=shown(file), fix=f"get it back from git, or {RENDER}") from None


def estate_of(directory: Path, stack: str) -> str | None:
    """The estate that has ``stack`` by the file; None: no estate has."""
    return next((estate for estate, stacks in read_stacks(directory).items() if stack in stacks), None)


def stacks_text(directory: Path, split: Partition) -> str:
    """The file's text with the stacks of ``split`` in place of those that its estate had."""
    namespaces: dict[str, dict[str, None]] = {stack: {} for stack in split.members}
    for document in split.graph.estate:
        if unit := unit_of(document):
            namespaces[split.stack_of[document.id]][unit] = None
    listed = {stack: list(names) for stack, names in namespaces.items()}
    others = {
        estate: {stack: list(names) for stack, names in stacks.items()}
        for estate, stacks in read_stacks(directory).items()
    }
    return HEAD + yaml.safe_dump({**others, split.estate: listed}, default_flow_style=None, width=120)


def split_as_rendered(directory: Path, graph: DependencyGraph, estate: str, *, complete: bool) -> Partition:
    """The stacks of an estate by both files; a namespace stays where it is. ``complete``: none may be new.

    Raises PacificErrors for namespaces that are new or would move.
    """
    stacks = read_stacks(directory).get(estate, {})
    stack_of = {name: stack for stack, names in stacks.items() for name in names}
    units = {document.id: unit_of(document) for document in graph.estate}
    before = {node: stack_of[unit] for node, unit in units.items() if unit in stack_of}
    rule = (read_estate_file(directory) or EstateFile()).rule
    split = partition(graph, estate, replace(rule, moves=False), before)
    if problems := list(_problems(split, stack_of, units, shown(file_in(directory, NAME)), complete=complete)):
        raise PacificErrors(problems)
    return split


def _problems(
    split: Partition, stack_of: Mapping[str, str], units: Mapping[str, str], place: str, *, complete: bool
) -> Iterator[PacificError]:
    new = {unit: split.stack_of[node] for node, unit in units.items() if unit}
    reasons = {joined.stack: f": {joined.text}" for joined in split.joined}
    for unit, stack in sorted(new.items()):
        if unit not in stack_of and complete:
            yield PacificError(f"the namespace {unit} is in no stack yet", place=place, fix=RENDER)
        elif stack_of.get(unit, stack) != stack:
            yield PacificError(
                f"the namespace {unit} is in the stack {stack_of[unit]} and would be in {stack}, and plain pulumi "
                f"would delete it there and make it again here{reasons.get(stack, '')}",
                place=place,
                fix="leave it where it is by stacks: in pacific.yaml, or move it with pacific up in a file backend",
            )
