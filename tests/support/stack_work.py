"""Work that stands for the convergence of a stack; it is sent to workers by its name."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from pacific_infra.cli.session import Session
from pacific_infra.errors import PacificError
from tests.support.waiting import PATIENCE


def converge(session: Session) -> dict[str, Any]:
    """What the worker knows of the stack."""
    print(f"converging {session.project.stack}", file=sys.stderr)  # noqa: T201 - output of a worker
    return {
        "stack": session.project.stack,
        "documents": list(session.graph.order),
        "owner": os.environ["PACIFIC_OWNER"],
        "operations": session.operations,
        "files": sorted(file.name for file in session.project.directory.iterdir()),
        "folder": str(session.project.directory),
        "process": os.getpid(),
    }


def refuse(_: Session) -> None:
    """Fail as a stack does."""
    raise PacificError("wrong", place="a.yaml:3", value=True, allowed="b", fix="write b")


def die(_: Session) -> None:
    """End as a killed engine does."""
    os.kill(os.getpid(), signal.SIGKILL)


def wait_in(folder: str, _: Session) -> None:
    """Say in ``folder`` which process this is, and work on until it is interrupted, or the file ``go`` is there."""
    Path(folder, "process").write_text(str(os.getpid()))
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if Path(folder, "go").exists():
            return
        time.sleep(0.1)


def hold_out_in(folder: str, session: Session) -> None:
    """As ``wait_in``, and let no interrupt end it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wait_in(folder, session)
