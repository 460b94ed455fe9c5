"""What the machines of one Supervisor share, and how one of them comes up."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from pacific_sandbox.crx.accelerator import choose_accelerator
from pacific_sandbox.crx.machine import Machine, MachineEnded
from pacific_sandbox.crx.machine_command import Accelerator, MachineFiles, MachineSettings
from pacific_sandbox.files import private_directory
from pacific_sandbox.pod_network.router import Router

_BOOTED_WITHIN: Final = 90.0
"""Seconds from starting QEMU to the first word of init: ten times what two busy cores took (docs/crx.md)."""
PAUSES: Final = (1.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0)
"""Seconds before a lost machine is started again, the first time and later."""
_log = logging.getLogger(__name__)


class Machines:
    """Starts machines. All methods belong to one event loop."""

    def __init__(self, files: MachineFiles, directory: Path, router: Router) -> None:
        """``directory`` holds consoles, logs and disks; ``router`` joins the machines."""
        self.directory, self.router = private_directory(directory), router
        self._files = files
        self._accelerator: asyncio.Task[Accelerator] | None = None
        # So many machines boot at a time: more would only make each slower.
        self._boots = asyncio.Semaphore(max(os.cpu_count() or 1, 1))

    def machine(self, settings: MachineSettings, directory: Path) -> Machine:
        """A machine that is not started. ``directory`` is for its console and QEMU's errors."""
        return Machine(self._files, settings, directory)

    @asynccontextmanager
    async def running(
        self, machine: Machine, name: str, address: str | None, pod: tuple[str, str] | None
    ) -> AsyncIterator[None]:
        """The machine from the first word of its init on; killed afterwards. Raises MachineEnded.

        ``address``: None where it has no network card. ``pod``: namespace and name of the pod it is for, which
        NetworkPolicies may select; None: it is for no pod.
        """
        cable = self.router.attach(address, pod) if address is not None else None
        try:
            async with self._boots:
                try:
                    end = cable.machine_end if cable is not None else None
                    await machine.start(await self._choose_accelerator(), end)
                    async with asyncio.timeout(_BOOTED_WITHIN):
                        hello = await machine.receive()
                except TimeoutError:
                    raise MachineEnded(f"the machine was not up within {_BOOTED_WITHIN:.0f} s") from None
            _log.info("%s: kernel up after %.1f s of its own time", name, hello["uptime"])
            yield
        finally:
            if cable is not None:
                self.router.detach(cable)
            await machine.end()

    def _choose_accelerator(self) -> "asyncio.Future[Accelerator]":
        if self._accelerator is None:
            self._accelerator = asyncio.create_task(choose_accelerator(self._files, self.directory))
        return asyncio.shield(self._accelerator)
