"""Which stacks of a repository a change concerns, and the project's own commands run for one of them."""

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from pacific_infra.converge.project import Project, find_project
from pacific_infra.forge.repository import Repository

_MOST_LINES = 200
"""Last lines of a failed command that its comment shows."""


@dataclass(frozen=True)
class Stack:
    """One stack of a project in the repository."""

    project: Project

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

        Everything in the project's folder counts, but other stacks' configuration, what only they read, and text.
        """
        folder = self.project.directory
        read = [path.resolve() for path in (*self.project.documents, *self.project.overlays)]
        overlays_of_others = {
            path.resolve()
            for name in self.project.declared_stacks - {self.project.stack}
            for path in find_project(folder, name).overlays
        }
        for path in changed:
            if any(path.is_relative_to(place) for place in read):
                return True
            if any(path.is_relative_to(place) for place in overlays_of_others) or path.suffix == ".md":
                continue
            if path.parent == folder and path.name.startswith("Pulumi.") and path.suffix == ".yaml":
                if path.name in ("Pulumi.yaml", self.project.stack_settings.name):
                    return True
                continue
            if path.is_relative_to(folder):
                return True
        return False


def stacks_of(repository: Repository, chosen: Sequence[str] = ()) -> Iterator[Stack]:
    """Every stack that has a ``Pulumi.STACK.yaml`` in the repository; ``chosen``: only these, by PROJECT/STACK."""
    for folder in repository.projects():
        for name in sorted(find_project(folder).declared_stacks):
            stack = Stack(find_project(folder, name))
            if not chosen or stack.name in chosen:
                yield stack


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
        return Outcome(code, output.read(), "".join(lines[-_MOST_LINES:]))
