"""A stack in a backend of Pulumi's that is files: its checkpoint, and the lock that says who writes it.

Layout and formats are those of pkg/backend/diy of github.com/pulumi/pulumi/pkg/v3 v3.274.1, so that plain ``pulumi``
reads and writes the same stack.
"""

import hashlib
import json
import os
import socket
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.record.bucket import BackendFile, BucketFile
from pacific_infra.record.integrity import damages_of
from pacific_infra.record.processes import MACHINE, started_at, this_machine, user_name
from pacific_infra.record.replay import Deployment, features_of

NEWEST_CHECKPOINT = 4
"""The newest version of checkpoints that is understood."""
PROCESS_STARTED = "pacificProcessStarted"
"""Our field of a lock, which Pulumi does not know: when its process was started, as ``started_at`` has it."""


@dataclass(frozen=True)
class Checkpoint:
    """What a backend holds of a stack."""

    deployment: Deployment | None
    version: int
    features: tuple[str, ...]
    digest: str
    """Digest of the file's bytes, by which a journal names the checkpoint that it builds on."""


@dataclass(frozen=True)
class StackFiles:
    """Where a backend keeps one stack."""

    backend: BackendFile
    """The folder that ``file://`` names, or what is like one in a bucket."""
    project: str
    stack: str

    @property
    def checkpoint(self) -> BackendFile:
        """Pulumi's own file of the stack."""
        return self.backend / ".pulumi" / "stacks" / self.project / f"{self.stack}.json"

    @property
    def locks(self) -> BackendFile:
        """The folder of the stack's locks."""
        return self.backend / ".pulumi" / "locks" / "organization" / self.project / self.stack

    @property
    def journal(self) -> Path | None:
        """Our file; Pulumi looks at nothing in its folder. None: the backend is no folder, and the engine records into
        it itself.
        """
        if not isinstance(self.backend, Path):
            return None
        return self.backend / ".pulumi" / "pacific-journals" / self.project / f"{self.stack}.jsonl"

    @property
    def history(self) -> BackendFile:
        """Our folder of what was run, beside the journals."""
        return self.backend / ".pulumi" / "pacific-history" / self.project / self.stack

    @property
    def qualified_name(self) -> str:
        """The stack's name in its checkpoint."""
        return f"organization/{self.project}/{self.stack}"

    def is_being_written(self) -> bool:
        """Whether a run goes on, or has left something to settle."""
        return (self.journal is not None and self.journal.exists()) or any(self.locks.glob("*.json"))

    def exists(self) -> bool:
        """Whether the stack exists as an uncompressed JSON file, the only supported form."""
        return self.checkpoint.is_file()


def read_checkpoint(files: StackFiles) -> Checkpoint:
    """Read the stack's checkpoint. Raises PacificError where it cannot be read, is damaged or of a newer version."""
    try:
        text = files.checkpoint.read_bytes()
        document = json.loads(text)
        version, latest = int(document["version"]), document["checkpoint"].get("latest")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        problem = "the stack's checkpoint cannot be read"
        raise PacificError(problem, place=str(files.checkpoint), fix="restore it from a backup") from error
    if version > NEWEST_CHECKPOINT:
        allowed = f"{NEWEST_CHECKPOINT} or older"
        raise PacificError(
            "the stack's checkpoint is of a newer version", place=str(files.checkpoint), value=version, allowed=allowed
        )
    if (damage := next(damages_of(latest, files.project, files.stack), None)) is not None:
        fix = f"restore it from a backup, or try pulumi state repair --stack {files.stack}"
        raise PacificError(f"the stack's checkpoint is damaged: {damage}", place=str(files.checkpoint), fix=fix)
    return Checkpoint(latest, version, tuple(document.get("features") or ()), hashlib.sha256(text).hexdigest())


def write_checkpoint(files: StackFiles, deployment: Deployment, *, byte_strings: bool = False) -> None:
    """Replace the stack's checkpoint in one step: after a crash it is the old one or the new one, never a part.

    Raises OSError, and leaves the old one, where the disk does not take it.
    """
    features = features_of(deployment, byte_strings=byte_strings)
    document: dict[str, Any] = {"version": 4 if features else 3}
    if features:
        document["features"] = features
    document["checkpoint"] = {"stack": files.qualified_name, "latest": deployment}
    replace_durably(files.checkpoint, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def replace_durably(file: BackendFile, content: bytes, *, mode: int = 0o600) -> None:
    """Write ``content`` to ``file`` in one step, so that it outlives a crash of the machine. ``mode``: of a new file in
    a folder, without what the user's umask takes away.
    """
    if isinstance(file, BucketFile):
        file.bucket.put(file.key, content)
        return
    file = Path(str(file))
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Have the folder's entries outlive a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class BackendLock:
    """The file that keeps others, plain ``pulumi`` among them, from writing the stack meanwhile."""

    def __init__(self, files: StackFiles) -> None:
        self._files = files
        self._file = files.locks / f"{uuid.uuid4()}.json"

    def acquire(self) -> None:
        """Take the lock. Raises PacificError with the words that the engine knows where another process has it."""
        self._refuse_if_locked()
        content = {
            "pid": os.getpid(),
            "username": user_name(),
            "hostname": socket.gethostname(),
            "timestamp": datetime.now(UTC).isoformat(),
            PROCESS_STARTED: started_at(os.getpid()),
            MACHINE: this_machine(),
        }
        replace_durably(self._file, json.dumps(content).encode())
        try:
            # Whoever wrote at the same time sees ours as well, and both give way.
            self._refuse_if_locked()
        except PacificError:
            self.release()
            raise

    def release(self) -> None:
        """Give the lock back; nothing happens where it was not taken."""
        self._file.unlink(missing_ok=True)

    def _refuse_if_locked(self) -> None:
        if any(file != self._file for file in self._files.locks.glob("*.json")):
            raise PacificError("Another update is currently in progress.")
