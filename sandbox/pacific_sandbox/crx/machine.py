"""A running QEMU and the channel to the init in it."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from pacific_sandbox.crx.machine_command import Accelerator, MachineFiles, MachineSettings, machine_command
from pacific_sandbox.files import private_directory
from pacific_sandbox.processes import launch

Message = dict[str, Any]
"""One line of the channel; tools/crx-init/channel.go says what is in it."""
_LINE_LIMIT = 2**22
_log = logging.getLogger(__name__)


class MachineEnded(Exception):
    """The machine is gone; its text says what it last wrote, in one line."""


class Machine:
    """One machine. It is killed with this process, ``kill -9`` included (processes/launch.py)."""

    def __init__(self, files: MachineFiles, settings: MachineSettings, directory: Path) -> None:
        """``directory`` is for its console and QEMU's errors."""
        self._files = files
        self._settings = settings
        self._directory = private_directory(directory)
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def process_number(self) -> int | None:
        """QEMU's process number while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running else None

    async def start(self, accelerator: Accelerator, network: socket.socket | None = None) -> None:
        """Start QEMU; the guest is not up yet. ``network`` is its end of a cable, and closed here."""
        host_end, machine_end = socket.socketpair()
        inherited = [machine_end, network] if network is not None else [machine_end]
        console = self._directory / "console.log"
        command = machine_command(
            self._files,
            self._settings,
            accelerator,
            console,
            channel=machine_end.fileno(),
            network=network.fileno() if network is not None else None,
        )
        console.unlink(missing_ok=True)
        errors = os.open(self._directory / "qemu.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-S",
                launch.__file__,
                str(os.getpid()),
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                pass_fds=[descriptor.fileno() for descriptor in inherited],
            )
        finally:
            os.close(errors)
            for descriptor in inherited:
                descriptor.close()
        host_end.setblocking(False)
        self._reader, self._writer = await asyncio.open_connection(sock=host_end, limit=_LINE_LIMIT)

    async def receive(self) -> Message:
        """The next message of the guest. Raises MachineEnded."""
        if self._reader is None:
            raise MachineEnded("the machine was not started")
        try:
            line = await self._reader.readuntil(b"\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            raise MachineEnded(self._last_words()) from None
        message: Message = json.loads(line)
        return message

    async def send(self, message: Message) -> None:
        """Send a message. Raises MachineEnded."""
        if self._writer is None:
            raise MachineEnded("the machine was not started")
        self._writer.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        try:
            await self._writer.drain()
        except ConnectionError:
            raise MachineEnded(self._last_words()) from None

    async def end(self) -> None:
        """Kill it, and wait until it is gone."""
        self.kill()
        if self._process is not None:
            await self._process.wait()
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()

    def signal(self, number: signal.Signals) -> None:
        """Send QEMU a signal, if it runs."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def kill(self) -> None:
        """Kill it at once."""
        self.signal(signal.SIGKILL)

    def _last_words(self) -> str:
        for name in ("qemu.log", "console.log"):
            with contextlib.suppress(FileNotFoundError):
                text = (self._directory / name).read_text(errors="replace")
                lines = [line.strip() for line in text.splitlines() if line.strip()]
                if lines:
                    return f"the machine has ended: {lines[-1]}"
        return "the machine has ended"
