"""Virtual machines that run, without a Supervisor. Each boot costs seconds, so that one guest is asked much."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import psutil
import pytest

from pacific_sandbox.crx.image_build import layer_of
from pacific_sandbox.crx.image_store import ImageStore
from pacific_sandbox.crx.machine_command import MachineFiles
from pacific_sandbox.crx.machines import Machines
from pacific_sandbox.guests.guest_image import add_busybox, add_root
from pacific_sandbox.guests.qemu_guests import CONSOLE_ANNOTATION, QemuGuests
from pacific_sandbox.pod_network.router import NetworkPlan, Router
from pacific_sandbox.toolchain import BuiltToolchain
from pacific_sandbox.vcenter_client.objects import Machine
from pacific_sandbox.vm_operator.bootstrap import extra_config
from pacific_sandbox.vm_operator.guest_runtime import GuestObservation
from tests.support.cluster_objects import InMemoryCluster
from tests.support.crx_bench import machines
from tests.support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.sandbox

ADDRESS = "10.244.16.9"
IMAGE = {"status": {"name": "tiny-linux"}}
VM = {
    "metadata": {"name": "old", "namespace": "shop", "uid": "uid-old"},
    "spec": {"bootstrap": {"cloudInit": {}}, "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1}},
}
# The shell at port 8080 is the program that lives on.
USER_DATA = """\
#cloud-config
hostname: legacy.shop.test
packages: [nginx]
bootcmd:
  - echo "boot, $(ls /opt | wc -l) files"
users:
  - {name: legacy, groups: [adm, old], ssh_authorized_keys: [k]}
write_files:
  - {path: /opt/a, content: "one\\n", permissions: "0640", owner: "legacy:adm", defer: true}
  - {path: /opt/b, content: dHdv, encoding: b64}
  - {path: /opt/b, content: "three\\n", append: true}
  - {path: /opt/c, content: "", owner: "legacy"}
runcmd:
  - [sh, -c, 'stat -c "%n %a %U:%G" /opt/*; cat /opt/a /opt/b']
  - id legacy; hostname; cat /etc/hosts
  - "false"
  - nc -ll -p 8080 -e sh &
"""
CONSOLE = """\
cloud-init: ignored: packages
cloud-init: ignored: users[0].ssh_authorized_keys
boot, 0 files
cloud-init: write_files: /opt/c: unable to find user legacy: no matching entries in passwd file
/opt/a 640 legacy:adm
/opt/b 644 root:root
/opt/c 600 root:root
one
twothree
uid=1000(legacy) gid=1000(legacy) groups=1000(legacy),4(adm),1001(old)
legacy
127.0.0.1\tlocalhost
10.244.16.9\tlegacy
"""


class Seen:
    """What the guests tell the API server."""

    def __init__(self) -> None:
        self.annotations: dict[str, str] = {}
        self.events: list[tuple[str, str]] = []

    async def patch(self, _resource: Any, _name: str, body: dict[str, Any], _namespace: str) -> dict[str, Any]:
        self.annotations |= body["metadata"]["annotations"]
        return body

    def record(self, _item: Any, reason: str, message: str, **_: Any) -> None:
        self.events.append((reason, message))


class Bench:
    """Guests of which one image can run."""

    def __init__(self, directory: Path, machines: Path) -> None:
        images, root = ImageStore(directory / "images"), directory / "root"
        add_busybox(root, machines / "busybox")
        with layer_of(root) as layer:
            add_root(images, "tiny-linux", layer)
        plan = NetworkPlan(IPv4Network("10.244.64.0/20"), IPv4Network("10.96.0.0/20"), api="127.0.0.1:1")
        self.router = Router(plan, InMemoryCluster())
        self.seen = Seen()
        self.guests = QemuGuests(
            self.seen,  # type: ignore[arg-type]  # as much of one as it asks for
            machines=Machines(MachineFiles.of(machines), directory / "crx", self.router),
            images=images,
            network="10.244.16.0/20",
            events=self.seen,  # type: ignore[arg-type]
            options=self._options,
        )
        self._changed = asyncio.Event()
        self.guests.listen(lambda instance_uuid: self._changed.set())
        self.machine = Machine("vm-1", instance_uuid="i", power_state="poweredOn", processors=1, memory=192, booted=1.0)

    async def _options(self, _machine: Machine) -> dict[str, str]:
        return extra_config(VM, USER_DATA)

    async def until(self, subject: str, holds: Callable[[GuestObservation], bool]) -> GuestObservation:
        """The first observation for which it holds."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self._changed.clear()
            result = await self.guests.observe(VM, IMAGE, self.machine, ADDRESS)
            if holds(result):
                return result
            assert time.monotonic() < deadline, f"{subject}: {result}"
            try:
                async with asyncio.timeout(5.0):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def power(self, **changes: Any) -> None:
        self.machine = replace(self.machine, **changes)
        await self.guests.observe(VM, IMAGE, self.machine, ADDRESS)

    async def shell(self, script: str) -> str:
        """What the guest's shell at port 8080 says to a script, over the network."""
        endpoint = self.router.dial((IPv4Address(ADDRESS).packed, 8080))
        assert endpoint is not None
        foreign, managed = socket.socketpair()
        await asyncio.get_running_loop().create_connection(lambda: endpoint, sock=foreign)
        reader, writer = await asyncio.open_connection(sock=managed)
        writer.write(f"{script}\nexit\n".encode())
        message = await asyncio.wait_for(reader.read(), PATIENCE)
        writer.close()
        return message.decode()

    @property
    def process(self) -> psutil.Process:
        number = self.guests.process_number("uid-old")
        assert number is not None
        return psutil.Process(number)

    @property
    def console(self) -> list[str]:
        """The lines of the guest's console."""
        lines = Path(self.seen.annotations[CONSOLE_ANNOTATION]).read_text().splitlines()
        return [line.split(" ", 3)[3] for line in lines]


