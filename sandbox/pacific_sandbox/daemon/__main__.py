"""The background process of a sandbox: ``python -m pacific_sandbox.daemon --directory DIR``.

It holds the sandbox's lock as long as it lives, serves the simulated vCenter and the login service, and keeps the other
programs running. Everything it knows of itself is in ``daemon.json``.
"""

import argparse
import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from pacific_infra.errors import PacificError
from pacific_sandbox.configuration import SandboxConfiguration
from pacific_sandbox.files import private_directory, read_json, write_json
from pacific_sandbox.layout import Layout
from pacific_sandbox.processes.identity import ProcessIdentity, end, identify

_LOCK_TRIES = 50
_log = logging.getLogger(__name__)


class StatusFile:
    """``daemon.json``: phase, process, address of the vCenter, processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._processes: Callable[[], list[dict[str, Any]]] = list
        self._scheduled = False
        self._status: dict[str, Any] = {
            "phase": "starting",
            "process": identify(os.getpid()),
            "since": time.time(),
            "vcenter": None,
            "error": None,
        }
        self.write()

    def follow(self, processes: Callable[[], list[dict[str, Any]]]) -> None:
        """Ask ``processes`` for the processes' status from now on."""
        self._processes = processes

    def set(self, **values: Any) -> None:
        """Change fields and write."""
        self._status |= values
        self.write()

    def changed(self) -> None:
        """Write soon: several changes in one go."""
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_later(0.05, self.write)

    def write(self) -> None:
        """Write now."""
        self._scheduled = False
        # The folder may have been deleted while the sandbox runs.
        with contextlib.suppress(OSError):
            write_json(self._path, {**self._status, "processes": self._processes()})


def take_lock(path: Path) -> IO[str] | None:
    """Hold the sandbox's lock until the process ends; None where another daemon holds it."""
    private_directory(path.parent)
    file = path.open("a")
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(0.02)  # Somebody may just be asking whether it is held.
        else:
            return file
    file.close()
    return None


def end_leftovers(layout: Layout) -> None:
    """End the processes of a daemon that was killed where the system does not do it (elsewhere than on Linux)."""
    status = read_json(layout.status)
    processes = status.get("processes", ()) if isinstance(status, dict) else ()
    identities = [identity for process in processes if (identity := ProcessIdentity.from_json(process.get("process")))]
    end(identities, grace=3.0)


async def run(layout: Layout, status: StatusFile) -> None:
    """Start everything, wait for SIGTERM or SIGINT, stop everything."""
    # Only the daemon itself needs these: `--help` and a second daemon should not wait for them.
    from pacific_sandbox.daemon.services import Services  # noqa: PLC0415

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    services = Services(layout, SandboxConfiguration.read(layout.mark), status.changed)
    status.follow(services.processes.as_json)
    try:
        starting = asyncio.create_task(services.start())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            status.set(phase="ready", vcenter=starting.result())
        else:
            starting.cancel()
        await stopping
        status.set(phase="stopping")
    finally:
        await services.stop()


def main() -> None:
    """Become a daemon and run."""
    parser = argparse.ArgumentParser(prog="python -m pacific_sandbox.daemon")
    parser.add_argument("--directory", type=Path, required=True, help="folder of the sandbox")
    layout = Layout(parser.parse_args().directory)
    os.umask(0o077)
    if os.fork():  # The caller waits for this one, and so leaves no zombie behind.
        os._exit(0)
    os.setsid()
    lock = take_lock(layout.lock)
    if lock is None:
        return
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx2", "httpcore2"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    end_leftovers(layout)
    status = StatusFile(layout.status)
    try:
        asyncio.run(run(layout, status))
    except PacificError as error:
        _log.error("%s", error)
        status.set(phase="failed", error=str(error))
        raise SystemExit(1) from None
    except Exception as error:
        _log.exception("the sandbox's daemon failed")
        status.set(phase="failed", error=f"{type(error).__name__}: {error}")
        raise
    status.set(phase="down")


if __name__ == "__main__":
    main()
