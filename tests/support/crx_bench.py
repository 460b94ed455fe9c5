"""Runs pods with the runtime ``qemu`` alone, without a Supervisor: its objects are given by the test."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pacific_sandbox.crx.demo_images import add_demo_images
from pacific_sandbox.crx.image_store import ImageStore
from pacific_sandbox.crx.machine_command import MachineFiles
from pacific_sandbox.crx.machines import Machines
from pacific_sandbox.crx.qemu_runtime import QemuRuntime
from pacific_sandbox.kubernetes_api import KubernetesError, Resource
from pacific_sandbox.pod_network.computer_ports import PORTS_ANNOTATION
from pacific_sandbox.pod_network.router import NetworkPlan, Router
from pacific_sandbox.spherelet.pod_runtime import ContainerObservation, LogRequest, PodObservation
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.cluster_objects import InMemoryCluster
from tests.support.needs import CRX
from tests.support.waiting import PATIENCE

Object = dict[str, Any]


def machines(toolchain: BuiltToolchain) -> Path:
    """The toolchain's folder of CRX machines; the test is skipped where they are not installed."""
    return CRX.installed(lambda: toolchain.directory("crx"))


class Objects:
    """What the runtime asks of an API server."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str], Object] = {}
        self.annotations: dict[str, dict[str, str]] = {}

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Object | None:
        return self.stored.get((resource.plural, name))

    async def list(self, resource: Resource) -> list[Object]:
        return [item for (plural, _), item in self.stored.items() if plural == resource.plural]

    async def create(self, resource: Resource, body: Object, namespace: str | None = None) -> Object:
        raise KubernetesError(403, "Forbidden", resource.plural)

    async def patch(self, resource: Resource, name: str, body: Object, namespace: str | None = None) -> Object:
        self.annotations[name] = body["metadata"]["annotations"]
        return body


class Typed:
    """A user's side of a command, with all that the user types said before."""

    def __init__(self, text: bytes = b"", *, tty: bool = False) -> None:
        self.tty = tty
        self.output, self.errors = b"", b""
        self._left = [text, b""] if text else [b""]

    async def read(self) -> bytes:
        if not self._left:
            await asyncio.Event().wait()
        return self._left.pop(0)

    async def write(self, data: bytes, *, error: bool = False) -> None:
        if error:
            self.errors += data
        else:
            self.output += data

    async def resized(self) -> tuple[int, int]:
        await asyncio.Event().wait()
        raise AssertionError


class Bench:
    """A runtime with the demo's images."""

    def __init__(self, directory: Path, machines: Path) -> None:
        self.objects = Objects()
        images = ImageStore(directory / "images")
        add_demo_images(images, machines / "busybox")
        plan = NetworkPlan(IPv4Network("10.244.0.0/20"), IPv4Network("10.96.0.0/20"), api="127.0.0.1:1")
        self.cluster = InMemoryCluster()
        self.runtime = QemuRuntime(
            self.objects,  # type: ignore[arg-type]  # as much of one as it asks for
            machines=Machines(MachineFiles.of(machines), directory / "crx", Router(plan, self.cluster)),
            images=images,
        )
        self._changed = asyncio.Event()
        self.runtime.listen(lambda uid: self._changed.set())
        self._addresses: dict[str, str] = {}

    async def observe(self, pod: Object) -> PodObservation:
        uid = pod["metadata"]["uid"]
        address = self._addresses.setdefault(uid, f"10.244.1.{len(self._addresses) + 10}")
        return await self.runtime.observe(pod, address)

    async def until(self, pod: Object, subject: str, condition: Callable[[PodObservation], bool]) -> PodObservation:
        """The first observation for which ``condition`` holds."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self._changed.clear()
            seen = await self.observe(pod)
            if condition(seen):
                return seen
            if time.monotonic() > deadline:
                pytest.fail(f"{subject}: not within {PATIENCE:.0f} s, last {seen}")
            try:
                async with asyncio.timeout(seen.next_change or 2.0):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def run(self, pod: Object, container: str, script: str, text: bytes = b"") -> tuple[int, str]:
        """Exit code and output of a shell script in a container."""
        terminal = Typed(text)
        command = self.runtime.execute(pod, container, ["sh", "-c", script], terminal)
        code = await asyncio.wait_for(command, PATIENCE)
        return code, (terminal.output + terminal.errors).decode()

    async def log(self, pod: Object, request: LogRequest) -> str:
        return b"".join([part async for part in self.runtime.logs(pod, request)]).decode()

    async def answer(self, pod: Object, port: int, path: str) -> str:
        """What the pod answers over HTTP, asked from this computer."""
        ports = json.loads(self.objects.annotations[pod["metadata"]["name"]][PORTS_ANNOTATION])
        async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
            return (await client.get(f"http://{ports[f'{port}/tcp']}{path}")).raise_for_status().text

    async def end(self, pod: Object) -> None:
        """Stop it as Spherelet does, and forget it."""
        deadline = time.monotonic() + PATIENCE
        while (left := await self.runtime.stop(pod)) is not None:
            assert time.monotonic() < deadline
            self._changed.clear()
            try:
                async with asyncio.timeout(left):
                    await self._changed.wait()
            except TimeoutError:
                continue


@asynccontextmanager
async def bench(directory: Path, machines: Path) -> AsyncIterator[Bench]:
    """A bench whose machines are gone afterwards."""
    item = Bench(directory, machines)
    try:
        yield item
    finally:
        await item.runtime.close()


def pod(name: str, *containers: Object, **spec: Any) -> Object:
    """A pod as the API server has it."""
    metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}"}
    return {"metadata": metadata, "spec": {"containers": list(containers), **spec}}


def named(observed: PodObservation, name: str) -> ContainerObservation:
    """What one container does."""
    return next(item for item in (*observed.init_containers, *observed.containers) if item.name == name)
