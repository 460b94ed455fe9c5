"""The router's end of TCP against a machine that the test plays, segment by segment."""

import asyncio
import struct
from collections.abc import Callable, Coroutine
from ipaddress import IPv4Address
from typing import Any

import pytest

from pacific_sandbox.pod_network import tcp_endpoint
from pacific_sandbox.pod_network.connections import reverse
from pacific_sandbox.pod_network.frames import ACK, FIN, RST, SYN, TCP, Packet, read_packet, tcp_frame
from pacific_sandbox.pod_network.tcp_endpoint import TcpEndpoint

MACHINE, ROUTER = IPv4Address("10.244.0.10").packed, IPv4Address("10.96.0.1").packed
FROM_MACHINE = (TCP, MACHINE, 40000, ROUTER, 443)
SEGMENT = 4


class Computer(asyncio.Transport):
    """This computer's side of the connection."""

    def __init__(self) -> None:
        super().__init__()
        self.got = b""
        self.did: list[str] = []

    def write(self, data: Any) -> None:
        self.got += data

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.did.append("eof")

    def abort(self) -> None:
        self.did.append("abort")

    def close(self) -> None:
        self.did.append("close")

    def is_closing(self) -> bool:
        return "close" in self.did

    def pause_reading(self) -> None:
        self.did.append("pause")

    def resume_reading(self) -> None:
        self.did.append("resume")


