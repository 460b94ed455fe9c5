"""The journal of one run: one line per step of the engine, written to disk before the engine continues.

The first line says which checkpoint the steps build on. A last line that was not written whole is no step: the engine
was never told that it was recorded. An entry that the engine sent again is there once.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from pacific_infra.errors import PacificError
from pacific_infra.record.backend import (
    Checkpoint,
    StackFiles,
    read_checkpoint,
    sync_folder,
    write_checkpoint,
)
from pacific_infra.record.replay import Deployment, Entry, Replay

FORMAT = 1
"""Format of the file; another version of pacific may write another."""


class Journal:
    """Appends the entries of one run. Not for several threads at a time."""

    def __init__(self, files: StackFiles) -> None:
        self._files = files
        self._stream: BinaryIO | None = None
        self._size = 0

    def append(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Write the entries and wait for the disk. Raises OSError, with nothing of them left, where it is full."""
        stream = self._open()
        try:
            _write_line(stream, entries)
            os.fdatasync(stream.fileno())
        except OSError:
            # A part of a line in the middle of the file would hide all that comes after it.
            os.ftruncate(stream.fileno(), self._size)
            raise
        self._size = os.fstat(stream.fileno()).st_size

    def _open(self) -> BinaryIO:
        if self._stream is None:
            path = self._files.journal
            if path is None:
                raise RuntimeError("only a stack in a folder is journaled: see can_journal")
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
            stream = os.fdopen(descriptor, "wb", buffering=0)
            try:
                _write_line(stream, {"format": FORMAT, "checkpoint": read_checkpoint(self._files).digest})
                os.fsync(descriptor)
                sync_folder(path.parent)
            except BaseException:
                # Steps behind a part of the first line would be of no checkpoint: the next step begins anew.
                stream.close()
                raise
            self._size = os.fstat(descriptor).st_size
            self._stream = stream
        return self._stream

    def close(self) -> None:
        """Close the file; what is in it stays."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _write_line(stream: BinaryIO, value: object) -> None:
    line = memoryview(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    while line:  # a disk that is nearly full takes a part and says nothing
        line = line[stream.write(line) :]


def current_deployment(files: StackFiles) -> tuple[Deployment | None, Checkpoint]:
    """The deployment with the steps of a run that was killed, or is still going, and the checkpoint below it.

    Raises PacificError where either cannot be read.
    """
    checkpoint = read_checkpoint(files)
    entries = read_entries(files.journal, checkpoint) if files.journal is not None else ()
    return (_replay(checkpoint, entries) if entries else checkpoint.deployment), checkpoint


def _replay(checkpoint: Checkpoint, entries: Sequence[Entry]) -> Deployment:
    replay = Replay(dict(checkpoint.deployment or {}))
    for entry in entries:
        replay.add(entry)
    return replay.deployment()


def settle(files: StackFiles) -> bool:
    """Make a checkpoint of the journal and take it away; says whether there was anything to settle.

    May be repeated and killed at any point: a journal of another checkpoint than the one that is there is settled
    already, or overtaken by a run that did not know it. Raises PacificError where a file cannot be read or written.
    """
    if files.journal is None or not files.journal.exists():
        return False
    checkpoint = read_checkpoint(files)
    entries = read_entries(files.journal, checkpoint)
    if entries:
        byte_strings = "byteString" in checkpoint.features or any(entry.get("requiresByteString") for entry in entries)
        try:
            write_checkpoint(files, _replay(checkpoint, entries), byte_strings=byte_strings)
        except OSError as error:
            raise PacificError(
                f"the record of the last run cannot be saved ({error.strerror}); it is kept in its journal",
                place=str(files.checkpoint),
                fix="free some space, then run the same command again",
            ) from error
    files.journal.unlink()
    return bool(entries)


def has_pending_creations(files: StackFiles) -> bool:
    """Whether creations are recorded of which nobody knows how they ended."""
    deployment, _ = current_deployment(files)
    return any(operation["type"] == "creating" for operation in (deployment or {}).get("pending_operations") or ())


def forget_pending_creations(files: StackFiles) -> None:
    """Take them out of the checkpoint: what they made, if anything, the next run finds by its mark. Only for who has
    the stack's lock, and has settled its journal.
    """
    checkpoint = read_checkpoint(files)
    deployment = dict(checkpoint.deployment or {})
    pending = deployment.pop("pending_operations", None) or ()
    if kept := [operation for operation in pending if operation["type"] != "creating"]:
        deployment["pending_operations"] = kept
    write_checkpoint(files, deployment, byte_strings="byteString" in checkpoint.features)


def read_entries(path: Path, checkpoint: Checkpoint) -> list[Entry]:
    """The entries of a journal by sequence, without repetitions; empty if it is for another checkpoint.

    Raises PacificError for a journal of another version.
    """
    by_sequence: dict[int, Entry] = {}
    for entry in _lines(path, checkpoint):
        by_sequence.setdefault(int(entry["sequenceID"]), entry)
    return [by_sequence[sequence] for sequence in sorted(by_sequence)]


def _lines(path: Path, checkpoint: Checkpoint) -> Iterator[Entry]:
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    with stream:
        try:
            header = json.loads(stream.readline())
            version, digest = header["format"], header["checkpoint"]
        except (ValueError, KeyError, TypeError):
            return  # killed while the first line was written: no step was recorded yet
        if version != FORMAT:
            raise PacificError(
                "the journal of the last run was written by another version of pacific",
                place=str(path),
                value=version,
                allowed=str(FORMAT),
                fix="run pacific up once with that version",
            )
        if digest != checkpoint.digest:
            return
        for line in stream:
            if not line.endswith(b"\n"):
                return
            try:
                yield from json.loads(line)
            except ValueError:
                return  # what follows a torn line was never acknowledged
