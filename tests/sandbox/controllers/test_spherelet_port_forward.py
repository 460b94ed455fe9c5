"""Ports of pods over SPDY, as a kube-apiserver asks for them."""

import asyncio
import hashlib
import ssl
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from pacific_sandbox.spherelet.kubelet_api.server import CLIENT
from pacific_sandbox.spherelet.kubelet_api.spdy_frames import (
    DICTIONARY,
    Data,
    FrameReader,
    FrameWriter,
    GoAway,
    Ping,
    StreamOpened,
    StreamReset,
)
from tests.support.kubelet import World, world


class Opener:
    """Opens streams, as only clients do."""

    def __init__(self) -> None:
        self._headers = zlib.compressobj(zdict=DICTIONARY)

    def open(self, stream: int, **headers: str) -> bytes:
        plain = struct.pack(">I", len(headers))
        for pair in headers.items():
            for text in pair:
                plain += struct.pack(">I", len(text)) + text.encode()
        block = self._headers.compress(plain) + self._headers.flush(zlib.Z_SYNC_FLUSH)
        body = struct.pack(">IIH", stream, 0, 0) + block
        return struct.pack(">II", 1 << 31 | 3 << 16 | 1, len(body)) + body


def test_the_dictionary_is_that_of_the_protocol() -> None:
    digest = "51d27341373f923f3cd88e1eb7162aeaa3723d7585ff2399201dc06498407f02"
    assert (len(DICTIONARY), hashlib.sha256(DICTIONARY).hexdigest()) == (1423, digest)


def test_frames_in_whatever_pieces_they_come() -> None:
    opener, writer = Opener(), FrameWriter()
    ping = struct.pack(">III", 1 << 31 | 3 << 16 | 6, 4, 7)
    away = struct.pack(">IIII", 1 << 31 | 3 << 16 | 7, 8, 0, 0)
    settings = struct.pack(">II", 1 << 31 | 3 << 16 | 4, 0)
    sent = (
        opener.open(1, streamtype="error", requestid="0")
        + opener.open(3, streamtype="data", requestid="0", port="80")
        + writer.data(3, b"hello", last=True)
        + settings
        + ping
        + writer.reset(3)
        + away
    )
    for size in (1, 7, len(sent)):
        reader = FrameReader()
        events = [event for at in range(0, len(sent), size) for event in reader.feed(sent[at : at + size])]
        assert events == [
            StreamOpened(1, {"streamtype": "error", "requestid": "0"}, last=False),
            StreamOpened(3, {"streamtype": "data", "requestid": "0", "port": "80"}, last=False),
            Data(3, b"hello", last=True),
            Ping(ping),
            StreamReset(3),
            GoAway(),
        ]


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        (2 << 16 | 1, b"", "SPDY version 2: version 3 is spoken here"),
        (3 << 16 | 1, struct.pack(">IIH", 1, 0, 0) + b"\xff\xff", "SPDY headers: Error -3"),
        (3 << 16 | 3, b"", "a SPDY frame ends in the middle of a number"),
    ],
)
def test_what_is_no_spdy(kind: int, body: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        list(FrameReader().feed(struct.pack(">II", 1 << 31 | kind, len(body)) + body))


async def _forwarded(kubelets: World, port: int, content: bytes) -> dict[int, bytes]:
    """What comes on each stream when ``content`` is sent to the port, until the data stream ends."""
    context: ssl.SSLContext = kubelets.context(CLIENT)
    reader, writer = await asyncio.open_connection("localhost", kubelets.ports["esx-01"], ssl=context)
    head = "POST /portForward/shop/web HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
    writer.write(f"{head}X-Stream-Protocol-Version: portforward.k8s.io\r\n\r\n".encode())
    answer = await reader.readuntil(b"\r\n\r\n")
    assert b"101" in answer.splitlines()[0]
    assert b"x-stream-protocol-version: portforward.k8s.io" in answer.lower()
    opener, frames, events = Opener(), FrameWriter(), FrameReader()
    writer.write(opener.open(1, streamtype="error", requestid="0", port=str(port)) + frames.data(1, b"", last=True))
    writer.write(opener.open(3, streamtype="data", requestid="0", port=str(port)))
    writer.write(frames.data(3, content, last=True))
    came = {1: b"", 3: b""}
    ended: set[int] = set()
    while ended != {1, 3}:
        for event in events.feed(await reader.read(65536)):
            if isinstance(event, Data):
                came[event.stream] += event.content
                ended |= {event.stream} if event.last else set()
    writer.close()
    return came


def test_a_connection_goes_through_in_both_directions_and_problems_are_said(tmp_path: Path) -> None:
    async def echo(reader: asyncio.StreamReader, writer: Any) -> None:
        writer.write((await reader.read()).upper())
        await writer.drain()
        writer.close()

    async def main() -> None:
        async with asyncio.timeout(60), world(tmp_path) as kubelets:
            server = await asyncio.start_server(echo, "127.0.0.1", 0)
            kubelets.runtime.port = server.sockets[0].getsockname()[1]
            large = b"abc" * 200_000
            assert await _forwarded(kubelets, kubelets.runtime.port, large) == {1: b"", 3: large.upper()}
            refused = b"error forwarding port 81 to pod web: no containerPort"
            assert await _forwarded(kubelets, 81, b"x") == {1: refused, 3: b""}
            server.close()

    asyncio.run(main())
