"""What VM Operator does of what a guest does."""

from collections.abc import Callable
from typing import Any

from pacific_sandbox.vcenter_client.objects import Machine
from pacific_sandbox.vm_operator.guest_runtime import GuestObservation, SimulatedGuests
from tests.support.controller_fakes import eventually
from tests.support.skipped_time import run
from tests.support.vm_operator_world import VMS, World


class GivenGuests(SimulatedGuests):
    """Guests that do what the test says."""

    def __init__(self) -> None:
        self.says = GuestObservation(up=False)
        self.removed: list[str] = []
        self.changed: Callable[[str], None] = lambda instance_uuid: None

    def listen(self, changed: Callable[[str], None]) -> None:
        self.changed = changed

    async def observe(
        self, vm: dict[str, Any], image: dict[str, Any] | None, machine: Machine, address: str | None
    ) -> GuestObservation:
        message = self.says
        if message.ended is not None:
            self.says = GuestObservation(up=False)  # It is booted again.
        return message

    async def forget(self, vm: dict[str, Any]) -> None:
        self.removed.append(vm["metadata"]["name"])


def test_a_guest_that_runs_is_followed() -> None:
    async def scenario() -> None:
        world, guests = World(), GivenGuests()
        world.guests = guests
        world.put_class()
        world.put_vm(readinessProbe={"tcpSocket": {"port": 80}})
        async with world.running():

            def says(observation: GuestObservation) -> None:
                guests.says = observation
                guests.changed(world.vm["spec"]["instanceUUID"])

            await eventually(lambda: world.condition("VirtualMachineTools")["status"] == "False")
            assert not world.has_address()
            says(GuestObservation(up=True))
            await eventually(world.has_address)
            assert world.condition("Ready")["status"] == "False"
            says(GuestObservation(up=True, ready=True))
            await eventually(lambda: world.condition("Ready")["status"] == "True")
            # A guest that ends switches its machine off, and VM Operator brings it back as after any such drift.
            says(GuestObservation(up=False, ended="the guest has powered itself off"))
            await eventually(lambda: "GuestEnded" in world.events.reasons("v"))
            await eventually(lambda: world.inventory.powered[-2:] == ["poweredOff", "poweredOn"])
            await eventually(lambda: not world.has_address())
            says(GuestObservation(up=True, ready=True))
            await eventually(world.has_address)
            await world.kubernetes.delete(VMS, "v", "shop")
            await eventually(lambda: "gone" in world.vm)
            assert guests.removed == ["v"]

    run(scenario())
