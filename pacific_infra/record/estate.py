"""Which stacks an estate is in, and which documents each of them holds: one file beside the stacks' own.

The stacks themselves say so too, but only all of them together. Only who has the estate's lock writes it.
"""

import fcntl
import json
import os
import socket
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from pacific_infra.errors import PacificError
from pacific_infra.record.backend import PROCESS_STARTED, StackFiles, replace_durably
from pacific_infra.record.bucket import BackendFile, write_new
from pacific_infra.record.processes import MACHINE, is_here, is_over, started_at, this_machine

FORMAT = "pacific.infra/estate/v1"


@dataclass(frozen=True)
class StackNote:
    """What is known of one stack."""

    documents: tuple[str, ...] = ()
    """Ids of those that it holds, or is about to hold."""
    inputs: str = ""
    """Digest of what its last whole run was made from, where that went well."""
    files: str = ""
    """What its files were like after that run: whoever changed them since is told by it."""
    outputs: str = ""
    """Digest of what other stacks can take from it."""


@dataclass(frozen=True)
class EstateRecord:
    """The stacks of one estate."""

    rule: str
    """How it is split, as JSON."""
    stacks: Mapping[str, StackNote] = field(default_factory=dict)
    moving: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Documents on the way from one stack to another, with both: an interrupted move is finished before all else."""

    @property
    def stack_of(self) -> dict[str, str]:
        """The stack that holds each document."""
        return {node: stack for stack, note in self.stacks.items() for node in note.documents}

    def noting(self, stack: str, note: StackNote) -> "EstateRecord":
        """The same with another note of a stack."""
        return replace(self, stacks={**self.stacks, stack: note})

    def adding(self, stack: str, documents: Iterable[str]) -> "EstateRecord":
        """The same with more documents in a stack."""
        note = self.stacks.get(stack, StackNote())
        return self.noting(stack, replace(note, documents=tuple(dict.fromkeys((*note.documents, *documents)))))

    def without(self, documents: Collection[str]) -> "EstateRecord":
        """The same with these documents in no stack."""
        stacks = {
            stack: replace(note, documents=tuple(node for node in note.documents if node not in documents))
            for stack, note in self.stacks.items()
        }
        return replace(self, stacks=stacks)


@dataclass(frozen=True)
class EstateRecordFile:
    """Where it is kept."""

    file: BackendFile

    @classmethod
    def of(cls, files: StackFiles) -> "EstateRecordFile":
        """That of the estate whose first stack has these ``files``."""
        return cls(folder_of(files.backend, files.project) / f"{files.stack}.json")

    def read(self) -> EstateRecord | None:
        """What is recorded; None: the estate is in one stack. Raises PacificError where it cannot be read."""
        try:
            content = json.loads(self.file.read_bytes())
            if content["schema"] != FORMAT:
                raise PacificError(
                    "the estate's stacks were recorded by another version of pacific",
                    place=str(self.file),
                    value=content["schema"],
                    allowed=FORMAT,
                )
            stacks = {
                stack: StackNote(**{**note, "documents": tuple(note["documents"])})
                for stack, note in content["stacks"].items()
            }
            moving = {node: (source, target) for node, (source, target) in content["moving"].items()}
            return EstateRecord(content["rule"], stacks, moving)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise PacificError("the record of the estate's stacks cannot be read", place=str(self.file)) from error

    def write(self, record: EstateRecord) -> None:
        """Replace it in one step. Raises OSError."""
        replace_durably(self.file, json.dumps({"schema": FORMAT, **asdict(record)}).encode())

    def remove(self) -> None:
        """Forget it: the estate is in one stack, or in none."""
        self.file.unlink(missing_ok=True)

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Keep others from changing the estate in the block. Killed, it is free again, on this computer.

        Raises PacificError where another one has it; ``name``: the estate's, to say so.
        """
        if not isinstance(self.file, Path):
            with _held(self.file.parent / f"{self.file.stem}.lock", name):
                yield
            return
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(self.file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600), "r+") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                problem = f"the estate {name} is locked by another run: process {stream.read().strip() or 'unknown'}"
                raise PacificError(problem, fix="wait for it to end") from None
            stream.truncate(0)
            stream.write(f"{os.getpid()} on {socket.gethostname()}\n")
            stream.flush()
            yield


@contextmanager
def _held(file: BackendFile, name: str) -> Iterator[None]:
    """Hold a lock of a bucket, which others on all computers see: a key that is written by the first alone."""
    owner = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        PROCESS_STARTED: started_at(os.getpid()),
        MACHINE: this_machine(),
        "id": str(uuid.uuid4()),
    }
    while not write_new(file, json.dumps(owner).encode()):
        try:
            other = json.loads(file.read_bytes())
            process, local = f"process {other['pid']} on {other['host']}", is_here(other["host"], other.get(MACHINE))
            dead = is_over(other["host"], other.get(MACHINE), other["pid"], other[PROCESS_STARTED])
        except FileNotFoundError:
            continue  # given back meanwhile
        except (ValueError, KeyError, TypeError):
            process, local, dead = "what has written it cannot be read", False, False
        if dead and remove_dead(file, other):
            continue
        fix = "wait for it to end" + ("" if local and not dead else f"; where it is dead: remove {file}")
        raise PacificError(f"the estate {name} is locked by another run: {process}", fix=fix)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def remove_dead(file: BackendFile, owner: Mapping[str, object]) -> bool:
    """Remove the lock of a dead ``owner``, and no later one: of several that want to, only who has written that it does
    looks again and removes it. Whether this one did.
    """
    claim = file.parent / f"{file.name}.{owner.get('id')}"
    if not write_new(claim, str(uuid.uuid4()).encode()):
        return False
    try:
        if json.loads(file.read_bytes()) == owner:
            file.unlink()
    except FileNotFoundError:
        pass
    finally:
        claim.unlink(missing_ok=True)
    return True


def folder_of(backend: BackendFile, project: str) -> BackendFile:
    """The folder with the records of a project's estates."""
    return backend / ".pulumi" / "pacific-estates" / project


def estate_with(backend: BackendFile, project: str, stack: str) -> str | None:
    """The estate of which ``stack`` is one of several; None: of none, or its first."""
    for file in sorted(folder_of(backend, project).glob("*.json"), key=str):
        record = EstateRecordFile(file).read()
        if record is not None and stack in record.stacks and stack != file.stem:
            return file.stem
    return None


def is_in_stacks(files: StackFiles) -> bool:
    """Whether a stack is recorded as one of several of an estate, or as its first."""
    if EstateRecordFile.of(files).read() is not None:
        return True
    return estate_with(files.backend, files.project, files.stack) is not None
