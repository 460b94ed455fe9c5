"""Kubelets of two nodes over real TLS, with a runtime that echoes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from pacific_sandbox.certificates import CertificateAuthority
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.spherelet.kubelet_api.server import CLIENT, KubeletAPI, KubeletTLS
from pacific_sandbox.spherelet.pod_runtime import LogRequest, RuntimeCannot, Terminal
from pacific_sandbox.spherelet.pods import PODS
from pacific_sandbox.vcenter_client.objects import Host, Machine
from tests.support.controller_fakes import FakeInventory, FakeKubernetes


def pod(name: str = "web", node: str = "esx-01", **state: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": name},
        "spec": {"nodeName": node, "containers": [{"name": "c"}]},
        "status": {"containerStatuses": [{"name": "c", "state": state or {"running": {"startedAt": "t"}}}]},
    }


class Runtime:
    """Echoes what it is asked."""

    def __init__(self) -> None:
        self.left = asyncio.Event()
        self.port = 0

    async def logs(self, pod: Any, request: LogRequest) -> AsyncIterator[bytes]:
        if request.previous:
            raise RuntimeCannot("nothing is kept")
        yield repr((pod["metadata"]["name"], request.tail_lines)).encode()
        if request.follow:
            try:
                await asyncio.sleep(60)
            finally:
                self.left.set()

    async def execute(self, pod: Any, container: str, command: Sequence[str], terminal: Terminal) -> int:
        if command[0] == "psql":
            raise RuntimeCannot("cannot run psql")
        if command[0] == "size":
            await terminal.write(repr(await terminal.resized()).encode())
        while data := await terminal.read():
            await terminal.write(data)
            await terminal.write(b"!", error=True)
        return int(command[1])

    async def connect(self, pod: Any, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if port != self.port:
            raise RuntimeCannot("no containerPort")
        return await asyncio.open_connection("127.0.0.1", port)


class World:
    """The servers of two nodes and a session with the kube-apiserver's certificate."""

    def __init__(self, authority: CertificateAuthority, session: aiohttp.ClientSession) -> None:
        self.authority, self.session, self.runtime = authority, session, Runtime()
        self.ports: dict[str, int] = {}

    def url(self, path: str, node: str = "esx-01") -> str:
        return f"https://localhost:{self.ports[node]}/{path}"

    async def get(self, path: str, node: str = "esx-01", **query: str) -> tuple[int, str]:
        async with self.session.get(self.url(path, node), params=query, ssl=self.context(CLIENT)) as answer:
            return answer.status, await answer.text()

    def context(self, name: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.authority.certificate_file)
        pair = self.authority.client(name, name)
        context.load_cert_chain(pair.certificate, pair.key)
        return context

    async def execute(self, protocol: str, query: str, *messages: bytes) -> list[bytes]:
        url = self.url(f"exec/shop/web/c?{query}")
        async with self.session.ws_connect(url, ssl=self.context(CLIENT), protocols=[protocol]) as socket:
            assert socket.protocol == protocol
            for message in messages:
                await socket.send_bytes(message)
            return [message.data async for message in socket]


@asynccontextmanager
async def world(directory: Path) -> AsyncIterator[World]:
    authority = CertificateAuthority.open(directory)
    server = authority.server()
    kubernetes: Any = FakeKubernetes()
    for item in (pod(), pod("other", "esx-02"), pod("late", waiting={"reason": "ContainerCreating"})):
        kubernetes.put(PODS, item)
    inventory: Any = FakeInventory(Host("host-1", "esx-01", memory=2**34))
    inventory.registered["web"] = Machine("vm-1", power_state="poweredOn", memory=512)
    pods = WatchedObjects(kubernetes, PODS)
    watching = asyncio.create_task(pods.run())
    await pods.wait_synced()
    async with aiohttp.ClientSession() as session:
        entry = World(authority, session)
        runtime: Any = entry.runtime
        kubelet = KubeletAPI(
            KubeletTLS(server.certificate, server.key, authority.certificate_file), pods, inventory, runtime
        )
        entry.ports = {node: await kubelet.port(node) for node in ("esx-01", "esx-02")}
        assert await kubelet.port("esx-01") == entry.ports["esx-01"]
        yield entry
        await kubelet.close()
    watching.cancel()
