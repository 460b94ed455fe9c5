"""Which stacks of a repository a change concerns, in which order, and the project's own commands run for one."""

import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

import typer

from pacific_infra.cli.document_graph import graph_of
from pacific_infra.converge.project import Project, find_project
from pacific_infra.documents.loading import files_of_documents
from pacific_infra.errors import PacificError
from pacific_infra.forge.repository import Repository
from pacific_infra.graph.cycles import cycles
from pacific_infra.graph.stack_outputs import stacks_read

_MOST_LINES = 200
"""Last lines of a failed command that its comment shows."""


@dataclass(frozen=True)
class Stack:
    """One stack of a project in the repository."""

    project: Project
    top: Path
    """The top folder of the checkout."""
    overlaid: Mapping[Path, Collection[str]] = field(default_factory=dict)
    """Names of the project's stacks that read an overlay, by its path."""

    @property
    def name(self) -> str:
        """PROJECT/STACK."""
        return f"{self.project.name}/{self.project.stack}"

    @property
    def ref(self) -> str:
        """The name as a part of a git ref, in which a dot may not be everywhere."""
        return self.name.replace(".", "%2E")

    @property
    def retired(self) -> bool:
        """Whether its configuration says that it is to be removed."""
        return str(self.project.configuration.get(f"{self.project.name}:retired", "")).lower() == "true"

    def concerned(self, changed: Iterable[Path]) -> bool:
        """Whether one of these files can change what the stack is to be.

        Everything in the project's folder counts, but other stacks' configuration, what only they read, and text; and
        elsewhere what its documents include, with what lies beside and below that.
        """
        folder, name = self.project.directory, self.project.stack
        documents = [path.resolve() for path in self.project.documents]
        for path in changed:
            readers = {reader for place in (path, *path.parents) for reader in self.overlaid.get(place, ())}
            if name in readers or any(path.is_relative_to(place) for place in documents):
                return True
            if readers or path.suffix == ".md":
                continue
            if path.parent == folder and path.name.startswith("Pulumi.") and path.suffix == ".yaml":
                if path.name in ("Pulumi.yaml", self.project.stack_settings.name):
                    return True
                continue
            if any(path.is_relative_to(place) for place in (folder, *self._included)):
                return True
        return False

    @cached_property
    def _included(self) -> Collection[Path]:
        """Folders outside the project's whose documents its own include."""
        files = files_of_documents([*self.project.documents, *self.project.overlays])
        return {file.parent for file in files if not file.is_relative_to(self.project.directory)}

    def reads(self) -> Mapping[str, Sequence[str]]:
        """The other stacks whose outputs its documents take, PROJECT/STACK, each with the places that say so.

        None are known where its documents cannot be read: its plan says why.
        """
        try:
            return stacks_read(graph_of(self.project).estate, self.project.name)
        except PacificError:
            return {}


def stacks_of(repository: Repository, chosen: Sequence[str] = ()) -> Iterator[Stack]:
    """Every stack that has a ``Pulumi.STACK.yaml`` in the repository; ``chosen``: only these, by PROJECT/STACK."""
    for folder in repository.projects():
        projects = [find_project(folder, name) for name in sorted(find_project(folder).declared_stacks)]
        overlaid: dict[Path, set[str]] = defaultdict(set)
        for project in projects:
            for path in project.overlays:
                overlaid[path.resolve()].add(project.stack)
        for project in projects:
            stack = Stack(project, repository.root, overlaid)
            if not chosen or stack.name in chosen:
                yield stack


def in_order(stacks: Sequence[Stack]) -> Mapping[str, Collection[str]]:
    """The names of ``stacks``, those first of which others take outputs, each with the names of what it comes after.

    A stack that is to be removed comes after those that take its outputs. Raises PacificError with the documents of
    stacks that wait for each other.
    """
    by_name = {stack.name: stack for stack in stacks}
    after: dict[str, dict[str, str]] = {name: {} for name in by_name}
    # Reading documents takes a while, and one stack needs no order.
    for stack in stacks if len(stacks) > 1 else ():
        for name, places in stack.reads().items():
            if name in by_name and name != stack.name:
                first, second = (stack.name, name) if by_name[name].retired else (name, stack.name)
                after[second][first] = f"{places[0]}: {stack.name} takes outputs of {name}"
    cycle = next(cycles({name: tuple(firsts) for name, firsts in after.items()}), None)
    if cycle is not None:
        reasons = "; ".join(after[second][first] for second, first in pairwise(cycle))
        problem = f"these stacks wait for each other, so that none can be the first: {reasons}"
        raise PacificError(problem, fix="move the documents that the others need into a stack of their own")
    return {name: sorted(after[name]) for name in TopologicalSorter(after).static_order()}


@dataclass(frozen=True)
class Outcome:
    """How a command of the project's ended."""

    code: int
    output: str
    """Its standard output."""
    messages: str
    """The last lines of its standard error."""


def run_command(stack: Stack, *words: str) -> Outcome:
    """Run ``pacific WORDS`` for a stack, in its project's folder. Its messages go to the job's log as they come."""
    command = [sys.executable, "-m", "pacific_infra.cli", *words, "--stack", stack.project.stack]
    # What is said on the forge is read elsewhere: where the checkout lies means nothing there.
    checkout = f"{stack.top}/"
    lines: list[str] = []
    with (
        tempfile.TemporaryFile("w+") as output,
        subprocess.Popen(
            command,
            cwd=stack.project.directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        for line in process.stderr or ():
            lines.append(line)
            typer.echo(line, err=True, nl=False)
        code = process.wait()
        output.seek(0)
        printed, messages = output.read(), "".join(lines[-_MOST_LINES:])
        return Outcome(code, printed.replace(checkout, ""), messages.replace(checkout, ""))
