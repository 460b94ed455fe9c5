"""The GuestRuntime that boots virtual machines whose image has a root file system; all others stay simulated."""

import asyncio
import logging
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Final

from pacific_infra.errors import PacificError
from pacific_sandbox.crx.image_store import Image, ImageStore
from pacific_sandbox.crx.machines import PAUSES, Machines
from pacific_sandbox.crx.pod_specification import MachineNetwork
from pacific_sandbox.guests.cloud_config import guest_plan
from pacific_sandbox.guests.guest import Guest
from pacific_sandbox.guests.guest_image import guest_image_name
from pacific_sandbox.guests.guest_specification import GuestSettings
from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, KubernetesUnreachable, Object
from pacific_sandbox.reconcile.events import EventRecorder
from pacific_sandbox.supervisor.resources import VIRTUAL_MACHINES
from pacific_sandbox.vcenter_client.objects import Machine
from pacific_sandbox.vm_operator.bootstrap import user_data_of
from pacific_sandbox.vm_operator.guest_runtime import GuestObservation, SimulatedGuests

CONSOLE_ANNOTATION: Final = "sandbox.pacific.infra/console"
"""The file with what the guest's first process and cloud-init's commands write."""
_STEADY: Final = 60.0
"""Seconds after which a guest that ends is booted again without a pause."""
_COMPONENT: Final = "sandbox/guests"
_log = logging.getLogger(__name__)


@dataclass
class _Boot:
    """A guest, and which power-on of its machine it is for."""

    guest: Guest
    powered_on: float | None
    began: float
    """Monotonic."""
    attempt: int
    over: bool = False
    """Whether the machine has been switched off since."""


def pause_after(lived: float, attempt: int) -> tuple[float, int]:
    """Seconds before a guest that ended after so many is booted again, and the number of that attempt."""
    if lived >= _STEADY:
        return 0.0, 0
    return PAUSES[min(attempt, len(PAUSES) - 1)], attempt + 1


class QemuGuests:
    """All guests of one Supervisor."""

    def __init__(
        self,
        api: KubernetesAPI,
        *,
        machines: Machines,
        images: ImageStore,
        network: str,
        events: EventRecorder,
        options: Callable[[Machine], Awaitable[Mapping[str, str]]],
    ) -> None:
        """``network``: of virtual machines; ``options`` reads a machine's advanced options."""
        self._api, self._machines, self._images, self._events, self._options = api, machines, images, events, options
        self._prefix = IPv4Network(network).prefixlen
        self._gateway = str(IPv4Network(network).network_address + 1)
        self._directory = machines.directory / "guests"
        self._simulated = SimulatedGuests()
        self._changed: Callable[[str], None] = lambda instance_uuid: None
        self._boots: dict[str, _Boot] = {}
        # What a killed process has left of its guests: their machines died with it.
        shutil.rmtree(self._directory, ignore_errors=True)

    def listen(self, changed: Callable[[str], None]) -> None:
        """Have ``changed`` called with a machine's instance UUID when there is something new to observe."""
        self._changed = changed

    async def observe(
        self, vm: Object, image: Object | None, machine: Machine, address: str | None
    ) -> GuestObservation:
        """Boot, suspend, resume or kill the guest as its machine's power state asks, and say what it does."""
        uid = vm["metadata"]["uid"]
        boot = self._boots.get(uid)
        if machine.power_state == "poweredOff":
            if boot is not None:
                boot.over = True
                await boot.guest.kill()
            return GuestObservation(up=False)
        if machine.power_state == "suspended":
            if boot is not None and not boot.guest.suspended:
                boot.guest.suspend()
            return GuestObservation(up=False)
        if boot is not None and boot.guest.suspended:
            boot.guest.resume()
            boot.powered_on = machine.booted
        if boot is None or boot.over or boot.powered_on != machine.booted:
            root = self._root_file_system(image)
            if root is None:
                return await self._simulated.observe(vm, image, machine, address)
            boot = await self._boot(vm, root, machine, address, boot)
        if boot.guest.ended is not None:
            return GuestObservation(up=False, ended=boot.guest.ended)
        return GuestObservation(up=boot.guest.up, ready=boot.guest.ready)

    async def forget(self, vm: Object) -> None:
        """The VirtualMachine is gone: kill its guest, and delete console and logs."""
        uid = vm["metadata"]["uid"]
        if (boot := self._boots.pop(uid, None)) is not None:
            await boot.guest.kill()
        await asyncio.to_thread(shutil.rmtree, self._directory / uid, ignore_errors=True)

    async def close(self) -> None:
        """Kill all guests, and wait until their machines are gone."""
        await asyncio.gather(*(boot.guest.kill() for boot in self._boots.values()))

    def process_number(self, uid: str) -> int | None:
        """The process number of a guest's QEMU while it runs."""
        boot = self._boots.get(uid)
        return boot.guest.process_number if boot is not None else None

    async def _boot(
        self, vm: Object, root: Image, machine: Machine, address: str | None, before: _Boot | None
    ) -> _Boot:
        metadata, uid = vm["metadata"], vm["metadata"]["uid"]
        attempt, pause, now = 0, 0.0, time.monotonic()
        # As cloud-init's data source for VMware finds it.
        plan = guest_plan(user_data_of(await self._options(machine)))
        if plan.ignored:
            ignored = f"cloud-init: ignored: {', '.join(plan.ignored)}"
            self._events.record(vm, "CloudInitIgnored", ignored, component=_COMPONENT, type_="Warning")
        if before is not None:
            await before.guest.kill()
            if before.guest.ended is not None:
                pause, attempt = pause_after(now - before.began, before.attempt)
        settings = GuestSettings(
            namespace=metadata["namespace"],
            name=metadata["name"],
            uid=uid,
            image=root,
            processors=machine.processors,
            memory=machine.memory,
            network=self._network(address) if address is not None else None,
            probe=vm["spec"].get("readinessProbe") or {},
        )
        directory = self._directory / uid
        guest = Guest(settings, plan, self._machines, directory, lambda: self._changed(machine.instance_uuid))
        boot = self._boots[uid] = _Boot(guest, machine.booted, now + pause, attempt)
        guest.start(pause)
        await self._announce(vm, str(guest.console))
        return boot

    def _network(self, address: str) -> MachineNetwork:
        return MachineNetwork(address, self._prefix, self._gateway, self._machines.router.plan.names)

    async def _announce(self, vm: Object, console: str) -> None:
        metadata = vm["metadata"]
        if metadata.get("annotations", {}).get(CONSOLE_ANNOTATION) == console:
            return
        patch: Object = {"metadata": {"uid": metadata["uid"], "annotations": {CONSOLE_ANNOTATION: console}}}
        try:
            await self._api.patch(VIRTUAL_MACHINES, metadata["name"], patch, metadata["namespace"])
        except (KubernetesError, KubernetesUnreachable) as error:
            _log.warning("%s: its console could not be said: %s", metadata["name"], error)

    def _root_file_system(self, image: Object | None) -> Image | None:
        name = (image or {}).get("status", {}).get("name")
        if not name:
            return None
        try:
            return self._images.find(guest_image_name(name))
        except PacificError:  # A damaged image is as good as none: building it again mends both.
            return None
