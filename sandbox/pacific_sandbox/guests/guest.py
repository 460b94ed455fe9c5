"""One guest in its machine: booted, listened to, booted again where it asks for that, killed."""

import asyncio
import contextlib
import logging
import signal
import time
from base64 import b64decode
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from pacific_sandbox.crx.container_log import ContainerLogs
from pacific_sandbox.crx.machine import Machine, MachineEnded
from pacific_sandbox.crx.machine_command import Disk, MachineSettings, MachineSize
from pacific_sandbox.crx.machines import Machines
from pacific_sandbox.guests.cloud_config import GuestPlan
from pacific_sandbox.guests.guest_specification import CONSOLE, GuestSettings, guest_specification
from pacific_sandbox.pod_network.frames import mac_text

_RESTARTS: Final = 128 + signal.SIGHUP
"""Exit code of a guest that restarts (tools/crx-init/guest.go)."""
_log = logging.getLogger(__name__)


class Guest:
    """A guest from power-on to power-off. ``changed`` is called when there is something new to observe."""

    def __init__(
        self,
        settings: GuestSettings,
        plan: GuestPlan,
        machines: Machines,
        directory: Path,
        changed: Callable[[], None],
    ) -> None:
        """``directory`` is for console and logs."""
        self._settings, self._plan, self._machines = settings, plan, machines
        self._directory, self._changed = directory, changed
        self._logs = ContainerLogs(directory)
        self.console = self._logs.path(CONSOLE, 0)
        """What it writes, in the format of Kubernetes' container runtimes, of all its lives."""
        self.up = False
        """Whether its first process runs."""
        self.ready = False
        """Whether its readiness probe has passed; without one as ``up``."""
        self.ended: str | None = None
        """Why it has ended; None: it has not."""
        self.suspended = False
        self._machine: Machine | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def process_number(self) -> int | None:
        """QEMU's process number while it runs."""
        return self._machine.process_number if self._machine is not None else None

    def start(self, pause: float) -> None:
        """Boot it after ``pause`` seconds."""
        self._task = asyncio.create_task(self._run(pause), name=f"guest {self._settings.name}")
        self._task.add_done_callback(self._note_failure)

    def suspend(self) -> None:
        """Stop it where it is; its memory stays. Can be repeated."""
        if self._machine is not None:
            self._machine.signal(signal.SIGSTOP)
        self.suspended = True

    def resume(self) -> None:
        """Let it go on."""
        if self._machine is not None:
            self._machine.signal(signal.SIGCONT)
        self.suspended = False

    async def kill(self) -> None:
        """Power it off, as pulling the plug does. Can be repeated."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, pause: float) -> None:
        try:
            await asyncio.sleep(pause)
            while await self._live() == _RESTARTS:
                self._set(up=False, ready=False)
            self.ended = "the guest has powered itself off"
        except MachineEnded as error:
            self.ended = str(error)
        finally:
            self._machine = None
            self._set(up=False, ready=False)

    async def _live(self) -> int:
        """One life of the machine, to the guest's end: its exit code. Raises MachineEnded."""
        settings = self._settings
        name = f"{settings.namespace}/{settings.name}"
        address = settings.network.address if settings.network is not None else None
        hardware = MachineSettings(
            name=name,
            size=MachineSize(settings.processors, settings.memory),
            mac=mac_text(IPv4Address(address).packed) if address is not None else "",
            disks=[Disk(layer.path, layer.serial) for layer in settings.image.layers],
        )
        machine = self._machine = self._machines.machine(hardware, self._directory)
        async with self._machines.running(machine, name, address, None):
            specification = guest_specification(settings, self._plan)
            await machine.send({"type": "start", "pod": specification, "now": time.time()})
            return await self._listen(machine)

    async def _listen(self, machine: Machine) -> int:
        while True:
            message = await machine.receive()
            if message["type"] == "log":
                data, partial = b64decode(message.get("data", "")), message.get("partial", False)
                self._logs.append(CONSOLE, 0, message["time"], message["stream"], data, partial=partial)
            elif message["type"] == "state":
                state = message["containers"][0]
                if state["reason"] in ("CreateContainerError", "StartError"):
                    raise MachineEnded(f"the guest cannot be started: {state['message']}")
                self._set(up=state["state"] == "running", ready=state["ready"])
            elif message["type"] == "end":
                return int(message["containers"][0]["exitCode"])

    def _set(self, *, up: bool, ready: bool) -> None:
        if (self.up, self.ready) != (up, ready) or self.ended is not None:
            self.up, self.ready = up, ready
            if up and self.suspended:  # It was, before it had a machine.
                self.suspend()
            self._changed()

    def _note_failure(self, task: asyncio.Task[None]) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            if (error := task.exception()) is not None:
                self.ended = str(error)
                _log.error("%s", self._settings.name, exc_info=error)
                self._changed()
