"""Kills and pauses processes of a sandbox by the process numbers that its daemon has recorded."""

import contextlib
import signal
import time

import psutil

from pacific_infra.errors import PacificError
from pacific_sandbox.files import read_json
from pacific_sandbox.layout import Layout
from pacific_sandbox.processes.identity import ProcessIdentity

DAEMON = "daemon"
_GONE_WITHIN = 60.0


def kill(layout: Layout, name: str) -> int:
    """``kill -9`` the process ``name``; returns its process number once it is gone.

    The daemon starts it again. Of the daemon itself all processes end, and the next ``up`` starts them.
    Raises PacificError where no such process runs.
    """
    identity = recorded(layout, name)
    process = identity.find()
    if process is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    deadline = time.monotonic() + _GONE_WITHIN
    while identity.find() is not None:
        if time.monotonic() > deadline:
            raise PacificError(f"{name} is still there {_GONE_WITHIN:.0f} s after SIGKILL", value=identity.pid)
        time.sleep(0.01)
    return identity.pid


def pause(layout: Layout, name: str, seconds: float) -> int:
    """Stop the process ``name`` (SIGSTOP) for ``seconds`` and let it go on (SIGCONT), also when interrupted.

    Returns its number. Raises PacificError where no such process runs.
    """
    identity = recorded(layout, name)
    process = identity.find()
    if process is None:
        raise PacificError(f"{name} ended just now", fix="run the same command again")
    try:
        process.suspend()
        time.sleep(seconds)
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGCONT)
    return identity.pid


def recorded(layout: Layout, name: str) -> ProcessIdentity:
    """The process that the daemon has recorded as ``name``. Raises PacificError with the processes that run."""
    stored = read_json(layout.status)
    status = stored if isinstance(stored, dict) else {}
    stored_identities = {DAEMON: status.get("process")}
    stored_identities |= {entry["name"]: entry["process"] for entry in status.get("processes", ())}
    running = {
        key: identity for key, value in stored_identities.items() if (identity := ProcessIdentity.from_json(value))
    }
    daemon = running.get(DAEMON)
    if daemon is None or daemon.find() is None:
        raise PacificError("the sandbox is down", value=str(layout.root), fix="run `pacific sandbox up`")
    if name not in running:
        state = next((entry["state"] for entry in status["processes"] if entry["name"] == name), None)
        problem = "no such process" if state is None else f"the process is {state}, it does not run now"
        raise PacificError(problem, value=name, allowed=sorted(running))
    return running[name]
