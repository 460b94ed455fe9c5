"""One command that a user runs in a container (``kubectl exec``): its streams between terminal and machine."""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from pacific_sandbox.crx.machine import MachineEnded
from pacific_sandbox.crx.pod_in_machine import PodInMachine, content
from pacific_sandbox.spherelet.pod_runtime import RuntimeCannot, Terminal

_PIECE = 32 * 2**10
"""Bytes of standard input that are sent at a time."""


class CommandInMachine:
    """A command of one container."""

    def __init__(self, pod: PodInMachine, terminal: Terminal) -> None:
        self._pod, self._terminal = pod, terminal
        self._number, self._answers = pod.open_command()
        self._in_use = asyncio.Event()

    async def run(self, container: str, command: Sequence[str]) -> int:
        """Run it to its end: the exit code. Raises RuntimeCannot."""
        tty, tasks = self._terminal.tty, []
        try:
            await self._send({"type": "exec", "container": container, "command": list(command), "terminal": tty})
            tasks.append(asyncio.create_task(self._pass_input()))
            if tty:
                tasks.append(asyncio.create_task(self._pass_size()))
            return await self._pass_output()
        except MachineEnded as error:
            raise RuntimeCannot(str(error)) from None
        finally:
            self._pod.close_command(self._number)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pass_output(self) -> int:
        while True:
            answer = await self._answers.get()
            if answer["type"] == "taken":
                self._in_use.set()
            elif answer["type"] == "output":
                await self._terminal.write(content(answer), error=answer["stream"] == "stderr")
            elif answer.get("error"):
                raise RuntimeCannot(answer["error"])
            else:
                return int(answer["code"])

    async def _pass_input(self) -> None:
        while True:
            data = await self._terminal.read()
            for start in range(0, max(len(data), 1), _PIECE):
                self._in_use.clear()
                piece = b64encode(data[start : start + _PIECE]).decode()
                await self._send({"type": "input", "data": piece, "end": not data})
                # One piece at a time: what the command does not read yet stays with the user.
                await self._in_use.wait()
            if not data:
                return

    async def _pass_size(self) -> None:
        while True:
            columns, rows = await self._terminal.resized()
            await self._send({"type": "resize", "columns": columns, "rows": rows})

    async def _send(self, message: dict[str, Any]) -> None:
        await self._pod.send({"id": self._number, **message})
