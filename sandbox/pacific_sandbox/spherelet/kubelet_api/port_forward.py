"""Ports of pods through the Kubernetes API (``kubectl port-forward``): the protocol ``portforward.k8s.io``.

Each connection of the user has two SPDY streams: an error stream, which carries what went wrong as text, and the data
stream with the bytes of both directions (Kubernetes, ``kubelet/pkg/cri/streaming/portforward``).
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Final

from aiohttp import web

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.spherelet.kubelet_api.spdy_frames import (
    Data,
    Event,
    FrameReader,
    FrameWriter,
    Ping,
    StreamOpened,
    StreamReset,
)
from pacific_sandbox.spherelet.pod_runtime import PodRuntime, RuntimeCannot

PROTOCOL: Final = "portforward.k8s.io"
_PIECE = 1 << 16


async def forward_ports(request: web.Request, pod: Object, runtime: PodRuntime) -> web.StreamResponse:
    """Answer a request to ``/portForward``: connect the streams until the other side leaves."""
    if request.headers.get("Upgrade", "").upper() != "SPDY/3.1":
        return web.Response(status=400, text="port-forward needs SPDY/3.1, which a kube-apiserver speaks")
    if request.transport is None:
        raise ConnectionResetError("the client is gone")
    headers = {"Connection": "Upgrade", "Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": PROTOCOL}
    answer = web.StreamResponse(status=101, headers=headers)
    await answer.prepare(request)
    request.protocol.keep_alive(False)
    session = _Session(answer, request.transport, pod, runtime)
    request.protocol.set_parser(session)  # type: ignore[arg-type]
    try:
        await session.over.wait()
    finally:
        await session.close()
    return answer


class _Session:
    """One SPDY connection; aiohttp feeds it as its parser."""

    def __init__(
        self, answer: web.StreamResponse, transport: asyncio.Transport, pod: Object, runtime: PodRuntime
    ) -> None:
        self.over = asyncio.Event()
        self._answer = answer
        self._transport, self._pod, self._runtime = transport, pod, runtime
        self._reader, self._writer = FrameReader(), FrameWriter()
        self._errors: dict[str, int] = {}
        """The error stream of each request."""
        self._inputs: dict[int, asyncio.Queue[bytes]] = {}
        """What has come for each data stream; empty bytes at its end."""
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take what has come (called by aiohttp)."""
        try:
            for event in self._reader.feed(bytes(data)):
                self._take(event)
        except ValueError:
            self.over.set()
        return False, b""

    def feed_eof(self) -> None:
        """The connection is gone (called by aiohttp)."""
        self.over.set()

    async def close(self) -> None:
        """End all of its connections."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _take(self, event: Event) -> None:
        if isinstance(event, StreamOpened):
            self._transport.write(self._writer.reply(event.stream))
            self._opened(event)
        elif isinstance(event, Data) and event.stream in self._inputs:
            for part in _parts(event):
                self._inputs[event.stream].put_nowait(part)
        elif isinstance(event, StreamReset) and event.stream in self._tasks:
            self._tasks[event.stream].cancel()
        elif isinstance(event, Ping):
            self._transport.write(event.frame)

    def _opened(self, event: StreamOpened) -> None:
        kind, identifier = event.headers.get("streamtype"), event.headers.get("requestid", "")
        if kind == "error":
            self._errors[identifier] = event.stream
        elif kind == "data":
            self._inputs[event.stream] = asyncio.Queue()
            work = self._forward(event.stream, self._errors.pop(identifier, None), event.headers.get("port", ""))
            self._tasks[event.stream] = asyncio.create_task(work)

    async def _forward(self, stream: int, error_stream: int | None, port: str) -> None:
        problem = b""
        try:
            try:
                reader, writer = await self._runtime.connect(self._pod, int(port))
            except (RuntimeCannot, OSError, ValueError) as error:
                problem = f"error forwarding port {port} to pod {self._pod['metadata']['name']}: {error}".encode()
                return
            sending = asyncio.create_task(self._send(stream, writer))
            try:
                await self._receive(stream, reader)
            finally:
                sending.cancel()
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
        finally:
            if error_stream is not None:
                self._write(self._writer.data(error_stream, problem, last=True))
            self._write(self._writer.data(stream, b"", last=True))
            self._inputs.pop(stream, None)
            self._tasks.pop(stream, None)

    async def _send(self, stream: int, writer: asyncio.StreamWriter) -> None:
        queue = self._inputs[stream]
        with contextlib.suppress(OSError):
            while part := await queue.get():
                writer.write(part)
                await writer.drain()
            writer.write_eof()

    async def _receive(self, stream: int, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while part := await reader.read(_PIECE):
                await self._answer.write(self._writer.data(stream, part))

    def _write(self, frame: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(frame)


def _parts(event: Data) -> Iterator[bytes]:
    if event.content:
        yield event.content
    if event.last:
        yield b""
