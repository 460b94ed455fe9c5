"""A child process of the language host: ends when its call is cancelled, and never outlives the host."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Protocol


class Call(Protocol):
    """The part of a gRPC context that is needed here."""

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Call back when the call ends, by success or failure; False where it has ended already."""


class Children:
    """The children that run now, so that all of them end with the host."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False
        self._lock = threading.Lock()

    def run(self, call: Call, command: Sequence[str], directory: str, stdin: bytes) -> int:
        """Run ``command`` with ``given`` on its input and the host's own output; returns its exit code."""
        process = self._start(call, command, directory, stdin=subprocess.PIPE)
        with contextlib.suppress(BrokenPipeError):
            process.communicate(stdin)
        self._running.discard(process)
        return process.returncode

    def stream(
        self,
        call: Call,
        command: Sequence[str],
        directory: str,
        environment: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> Iterator[tuple[str, bytes]]:
        """Run ``command``; yields ("stdout" or "stderr", bytes) as they come, at the end ("exit", code in decimal).

        ``given`` is its whole input, which it reads before it says much; None: it has none.
        """
        process = self._start(
            call,
            command,
            directory,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            environment=environment,
        )
        queue: SimpleQueue[tuple[str, bytes]] = SimpleQueue()

        def forward(name: str, stream: IO[bytes]) -> None:
            with stream:
                while data := stream.read1(65536):  # type: ignore[attr-defined]  # a BufferedReader, typed as IO
                    queue.put((name, data))
            queue.put((name, b""))

        for name, stream in (("stdout", process.stdout), ("stderr", process.stderr)):
            if stream is None:
                raise RuntimeError("the pipes of a process just started are there")
            threading.Thread(target=forward, args=(name, stream), daemon=True).start()
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError), process.stdin as input_stream:
                input_stream.write(stdin or b"")
        still_open = 2
        while still_open:
            name, data = queue.get()
            if data:
                yield name, data
            else:
                still_open -= 1
        code = process.wait()
        self._running.discard(process)
        yield "exit", str(code).encode()

    def close(self) -> None:
        """End every child; none starts any more."""
        with self._lock:
            self._closed = True
            for process in list(self._running):
                _end(process)

    def _start(
        self,
        call: Call,
        command: Sequence[str],
        directory: str,
        *,
        stdin: int,
        stdout: int | None = None,
        stderr: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise RuntimeError("the language host is ending")
            process = subprocess.Popen(
                command,
                cwd=Path(directory),
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=None if environment is None else dict(environment),
            )
            self._running.add(process)
        if not call.add_callback(lambda: _end(process)):
            _end(process)
        return process


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()


def python_command(python: Path, script: str, *arguments: str) -> list[str]:
    """The command that runs one of this package's stand-alone scripts with another interpreter."""
    return [str(python), "-u", str(Path(__file__).with_name(script)), *arguments]


def flush() -> None:
    """Write out what is buffered on both streams."""
    sys.stdout.flush()
    sys.stderr.flush()