class Machine:
    """The machine's side, at 1000 in its own counting, with a window of ten bytes."""

    def __init__(self) -> None:
        self.received: list[Packet] = []
        self.ended = 0
        self._changed = asyncio.Event()
        self.computer = Computer()
        self.endpoint = TcpEndpoint(reverse(FROM_MACHINE), self._hear, self._end, SEGMENT)
        self.next, self.expected, self.window = 1000, 0, 10

    def say(self, flags: int, data: bytes = b"", *, options: bytes = b"", at: int | None = None) -> None:
        sequence = self.next if at is None else at
        frame = tcp_frame(FROM_MACHINE, sequence, self.expected, flags, self.window, options=options, data=data)
        packet = read_packet(frame)
        assert packet is not None
        if at is None:
            self.next += len(data) + bool(flags & (SYN | FIN))
        self.endpoint.receive(packet)

    def greet(self) -> None:
        """The machine connects, and this computer's side is there."""
        packet = read_packet(tcp_frame(FROM_MACHINE, 1000, 0, SYN, 10))
        assert packet is not None
        self.endpoint.accept(packet)
        self.next = 1001
        self.endpoint.connection_made(self.computer)
        assert [item.flags for item in self.received] == [SYN | ACK]
        self.confirm()
        self.say(ACK)

    def confirm(self) -> list[tuple[int, bytes]]:
        """What was heard, taken for known."""
        messages = []
        for item in self.received:
            (sequence,) = struct.unpack_from("!I", item.frame, item.start + 4)
            data = item.frame[item.start + (item.frame[item.start + 12] >> 4) * 4 : item.end]
            self.expected = (sequence + len(data) + bool(item.flags & (SYN | FIN))) % 2**32
            messages.append((item.flags, data))
        self.received.clear()
        return messages

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that is heard makes it true."""
        async with asyncio.timeout(60):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def acknowledged(self) -> int:
        (number,) = struct.unpack_from("!I", self.received[-1].frame, self.received[-1].start + 8)
        return int(number)

    def _hear(self, frame: bytes) -> None:
        packet = read_packet(frame)
        assert packet is not None
        self.received.append(packet)
        self._changed.set()

    def _end(self) -> None:
        self.ended += 1
        self._changed.set()


def play(scene: Callable[[Machine], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        await scene(Machine())

    asyncio.run(run())


def test_bytes_of_the_machine_arrive_once_and_in_order() -> None:
    async def scene(machine: Machine) -> None:
        machine.greet()
        machine.say(ACK, b"hello ")
        assert machine.acknowledged() == 1007
        machine.say(ACK, b"later", at=1010)  # something before it is missing
        assert machine.acknowledged() == 1007
        machine.say(ACK, b"lo world", at=1004)  # half of it is known
        assert machine.acknowledged() == 1012
        assert machine.computer.got == b"hello world"
        machine.next = 1012
        machine.say(ACK | FIN)
        assert machine.computer.did == ["eof"]
        assert machine.acknowledged() == 1013

    play(scene)


def test_no_more_is_sent_than_the_machine_takes() -> None:
    async def scene(machine: Machine) -> None:
        machine.greet()
        machine.endpoint.data_received(b"0123456789abcdef")
        assert [data for _, data in machine.confirm()] == [b"0123", b"4567", b"89"]
        machine.say(ACK)
        assert [data for _, data in machine.confirm()] == [b"abcd", b"ef"]
        machine.endpoint.eof_received()
        assert [flags & FIN for flags, _ in machine.confirm()] == [FIN]
        machine.say(ACK | FIN)
        assert machine.ended == 1
        assert machine.computer.did == ["eof", "close"]

    play(scene)


def test_what_is_not_confirmed_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp_endpoint, "_AGAIN", 0.001)

    async def scene(machine: Machine) -> None:
        machine.greet()
        machine.endpoint.data_received(b"abcdef")
        machine.received.clear()  # lost
        await machine.until(lambda: len(machine.received) >= 2)
        assert [data for _, data in machine.confirm()][:2] == [b"abcd", b"ef"]
        machine.say(ACK)
        # A window that is closed is tried with one byte.
        machine.window = 0
        machine.say(ACK)
        machine.endpoint.data_received(b"xyz")
        await machine.until(lambda: bool(machine.received))
        assert next(data for _, data in machine.confirm()) == b"x"
        machine.expected -= 1  # It was not taken: the window opens later.
        machine.window = 10
        machine.say(ACK)
        assert b"".join(data for _, data in machine.confirm()) == b"xyz"
        machine.say(RST)
        assert machine.ended == 1

    play(scene)


def test_who_is_gone_breaks_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp_endpoint, "_AGAIN", 0.0)

    async def scene(machine: Machine) -> None:
        machine.greet()
        machine.endpoint.data_received(b"abc")
        await machine.until(lambda: machine.ended == 1)
        assert "abort" in machine.computer.did

    play(scene)


def test_a_reset_of_this_computer_reaches_the_machine() -> None:
    async def scene(machine: Machine) -> None:
        machine.greet()
        machine.endpoint.connection_lost(ConnectionResetError())
        assert [flags for flags, _ in machine.confirm()] == [RST | ACK]
        assert machine.ended == 1

    play(scene)


def test_a_connection_from_this_computer() -> None:
    async def scene(machine: Machine) -> None:
        machine.endpoint.connection_made(machine.computer)
        assert [flags for flags, _ in machine.confirm()] == [SYN]
        assert machine.computer.did == ["pause"]
        # With a window scale of two: the window of ten is one of forty later.
        machine.say(SYN | ACK, options=b"\2\4\5\xb4\1\3\3\2")
        assert machine.computer.did == ["pause", "resume"]
        machine.endpoint.data_received(bytes(50))
        machine.received.clear()
        machine.say(ACK)
        assert sum(len(data) for _, data in machine.confirm()) > 10

    play(scene)


def test_a_slow_computer_makes_the_machine_wait() -> None:
    async def scene(machine: Machine) -> None:
        machine.greet()
        machine.endpoint.pause_writing()
        machine.say(ACK, b"more")
        last = machine.received[-1]
        assert struct.unpack_from("!H", last.frame, last.start + 14)[0] == 0
        assert machine.computer.got == b""
        machine.endpoint.resume_writing()
        machine.say(ACK, b"more", at=1001)
        assert machine.computer.got == b"more"

    play(scene)
