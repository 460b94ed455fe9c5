"""What every command that runs Pulumi starts with: project, documents and graph, toolchain and stack."""

import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from pacific_infra.cli.documents import graph_of
from pacific_infra.converge.project import Project, find_project
from pacific_infra.converge.stack import EstateStack, open_stack
from pacific_infra.graph import DependencyGraph
from pacific_infra.plan.durations import durations_file
from pacific_infra.sandbox.sandbox import Sandbox
from pacific_infra.settings import Settings
from pacific_infra.toolchain import Toolchain


@dataclass(frozen=True)
class Session:
    """A project with its documents read and checked; nothing has been started or changed yet."""

    settings: Settings
    project: Project
    graph: DependencyGraph
    toolchain: Toolchain
    console: Console
    """Where progress and remarks go: standard error, so that standard output is the result alone."""

    @property
    def sandbox(self) -> Sandbox | None:
        """The embedded sandbox, where the stack names no vCenter."""
        if not self.project.sandboxed:
            return None
        return Sandbox(self.project.sandbox_directory or self.settings.sandbox_directory, self.toolchain)

    @property
    def durations_file(self) -> Path:
        """Where the durations of this stack's nodes are kept."""
        return durations_file(self.settings.state_directory, self.project.name, self.project.stack)

    def start_sandbox(self) -> None:
        """Start the embedded sandbox where it is the one to use; nothing where it already runs."""
        if self.sandbox is not None:
            self.sandbox.up(self.remark)

    def open_stack(self, *, create: bool = False, refresh: bool = False) -> EstateStack:
        """The stack; see pacific_infra.converge.stack.open_stack."""

        def on_stale_lock(pid: int) -> None:
            self.remark(f"removed the lock that the killed process {pid} left on the stack")

        return open_stack(
            self.project, self.toolchain, self.settings, create=create, refresh=refresh, on_stale_lock=on_stale_lock
        )

    def remark(self, text: str) -> None:
        """Say one line beside the result."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)


def begin(project: Path, stack: str | None) -> Session:
    """Find the project and read its documents. Raises PacificError(s): bad documents stop everything here."""
    settings = Settings.read()
    found = find_project(project, stack)
    return Session(
        settings=settings,
        project=found,
        graph=graph_of(found),
        toolchain=Toolchain(settings),
        console=Console(stderr=True),
    )


def interactive() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()
