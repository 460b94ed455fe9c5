"""What was done to a stack, run by run: a numbered file for each, beside the stack's state.

A run's file is written when it begins and again when it ends, so that one that was killed is there too, as one that
has no end. Documents lie beside the runs, once for each different set of them: most runs repeat the last set.
"""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pacific_infra.errors import PacificError
from pacific_infra.record.backend import replace_durably
from pacific_infra.record.bucket import BackendFile, read_together, write_new

FORMAT = "pacific.infra/history/v1"
MOST_RUNS = 500
"""Runs that are kept of a stack; older ones are removed with the documents that only they had."""
Result: TypeAlias = Literal["running", "done", "failed", "interrupted", "cut off"]
"""``cut off``: its process ended without saying how, as when it is killed. It is never written."""
Content: TypeAlias = Mapping[str, Any]
"""A document as plain values."""


def digest_of(documents: Mapping[str, Content]) -> str:
    """SHA-256 of documents by their ids; the order of their fields is no difference."""
    return hashlib.sha256(json.dumps(documents, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True)
class Writer:
    """The process that ran it."""

    user: str
    host: str
    pid: int
    process_started: float
    """As ``started_at`` has it: by it another process of the same number is told from it."""
    machine: str | None = None
    """As ``this_machine`` has it; None in what an earlier version has written."""


@dataclass(frozen=True)
class Run:
    """One run. Times are seconds since the epoch."""

    number: int
    command: str
    """``up``, ``down``, ``import`` or ``refresh``, with what it was limited to."""
    began: float
    writer: Writer
    documents: str
    """Digest of the documents that it was for."""
    commit: str | None = None
    """The commit that the project's folder was at, with ``+changes`` where files differed from it."""
    plan: str | None = None
    """The saved plan that it applied."""
    rollback_to: int | None = None
    """The run whose documents it went back to."""
    seconds: float | None = None
    result: Result = "running"
    counts: Mapping[str, int] = field(default_factory=dict)
    """Resources by what was done with them."""
    changes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The same for each document of which something was changed."""
    errors: Sequence[str] = field(default_factory=list)


@dataclass(frozen=True)
class HistoryFiles:
    """The folder of one stack's history."""

    folder: BackendFile
    beside_state: bool = True
    """Whether it lies in the backend of the state; else it is this computer's alone."""
    local_folder: Path | None = None
    """A folder of this computer for what only it needs; None: that of the history, which is one."""

    @property
    def local(self) -> Path:
        """The folder for what only this computer needs, such as how far a run has come."""
        return self.local_folder or Path(str(self.folder))

    def of_member(self, stack: str) -> "HistoryFiles":
        """That of one of several stacks of the estate."""
        local = None if self.local_folder is None else self.local_folder / "stacks" / stack
        return replace(self, folder=self.folder / "stacks" / stack, local_folder=local)

    def begin(self, run: Run, documents: Mapping[str, Content]) -> Run:
        """Write down that a run begins; it gets the next number. Raises OSError."""
        self._write_documents(run.documents, documents)
        number = max(self.numbers(), default=0)
        while True:
            number += 1
            numbered = Run(**{**vars(run), "number": number})
            # Of two that begin at once each has a number of its own.
            if write_new(self._file(number), _content(numbered)):
                return numbered

    def write(self, run: Run) -> None:
        """Replace what is written of a run. Raises OSError."""
        replace_durably(self._file(run.number), _content(run))

    def numbers(self) -> list[int]:
        """The numbers of all runs, in order."""
        return sorted(int(file.stem) for file in self.folder.glob("*.json") if file.stem.isdecimal())

    def runs(self) -> Iterator[Run]:
        """All runs in order; those whose file was not written whole are left out."""
        runs = read_together(self.folder, self._read, self.numbers())
        return (run for run in runs if run is not None)

    def run(self, number: int) -> Run:
        """The run of a number. Raises PacificError where there is none."""
        run = self._read(number)
        if run is None:
            numbers = self.numbers()
            known = f"{numbers[0]} to {numbers[-1]}" if numbers else "none: nothing was run yet"
            raise PacificError("the history has no such run", value=number, allowed=known, fix="see pacific history")
        return run

    def documents(self, run: Run) -> dict[str, Content]:
        """The documents of a run, by id. Raises PacificError where they cannot be read."""
        file = self._documents_file(run.documents)
        try:
            content: dict[str, Content] = json.loads(gzip.decompress(file.read_bytes()))
        except (OSError, EOFError, ValueError) as error:
            raise PacificError(f"the documents of run {run.number} cannot be read", place=str(file)) from error
        return content

    def prune(self) -> None:
        """Remove the oldest runs, beyond ``MOST_RUNS``, and documents that no run has any more. Raises OSError."""
        old = self.numbers()[:-MOST_RUNS]
        if not old:
            return
        for number in old:
            self._file(number).unlink(missing_ok=True)
        named = {self._documents_file(run.documents) for run in self.runs()}
        for file in (self.folder / "documents").glob("*.json.gz"):
            if file not in named:
                file.unlink(missing_ok=True)

    def _read(self, number: int) -> Run | None:
        try:
            content = json.loads(self._file(number).read_bytes())
            known = {name: content[name] for name in Run.__dataclass_fields__ if name in content}
            return Run(**{**known, "writer": Writer(**content["writer"])})
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write_documents(self, digest: str, documents: Mapping[str, Content]) -> None:
        file = self._documents_file(digest)
        if not file.is_file():
            text = json.dumps(documents, ensure_ascii=False, separators=(",", ":"))
            replace_durably(file, gzip.compress(text.encode(), compresslevel=6, mtime=0))

    def _file(self, number: int) -> BackendFile:
        return self.folder / f"{number:06}.json"

    def _documents_file(self, digest: str) -> BackendFile:
        return self.folder / "documents" / f"{digest}.json.gz"


def _content(run: Run) -> bytes:
    return json.dumps({"schema": FORMAT, **asdict(run)}).encode()
