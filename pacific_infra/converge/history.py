"""Writes down what a run did, and finds out how runs of before ended."""

import hashlib
import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pacific_infra.converge.project import Project
from pacific_infra.errors import PacificError
from pacific_infra.record.backend import StackFiles
from pacific_infra.record.backends import backend_folder
from pacific_infra.record.history import Content, HistoryFiles, Result, Run, Writer, digest_of
from pacific_infra.record.processes import is_over, started_at, this_machine, user_name
from pacific_infra.steady_time import steady_time

if TYPE_CHECKING:
    from pacific_infra.documents import Estate

GIT_WITHIN = 5.0
"""Seconds after which a repository is not asked any longer."""
LONGEST_ERROR = 500
"""Characters of an error that are kept."""


def history_files(state_directory: Path, backend: str, project: str, stack: str) -> HistoryFiles:
    """Beside the state where that can be read; else on this computer. ``backend``: Pulumi's URL of it."""
    folder = backend_folder(backend)
    where = hashlib.sha256(backend.encode()).hexdigest()[:12]
    local = state_directory / "history" / where / project / stack
    if folder is None:
        return HistoryFiles(local, beside_state=False)
    return HistoryFiles(
        StackFiles(folder, project, stack).history, local_folder=None if isinstance(folder, Path) else local
    )


@dataclass(frozen=True)
class Intent:
    """What a run is for."""

    command: str
    """The command, with what limits it."""
    estate: "Estate | None"
    """The documents that hold when it has succeeded; None: the program reads none."""
    plan: str | None = None
    """The saved plan that it applies."""
    rollback_to: int | None = None
    """The run that it goes back to."""


@dataclass
class RunEnd:
    """How a run ended, as far as it says."""

    number: int = 0
    """Number of the run; 0: it is not written down."""
    result: Result = "done"
    counts: Mapping[str, int] = field(default_factory=dict)
    changes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class RunHistory:
    """Keeps the history of one stack."""

    files: HistoryFiles
    remark: Callable[[str], object]
    """Says that the history cannot be written; a run goes on without it."""

    @contextmanager
    def running(self, intent: Intent, project: Project) -> Iterator[RunEnd]:
        """In the block a run is written down as running; the block says how it ends, or raises it."""
        plain = _plain_documents(intent.estate)
        begun = Run(
            number=0,
            command=intent.command,
            began=steady_time(),
            writer=this_process(),
            documents=digest_of(plain),
            commit=commit_of(project.directory),
            plan=intent.plan,
            rollback_to=intent.rollback_to,
        )
        try:
            run: Run | None = self.files.begin(begun, plain)
        except (OSError, PacificError) as error:
            self._cannot(error)
            run = None
        end = RunEnd(run.number if run is not None else 0)
        try:
            yield end
        except BaseException as error:
            end.result = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            end.errors.append(str(error) or type(error).__name__)
            raise
        finally:
            if run is not None:
                self._end(run, end)

    def _end(self, run: Run, end: RunEnd) -> None:
        seconds = round(steady_time() - run.began, 1)
        errors = [text[:LONGEST_ERROR] for text in end.errors]
        try:
            self.files.write(
                replace(run, seconds=seconds, result=end.result, counts=end.counts, changes=end.changes, errors=errors)
            )
            self.files.prune()
        except (OSError, PacificError) as error:
            self._cannot(error)

    def _cannot(self, error: OSError | PacificError) -> None:
        reason = error.strerror if isinstance(error, OSError) else error
        self.remark(f"warning: the history cannot be written ({reason}): {self.files.folder}")


def _plain_documents(estate: "Estate | None") -> Mapping[str, Content]:
    if estate is None:
        return {}
    from pacific_infra.documents.plain_values import plain_documents  # noqa: PLC0415 - a program has no documents

    return plain_documents(estate)


def last_good(runs: Sequence[Run]) -> Run | None:
    """The last whole run that went well before the last run and was for other documents; None: there is none."""
    if not runs:
        return None
    *earlier, last = runs
    return next((run for run in reversed(earlier) if can_go_back_to(run) and run.documents != last.documents), None)


def can_go_back_to(run: Run) -> bool:
    """Whether the run left the stack as its documents say."""
    return run.result == "done" and run.command in ("up", "import")


def ended(run: Run) -> Run:
    """The run as it is: one whose process is over without its end written was cut off.

    Of another computer's process nothing is known: it counts as running.
    """
    writer = run.writer
    if run.result != "running" or not is_over(writer.host, writer.machine, writer.pid, writer.process_started):
        return run
    return replace(run, result="cut off")


def this_process() -> Writer:
    """Who writes the history here."""
    pid = os.getpid()
    return Writer(user_name(), socket.gethostname(), pid, started_at(pid) or 0.0, this_machine())


def commit_of(folder: Path) -> str | None:
    """The commit of the git work tree at ``folder``, with ``+changes`` where files differ; None: it is in none."""
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    if commit is None:
        return None
    changed = _git(folder, "status", "--porcelain", "--", ".")
    return f"{commit}+changes" if changed else commit


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(folder), *arguments],  # noqa: S607 - the user's own git
            capture_output=True,
            text=True,
            timeout=GIT_WITHIN,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
