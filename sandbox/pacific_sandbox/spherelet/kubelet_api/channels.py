"""Commands in containers over WebSocket: the protocols ``v5.channel.k8s.io`` and ``v4.channel.k8s.io``.

The first byte of a message names its channel (Kubernetes, ``apimachinery/pkg/util/remotecommand``). SPDY is not
spoken: the kube-apiserver passes WebSocket on as it is, see supervisor/programs.py.
"""

import asyncio
import contextlib
import json
from typing import Final

from aiohttp import WSMsgType, web

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.spherelet.pod_runtime import PodRuntime, RuntimeCannot

PROTOCOLS: Final = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_INPUT, _OUTPUT, _ERROR_OUTPUT, _STATUS, _RESIZE, _CLOSE = 0, 1, 2, 3, 4, 255


class ChannelTerminal:
    """The Terminal at the other end of a WebSocket."""

    def __init__(self, socket: web.WebSocketResponse, *, tty: bool, with_input: bool) -> None:
        self.tty = tty
        self._socket = socket
        self._input: asyncio.Queue[bytes] = asyncio.Queue()
        self._sizes: asyncio.Queue[tuple[int, int]] = asyncio.Queue()
        self._input_ended = not with_input

    async def read(self) -> bytes:
        """Some of the standard input; empty at its end."""
        if self._input_ended and self._input.empty():
            return b""
        return await self._input.get()

    async def write(self, data: bytes, *, error: bool = False) -> None:
        """Send standard output, or with ``error`` standard error (a terminal has but one)."""
        channel = _ERROR_OUTPUT if error and not self.tty else _OUTPUT
        await self._socket.send_bytes(bytes([channel]) + data)

    async def resized(self) -> tuple[int, int]:
        """Wait for the terminal's next size: columns, rows."""
        return await self._sizes.get()

    def received(self, data: bytes) -> None:
        """Take a message of the client."""
        channel, content = data[:1], data[1:]
        if channel == bytes([_INPUT]) and content:
            self._input.put_nowait(content)
        elif channel == bytes([_CLOSE]) and content == bytes([_INPUT]):
            self.input_ended()
        elif channel == bytes([_RESIZE]):
            with contextlib.suppress(ValueError, KeyError, TypeError):
                size = json.loads(content)
                self._sizes.put_nowait((int(size["Width"]), int(size["Height"])))

    def input_ended(self) -> None:
        """No more standard input comes."""
        self._input_ended = True
        self._input.put_nowait(b"")


async def run_command(request: web.Request, pod: Object, runtime: PodRuntime) -> web.StreamResponse:
    """Answer a request to ``/exec``: run the command, send what it writes, at last its status."""
    if request.headers.get("Upgrade", "").lower() != "websocket":
        return web.Response(status=400, text="exec needs WebSocket: use kubectl 1.31 or newer")
    socket = web.WebSocketResponse(protocols=PROTOCOLS)
    await socket.prepare(request)
    if socket.ws_protocol is None:
        await socket.close(code=1002, message=f"allowed protocols: {', '.join(PROTOCOLS)}".encode())
        return socket
    query = request.query
    terminal = ChannelTerminal(socket, tty=_flag(query.get("tty")), with_input=_flag(query.get("input")))
    await terminal.write(b"")  # Tells the client that the connection stands.
    work = asyncio.create_task(_run(runtime, pod, request.match_info["container"], query.getall("command"), terminal))
    listening = asyncio.create_task(_listen(socket, terminal))
    try:
        await asyncio.wait([work, listening], return_when=asyncio.FIRST_COMPLETED)
        if work.done() and not socket.closed:
            await socket.send_bytes(bytes([_STATUS]) + json.dumps(work.result()).encode())
            # aiohttp's close waits for the client's answer, which only one reader may wait for.
            listening.cancel()
            await asyncio.wait([listening])
            await socket.close()
    finally:
        for task in (work, listening):
            task.cancel()
        await asyncio.gather(work, listening, return_exceptions=True)
    return socket


async def _run(
    runtime: PodRuntime, pod: Object, container: str, command: list[str], terminal: ChannelTerminal
) -> Object:
    try:
        return status_of(await runtime.execute(pod, container, command, terminal))
    except RuntimeCannot as error:
        return {"metadata": {}, "status": "Failure", "reason": "InternalError", "message": str(error), "code": 500}


async def _listen(socket: web.WebSocketResponse, terminal: ChannelTerminal) -> None:
    async for message in socket:
        if message.type == WSMsgType.BINARY:
            terminal.received(message.data)
    terminal.input_ended()


def status_of(exit_code: int) -> Object:
    """The metav1.Status that tells a client how its command ended. Pure."""
    if exit_code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": f"command terminated with non-zero exit code: {exit_code}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(exit_code)}]},
    }


def _flag(value: str | None) -> bool:
    return value in ("true", "1")
