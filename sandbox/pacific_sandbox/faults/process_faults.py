"""Kills and pauses parts of a sandbox by the process numbers that its daemon has recorded."""

import contextlib
import signal
import time

import psutil

from pacific_infra.errors import PacificError
from pacific_sandbox.files import read_json
from pacific_sandbox.layout import Layout
from pacific_sandbox.process_identity import ProcessIdentity

DAEMON = "daemon"
_GONE_WITHIN = 5.0


def kill(layout: Layout, part: str) -> int:
    """``kill -9`` a part; returns its process number once it is gone.

    The daemon starts it again. Of the daemon itself all parts end, and the next ``up`` starts them.
    Raises PacificError where no such part runs.
    """
    identity = recorded(layout, part)
    process = identity.find()
    if process is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    deadline = time.monotonic() + _GONE_WITHIN
    while identity.find() is not None:
        if time.monotonic() > deadline:
            raise PacificError(f"{part} is still there {_GONE_WITHIN:.0f} s after SIGKILL", value=identity.pid)
        time.sleep(0.01)
    return identity.pid


def pause(layout: Layout, part: str, seconds: float) -> int:
    """Stop a part (SIGSTOP) for ``seconds`` and let it go on (SIGCONT), also when interrupted; its process number.

    Raises PacificError where no such part runs.
    """
    identity = recorded(layout, part)
    process = identity.find()
    if process is None:
        raise PacificError(f"{part} ended just now", fix="run the same command again")
    try:
        process.suspend()
        time.sleep(seconds)
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGCONT)
    return identity.pid


def recorded(layout: Layout, part: str) -> ProcessIdentity:
    """The process of a part. Raises PacificError with the parts that run."""
    stored = read_json(layout.status)
    status = stored if isinstance(stored, dict) else {}
    found = {DAEMON: status.get("process")} | {one["name"]: one["process"] for one in status.get("parts", ())}
    running = {name: identity for name, value in found.items() if (identity := ProcessIdentity.from_json(value))}
    daemon = running.get(DAEMON)
    if daemon is None or daemon.find() is None:
        raise PacificError("the sandbox is down", value=str(layout.root), fix="run `pacific sandbox up`")
    if part not in running:
        state = next((one["state"] for one in status["parts"] if one["name"] == part), None)
        what = "no such part" if state is None else f"the part is {state}, it has no process now"
        raise PacificError(what, value=part, allowed=sorted(running))
    return running[part]
