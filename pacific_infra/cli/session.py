"""What every command that runs Pulumi starts with: project, documents and graph, toolchain and stack."""

import shlex
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from pacific_infra.cli.document_graph import graph_of, known_graph_of
from pacific_infra.cli.result import clock, progress_console
from pacific_infra.converge.project import DEFAULT_STACK, Project, find_project
from pacific_infra.graph.dependency_graph import DependencyGraph
from pacific_infra.record.backends import backend_of
from pacific_infra.sandbox import Sandbox, check_installed, find_sandbox, start_sandbox
from pacific_infra.settings import Settings
from pacific_infra.steady_time import steady_time
from pacific_infra.toolchain import Toolchain, find_toolchain

if TYPE_CHECKING:
    from pacific_infra.converge.history import RunHistory
    from pacific_infra.converge.stack import EstateStack
    from pacific_infra.converge.stack_record import StackRecord


HEARTBEAT = 15.0
"""Seconds between two lines that say that an operation is still running."""
LATE = 0.7
"""Seconds after which it is said that documents are being read."""


@dataclass(frozen=True)
class Session:
    """A project with its documents read and checked; nothing has been started or changed yet."""

    settings: Settings
    project: Project
    graph: DependencyGraph
    toolchain: Toolchain
    console: Console
    """Where progress and remarks go: standard error, so that standard output is the result alone."""
    begun: float = field(default_factory=steady_time)
    """When the command began, Unix time."""
    quiet: bool = False
    """Whether it is not said what takes time: where it is done for many stacks."""
    operations: int | None = None
    """Operations of the engine at a time; None: its usual number."""

    @property
    def name(self) -> str:
        """``PROJECT/STACK``."""
        return f"{self.project.name}/{self.project.stack}"

    @property
    def has_documents(self) -> bool:
        """Whether documents say what the stack has: not where the project's program is another one, and reads none."""
        return bool(self.project.documents) or self._program() is not None

    @property
    def sandboxed(self) -> bool:
        """Whether the embedded sandbox stands in for a vCenter: not where other stacks give all that is taken."""
        by_stack = bool(self.graph.external) and not self.graph.needs_login
        return self.project.sandboxed and not by_stack

    @property
    def has_vcenter(self) -> bool:
        """Whether the stack has a login at a vCenter, the sandbox's included."""
        return self.sandboxed or bool(self.project.configuration.get("pacific:server"))

    @property
    def sandbox(self) -> Sandbox | None:
        """The embedded sandbox, where the stack names no vCenter."""
        if not self.sandboxed:
            return None
        return find_sandbox(self._sandbox_directory, self.settings)

    @property
    def _sandbox_directory(self) -> Path:
        return self.project.sandbox_directory or self.settings.sandbox_directory

    @property
    def durations_file(self) -> Path:
        """Where the durations of this stack's nodes are kept."""
        from pacific_infra.plan.durations import durations_file  # noqa: PLC0415 - only runs need it

        return durations_file(self.settings.state_directory, self.project.name, self.project.stack)

    @property
    def history(self) -> "RunHistory":
        """The history of the stack's runs."""
        return history_of(self.project, self.settings, self.toolchain, self.remark)

    @property
    def certificate_authority(self) -> Path | None:
        """Who signs the vCenter's certificate, where the stack or its sandbox says so."""
        if self.sandbox is not None:
            return self.sandbox.ca_file
        named = self.project.configuration.get("pacific:caFile")
        return self.project.directory / Path(str(named)).expanduser() if named else None

    def start_sandbox(self) -> None:
        """Start the embedded sandbox where it is the one to use, as the project's sandbox.yaml wants it."""
        if self.sandboxed:
            start_sandbox(self._sandbox_directory, self.settings, self.project.directory, self.remark)

    def open_record(self) -> "StackRecord | None":
        """What is recorded of the stack, or of all stacks of its estate as one; None where only Pulumi can read
        it, with ``open_stack``.
        """
        from pacific_infra.converge.stack_record import open_joined  # noqa: PLC0415 - only where it is needed

        return open_joined(self.project, self.settings, self.toolchain.environment(), self.remark)

    def open_stack(self, *, create: Callable[[Sequence[str]], object] | None = None) -> "EstateStack":
        """The stack; see pacific_infra.converge.stack.open_stack, and ``may_create`` for ``create``."""

        with self.saying(f"opening the stack {self.name}") as end:
            from pacific_infra.converge.stack import open_stack  # noqa: PLC0415 - it imports Pulumi

            def ask(existing: Sequence[str]) -> None:
                end()
                if create is not None:
                    create(existing)

            opened = open_stack(
                self.project,
                self.toolchain,
                self.settings,
                # One of several is made by who knows them all.
                create=ask if create is not None and self.project.estate is None else None,
                say=self.remark,
                program=self._program(),
                operations=self.operations,
            )
        if self.certificate_authority is not None:
            opened.trust(self.certificate_authority)
        return opened

    def _program(self) -> Callable[[], object] | None:
        """The program that declares the documents; None where the project has another one."""
        from pacific_infra.converge.last_run import reads_documents_alone  # noqa: PLC0415 - only for the engine

        if not reads_documents_alone(self.project):
            return None
        return partial(_declare_estate, self.graph, is_part=self.project.estate is not None)

    def may_create(self, command: str, *, create: bool, yes: bool = False) -> Callable[[Sequence[str]], None]:
        """Whether a stack that is not there may be made: a mistyped name must not converge into a new one.

        ``command``: the command's name. ``create``: the user has said so. The function raises PacificError where not.
        """

        def ask(existing: Sequence[str]) -> None:
            if create or self.project.expects_stack:
                return
            from pacific_infra.converge.unknown_stack import unknown_stack  # noqa: PLC0415 - only where it is needed

            refusal = unknown_stack(self.project, existing, creating=f"{self.command(command)} --create")
            if yes or not interactive():
                raise refusal
            self.remark(str(refusal))
            typer.confirm(f"Make the stack {self.project.stack}?", abort=True, err=True)

        return ask

    @contextmanager
    def saying(self, text: str) -> Iterator[Callable[[], None]]:
        """Say at once what is being done where nothing else is heard of it: on a terminal with a clock, else in a line.

        Gives what ends the clock early, so that something can be asked.
        """
        if self.quiet:
            yield lambda: None
            return
        if not self.console.is_terminal:
            self.remark(text)
            with _heartbeat(lambda seconds: self.remark(f"[{clock(seconds)}] still {text}")) as end:
                yield end
            return
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - on terminals

        columns = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
        with Progress(*columns, console=self.console, transient=True) as shown:
            shown.add_task(text, total=None)
            yield shown.stop

    def command(self, words: str) -> str:
        """``pacific WORDS`` with the options that it takes from here for this project and stack."""
        return command_line(self.project, words)

    def remark(self, text: str) -> None:
        """Print one line to standard error."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)


def _declare_estate(graph: DependencyGraph, *, is_part: bool) -> None:
    from pacific_infra.estate_program import run  # noqa: PLC0415 - only runs need it

    run(graph if is_part else None, read=graph)


def command_line(project: Project, words: str) -> str:
    """``pacific WORDS`` with the options that it takes from here for the project and its stack."""
    directory = project.directory
    where = "" if Path.cwd().is_relative_to(directory) else f" -C {shlex.quote(str(directory))}"
    which = "" if project.stack == DEFAULT_STACK else f" -s {project.stack}"
    return f"{Settings.read().command} {words}{where}{which}"


def begin(project: Path, stack: str | None, *, known: bool = False) -> Session:
    """Find the project and read its documents. ``known``: not where their graph is known already, until somebody asks
    for them. Raises PacificError(s): bad documents stop everything here, and so does a sandbox that is needed and not
    installed."""
    return begin_on(find_project(project, stack), known=known)


def begin_on(opened: Project, *, known: bool = False) -> Session:
    """The same for a project that is found already, such as one with the documents of an earlier run."""
    settings, begun = Settings.read().with_backend(opened.backend_url), steady_time()
    console = progress_console()

    late = threading.Timer(LATE, console.print, (f"reading the documents of {opened.name}",), {"highlight": False})
    late.daemon = True
    late.start()
    try:
        graph = known_graph_of(opened) if known else graph_of(opened)
    finally:
        late.cancel()
    if opened.sandboxed:
        # Before anything is built or started for it.
        check_installed()
    return Session(
        settings=settings,
        project=opened,
        graph=graph,
        toolchain=find_toolchain(settings),
        console=console,
        begun=begun,
    )


def history_of(
    project: Project, settings: Settings, toolchain: Toolchain, remark: Callable[[str], object] = lambda _: None
) -> "RunHistory":
    """The history of the project's stack. ``remark``: says that it cannot be written."""
    from pacific_infra.converge.history import RunHistory, history_files  # noqa: PLC0415 - only where it is needed

    backend = backend_of(settings, toolchain.environment())
    files = history_files(settings.state_directory, backend, project.name, project.estate or project.stack)
    if project.estate is not None:
        # Beside the history of the whole estate, whose runs are those of its stacks.
        files = files.of_member(project.stack)
    return RunHistory(files, remark)


@contextmanager
def _heartbeat(say: Callable[[float], object]) -> Iterator[Callable[[], None]]:
    """While inside, ``say`` every few seconds how long it takes so far; gives what ends it."""
    over, begun = threading.Event(), steady_time()

    def beat() -> None:
        while not over.wait(HEARTBEAT):
            say(steady_time() - begun)

    threading.Thread(target=beat, daemon=True).start()
    try:
        yield over.set
    finally:
        over.set()


def interactive() -> bool:
    """Whether a user can be asked on a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()
