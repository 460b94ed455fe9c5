"""Tells a dead owner of a file backend's stack lock from a living one.

Pulumi's file backend writes ``.pulumi/locks/organization/PROJECT/STACK/ID.json`` with pid, user, host and time, and
leaves it when the process is killed (pulumi: pkg/backend/diy/lock.go). Only a lock of this host whose process is gone,
or was started after the lock was written, is removed.
"""

import json
import socket
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psutil


def started_at(pid: int) -> float | None:
    """When the process with this pid started, in seconds since the epoch; None where there is none."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None


def remove_stale_locks(
    backend: Path,
    project: str,
    stack: str,
    *,
    host: str | None = None,
    process_started_at: Callable[[int], float | None] = started_at,
) -> list[int]:
    """Remove the locks that dead processes left on a stack of the file backend at ``backend``; returns their pids."""
    removed = []
    folder = backend / ".pulumi" / "locks" / "organization" / project / stack
    for file in sorted(folder.glob("*.json")):
        try:
            lock = json.loads(file.read_text())
            pid, owner_host = int(lock["pid"]), str(lock["hostname"])
            written = datetime.fromisoformat(lock["timestamp"]).timestamp()
        except (OSError, ValueError, KeyError, TypeError):
            continue  # half written or another version's: Pulumi itself will say what it is
        if owner_host != (host or socket.gethostname()):
            continue
        started = process_started_at(pid)
        if started is None or started > written + 60:
            file.unlink(missing_ok=True)
            removed.append(pid)
    return removed