@asynccontextmanager
async def bench(directory: Path, machines: Path) -> AsyncIterator[Bench]:
    """A bench whose machines are gone afterwards."""
    item = Bench(directory, machines)
    try:
        yield item
    finally:
        await item.guests.close()


def test_a_guest_from_cloud_init_to_its_end(toolchain: BuiltToolchain, tmp_path: Path) -> None:
    async def check() -> None:
        async with bench(tmp_path, machines(toolchain)) as b:
            assert await b.guests.observe(VM, {"status": {"name": "debian-12"}}, b.machine, ADDRESS) == (
                GuestObservation(up=True, ready=True)
            )  # Simulated: this image has no root file system.
            await b.until("the guest serves", lambda seen: seen.up and seen.ready)
            assert "\n".join(b.console[:13]) + "\n" == CONSOLE
            assert b.seen.events == [
                ("CloudInitIgnored", "cloud-init: ignored: packages, users[0].ssh_authorized_keys")
            ]
            boot = await b.shell("cat /proc/sys/kernel/random/boot_id")

            await b.power(power_state="suspended", booted=None)
            wait_until("it stands still", lambda: b.process.status() == psutil.STATUS_STOPPED)
            await b.power(power_state="poweredOn", booted=2.0)
            assert await b.shell("cat /proc/sys/kernel/random/boot_id") == boot

            # It restarts by itself: another kernel in the same power-on, without its machine being switched off.
            await b.shell("echo again > /opt/mark; reboot")
            await b.until("it goes down", lambda seen: not seen.up)
            await b.until("it serves again", lambda seen: seen.ready)
            again = await b.shell("cat /proc/sys/kernel/random/boot_id; ls /opt")
            assert again.split()[0] != boot.strip()
            assert again.split()[1:] == ["a", "b", "c"]

            # It powers off by itself; the next power-on boots it after a pause; a machine that is killed has ended.
            await b.shell("poweroff")
            result = await b.until("its end", lambda seen: seen.ended is not None)
            assert result.ended == "the guest has powered itself off"
            await b.power(power_state="poweredOff", booted=None)
            await b.power(power_state="poweredOn", booted=3.0)
            await b.until("it is up", lambda seen: seen.up)
            b.process.kill()
            result = await b.until("its end", lambda seen: seen.ended is not None)
            assert str(result.ended).startswith("the machine has ended")

            directory = Path(b.seen.annotations[CONSOLE_ANNOTATION]).parent
            assert directory.exists()
            await b.guests.forget(VM)
            assert not directory.exists()

    asyncio.run(check())
