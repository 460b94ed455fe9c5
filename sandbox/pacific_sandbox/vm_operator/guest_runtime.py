"""What VM Operator knows of the programs inside its machines, and the runtime without such programs."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.vcenter_client.objects import Machine

_GUEST_BOOT = 1.0
"""Seconds from power-on until a simulated guest's Tools run and report an address."""


@dataclass(frozen=True)
class GuestObservation:
    """What a guest does."""

    up: bool
    """Whether its Tools run, and it has its address."""
    ready: bool = False
    """Whether its readiness probe has passed; without one as ``up``."""
    next_change: float | None = None
    """Seconds after which to look again though nothing was heard of it."""
    ended: str | None = None
    """Why it has switched its machine off; None: it has not."""


class GuestRuntime(Protocol):
    """Runs what is in machines. All methods belong to one event loop."""

    def listen(self, changed: Callable[[str], None]) -> None:
        """Have ``changed`` called with a machine's instance UUID when there is something new to observe."""

    async def observe(
        self, vm: Object, image: Object | None, machine: Machine, address: str | None
    ) -> GuestObservation:
        """Have the guest follow its machine's power state, and say what it does. ``address``: None without network."""

    async def forget(self, vm: Object) -> None:
        """The VirtualMachine is gone: end its guest, and delete what it left."""


class SimulatedGuests:
    """Guests in which nothing runs: they are up a second after power-on."""

    def listen(self, changed: Callable[[str], None]) -> None:
        """Nothing happens that ``next_change`` does not say."""

    async def observe(
        self, vm: Object, image: Object | None, machine: Machine, address: str | None
    ) -> GuestObservation:
        """What the time since power-on means."""
        if machine.power_state != "poweredOn":
            return GuestObservation(up=False)
        left = (machine.booted or 0.0) + _GUEST_BOOT - time.time()
        return GuestObservation(up=False, next_change=left) if left > 0 else GuestObservation(up=True, ready=True)

    async def forget(self, vm: Object) -> None:
        """Nothing is left."""
