"""The Pulumi CLI as a child process that can be interrupted gracefully."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import IO

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from pacific_infra.converge.interrupts import interrupts_to

OutputCallback = Callable[[str], object] | None
_OVERRIDES: ContextVar[Mapping[str, str]] = ContextVar("overrides", default=MappingProxyType({}))
"""Variables of the commands that a thread runs, beside those of the process."""


class PulumiProcess(PulumiCommand):
    """Automation API's command, in a session of its own so that a Ctrl-C reaches the engine once and through us.

    The engine then finishes what is in flight, records it and ends; a second interrupt ends it at once.
    """

    def __init__(self, program: Path, version: tuple[int, ...], environment: Mapping[str, str]) -> None:
        # The base's own runs the CLI to ask for the version: 0.2 s of every command, for what the toolchain knows.
        self.command = str(program)
        self.version_numbers = version
        self.version = VersionInfo(*version)
        self.environment = dict(environment)
        self._running: list[subprocess.Popen[str]] = []
        """Commands that have not ended; an engine may wait in one thread while another asks for an output."""
        self.interrupts = 0

    @contextmanager
    def with_variables(self, variables: Mapping[str, str]) -> Iterator[None]:
        """In the block, commands of this thread get these variables in addition, which override existing ones."""
        token = _OVERRIDES.set({**_OVERRIDES.get(), **variables})
        try:
            yield
        finally:
            _OVERRIDES.reset(token)

    def interrupt(self) -> None:
        """Ask the running commands to stop; called again, end them with their children."""
        self.interrupts += 1
        for process in tuple(self._running):
            if process.poll() is not None:
                continue
            if self.interrupts == 1:
                process.send_signal(signal.SIGINT)
            else:
                os.killpg(process.pid, signal.SIGKILL)

    def end(self, within: float) -> None:
        """End a command that runs in another thread, gracefully where that takes no more than ``within`` seconds."""
        for process in tuple(self._running):
            process.send_signal(signal.SIGINT)
            try:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(within)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OutputCallback = None,
        on_error: OutputCallback = None,
    ) -> CommandResult:
        """Run one command without prompts. Raises pulumi.automation.CommandError when it fails."""
        lines: tuple[list[str], list[str]] = ([], [])

        def consume(stream: IO[str], callback: OutputCallback, into: list[str]) -> None:
            for line in stream:
                into.append(line.rstrip())
                if callback:
                    callback(line.rstrip())

        with subprocess.Popen(
            [self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={
                **os.environ,
                **additional_env,
                **self.environment,
                **_OVERRIDES.get(),
                "PULUMI_AUTOMATION_API": "true",
            },
            encoding="utf-8",
            start_new_session=True,
        ) as process:
            self._running.append(process)
            try:
                if process.stdout is None or process.stderr is None:
                    raise RuntimeError("the pipes of a process just started are there")
                readers = [
                    threading.Thread(target=consume, args=(process.stdout, on_output, lines[0])),
                    threading.Thread(target=consume, args=(process.stderr, on_error, lines[1])),
                ]
                for reader in readers:
                    reader.start()
                for reader in readers:
                    reader.join()
                code = process.wait()
            finally:
                self._running.remove(process)
        result = CommandResult(stdout="\n".join(lines[0]), stderr="\n".join(lines[1]), code=code)
        if code != 0:
            raise create_command_error(result)
        return result

    @contextmanager
    def interrupted_by_signals(self, on_interrupt: Callable[[int], object]) -> Iterator[None]:
        """While inside, SIGINT and SIGTERM go to the engine; ``on_interrupt`` gets how many there were so far."""

        def handle() -> None:
            self.interrupt()
            on_interrupt(self.interrupts)

        with interrupts_to(handle):
            yield
