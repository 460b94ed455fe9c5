"""What containers write, kept in files in the format of Kubernetes' container runtimes.

Each line: time, stream, ``F`` for a full line or ``P`` for a part of one, text (CRI logging format).
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

from pacific_sandbox.files import private_directory
from pacific_sandbox.reconcile.times import seconds_of
from pacific_sandbox.spherelet.pod_runtime import LogRequest, RuntimeCannot

_LIMIT: Final = 10 * 2**20
"""Bytes of a run's log after which its older part is dropped, as a kubelet rotates."""
_LOOK = 0.5
"""Seconds after which a follower looks again for the end of its container."""


class ContainerLogs:
    """The logs of one pod's containers, one file for each run."""

    def __init__(self, directory: Path) -> None:
        self._directory = private_directory(directory)
        self._written = asyncio.Event()

    def append(self, container: str, run: int, time: str, stream: str, text: bytes, *, partial: bool) -> None:
        """Add what a container has written: a line, or with ``partial`` a piece of one."""
        path = self.path(container, run)
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size > _LIMIT:
                path.replace(path.with_suffix(".log.1"))
        flag = "P" if partial else "F"
        with path.open("ab") as file:
            file.write(f"{time} {stream} {flag} ".encode() + text.removesuffix(b"\n") + b"\n")
        written, self._written = self._written, asyncio.Event()
        written.set()

    async def read(self, request: LogRequest, run: int, *, ended: Callable[[], bool]) -> AsyncIterator[bytes]:
        """The part of a container's log that is asked for; with ``follow`` until ``ended`` says that no more comes.

        ``run`` is the container's present one. Raises RuntimeCannot where there is no previous one.
        """
        if request.previous:
            run -= 1
        path = self.path(request.container, run)
        if request.previous and not path.exists():
            raise RuntimeCannot(f'previous terminated container "{request.container}" in pod not found')
        lines, position = _lines(path, request)
        left = request.limit_bytes
        while True:
            for line in lines:
                yield line if left is None else line[:left]
                left = None if left is None else left - len(line)
                if left is not None and left <= 0:
                    return
            if not request.follow:
                return
            over, written = ended(), self._written
            lines, position = _lines_after(path, position, request)
            if not lines and over:
                return
            if not lines:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK):
                        await written.wait()

    def path(self, container: str, run: int) -> Path:
        """The file of a container's run."""
        return self._directory / f"{container}-{run}.log"


def _lines(path: Path, request: LogRequest) -> tuple[list[bytes], int]:
    """What is there and wanted, as it is shown, and where in the file it ends."""
    older = path.with_suffix(".log.1")
    content = older.read_bytes() if older.exists() else b""
    now = path.read_bytes() if path.exists() else b""
    lines = [
        line
        for line in (content + now).splitlines(keepends=True)
        if request.since is None or seconds_of(line.split(b" ", 1)[0].decode()) >= request.since
    ]
    if request.tail_lines is not None:
        lines = lines[max(len(lines) - request.tail_lines, 0) :]
    return [_shown(line, request) for line in lines], len(now)


def _lines_after(path: Path, position: int, request: LogRequest) -> tuple[list[bytes], int]:
    """The whole lines from ``position`` on, as they are shown, and where they end."""
    try:
        with path.open("rb") as file:
            if position > path.stat().st_size:
                position = 0  # Its older part has just been dropped.
            file.seek(position)
            content = file.read()
    except FileNotFoundError:
        return [], position
    whole = content[: content.rfind(b"\n") + 1]
    return [_shown(line, request) for line in whole.splitlines(keepends=True)], position + len(whole)


def _shown(line: bytes, request: LogRequest) -> bytes:
    time, _, flag, text = line.split(b" ", 3)
    if flag == b"P":
        text = text.removesuffix(b"\n")
    return time + b" " + text if request.timestamps else text
