"""The router's own end of a TCP connection with a machine, joined to a connection of this computer (RFC 9293).

The way to a machine keeps the order and loses a frame only where the machine does not read, so that no measure is taken
against congestion, and what arrives out of order is asked for again.
"""

import asyncio
import random
import struct
from collections.abc import Callable
from typing import Final

from pacific_sandbox.pod_network.frames import ACK, FIN, PSH, RST, SYN, Packet, Tuple, tcp_frame

_SCALE: Final = 3
_WINDOW: Final = 2**18
"""Bytes that we have the machine send before we confirm them."""
_IN_FLIGHT: Final = 2**16
"""Bytes that the way to a machine takes for certain (the kernel's limit of a socket, with its own use of memory)."""
_BUFFER: Final = 2**18
_AGAIN: Final = 0.5
"""Seconds until an unconfirmed packet is sent again; doubled each time."""
_TRIES: Final = 8
_MODULUS: Final = 2**32


class TcpEndpoint(asyncio.Protocol):
    """One connection. ``connection`` is as our own segments have it: from the router to the machine.

    It is the protocol of this computer's side: what that sends goes to the machine, and the other way round.
    """

    def __init__(
        self, connection: Tuple, send: Callable[[bytes], None], ended: Callable[[], None], segment: int
    ) -> None:
        """``segment``: bytes of data in a segment. ``ended`` is called once, when nothing more will come."""
        self._connection, self._send, self._ended, self._segment = connection, send, ended, segment
        self._transport: asyncio.Transport | None = None
        start = random.getrandbits(32)
        self._confirmed = start
        """The first byte of ours that the machine has not confirmed."""
        self._next = start
        self._expected = 0
        """The machine's next byte."""
        self._window, self._scale = self._segment, 0
        self._unsent = bytearray()
        """What the machine has not confirmed, sent or not."""
        self._established = self._reading_paused = self._writing_paused = False
        self._ours_ended = self._ours_finished = self._theirs_finished = self._closed = False
        self._probing = False
        """Whether a byte was sent into a closed window, which may not have been taken."""
        self._our_scale = 0
        self._timer: asyncio.TimerHandle | None = None
        self._tries = 0
        self._accepted: Packet | None = None

    def connect(self) -> None:
        """Open it from our side."""
        self._send_syn()

    def accept(self, packet: Packet) -> None:
        """Take the machine's SYN; it is answered once this computer's side is connected."""
        self._accepted = packet
        self._take_syn(packet)

    def refuse(self) -> None:
        """Nobody answers on this computer's side."""
        if not self._closed:
            self._emit(RST | ACK)
            self._close()

    # This computer's side.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """This computer's side is connected."""
        if not isinstance(transport, asyncio.Transport):
            return
        self._transport = transport
        if self._closed:
            transport.abort()
        elif self._accepted is not None:
            self._send_syn()
        else:
            transport.pause_reading()
            self._reading_paused = True
            self.connect()

    def data_received(self, data: bytes) -> None:
        """Bytes for the machine."""
        self._unsent += data
        self._push()
        self._steer()

    def eof_received(self) -> bool:
        """No more bytes for the machine; it may still send some."""
        self._ours_ended = True
        self._push()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """This computer's side is gone."""
        if not self._closed:
            if exc is not None or not self._theirs_finished:
                self._emit(RST | ACK)
            self._close()

    def pause_writing(self) -> None:
        """This computer's side does not read fast enough: the machine is to wait."""
        self._writing_paused = True

    def resume_writing(self) -> None:
        """It does again."""
        self._writing_paused = False
        self._emit(ACK)

    # The machine's side.

    def receive(self, packet: Packet) -> None:
        """A segment of the machine."""
        flags = packet.flags
        sequence, acknowledged = struct.unpack_from("!II", packet.frame, packet.start + 4)
        if flags & RST:
            self._abort()
            return
        if flags & SYN and not self._established and not self._greet(packet):
            return
        if not flags & ACK:
            return
        self._window = struct.unpack_from("!H", packet.frame, packet.start + 14)[0]
        if not flags & SYN:
            self._window <<= self._scale
        self._confirm(acknowledged)
        if not self._established:
            return
        if self._probing:
            self._probing, self._next = False, self._confirmed
        data = packet.frame[packet.start + (packet.frame[packet.start + 12] >> 4) * 4 : packet.end]
        self._take(0 if not flags & SYN else 1, sequence, data, finished=bool(flags & FIN))
        self._push()
        self._steer()
        if self._theirs_finished and self._ours_finished and self._confirmed == self._next:
            self._close()

    def _greet(self, packet: Packet) -> bool:
        """The machine's greeting: whether it is the answer to ours."""
        if self._accepted is None:
            self._take_syn(packet)
            return bool(packet.flags & ACK)
        if self._transport is not None:  # It has not heard our answer.
            self._send_syn(again=True)
        return False

    def _take_syn(self, packet: Packet) -> None:
        (sequence,) = struct.unpack_from("!I", packet.frame, packet.start + 4)
        self._expected = (sequence + 1) % _MODULUS
        header = packet.frame[packet.start + 20 : packet.start + (packet.frame[packet.start + 12] >> 4) * 4]
        offered = _scale_in(header)
        self._scale = offered or 0
        self._window = struct.unpack_from("!H", packet.frame, packet.start + 14)[0]
        self._our_scale = _SCALE if offered is not None else 0

    def _take(self, skip: int, sequence: int, data: bytes, *, finished: bool) -> None:
        if not data and not finished:
            if skip or (self._expected - sequence) % _MODULUS in range(1, _MODULUS // 2):
                self._emit(ACK)  # A probe whether we live, or the end of the greeting.
            return
        known = (self._expected - sequence - skip) % _MODULUS
        if known > _MODULUS // 2 or known > len(data) or self._theirs_finished:
            self._emit(ACK)  # Bytes before these are missing, or all of them are known.
            return
        data = data[known:]
        if data and self._transport is not None:
            if self._writing_paused:
                self._emit(ACK)
                return
            self._transport.write(data)
        self._expected = (self._expected + len(data)) % _MODULUS
        if finished:
            self._expected = (self._expected + 1) % _MODULUS
            self._theirs_finished = True
            if self._transport is not None and self._transport.can_write_eof():
                self._transport.write_eof()
        self._emit(ACK)

    def _confirm(self, acknowledged: int) -> None:
        count = (acknowledged - self._confirmed) % _MODULUS
        if count == 0 or count > (self._next - self._confirmed) % _MODULUS:
            return
        self._tries = 0
        self._confirmed = acknowledged
        if not self._established:
            self._established = True
            count -= 1
            if self._transport is not None and self._reading_paused:
                self._reading_paused = False
                self._transport.resume_reading()
        if self._ours_finished and acknowledged == self._next:
            count -= 1
        del self._unsent[:count]
        self._set_timer()

    def _push(self) -> None:
        """Send what may be sent."""
        if not self._established or self._closed or self._ours_finished:
            return
        limit = min(self._window, _IN_FLIGHT)
        sent = (self._next - self._confirmed) % _MODULUS
        while sent < min(len(self._unsent), limit):
            data = bytes(self._unsent[sent : min(sent + self._segment, limit)])
            self._emit(ACK | PSH, data)
            sent += len(data)
        if self._ours_ended and sent == len(self._unsent):
            self._emit(ACK | FIN)
            self._ours_finished = True
        self._set_timer()

    def _steer(self) -> None:
        """Have this computer's side wait while much is not confirmed."""
        if self._transport is None or self._transport.is_closing() or not self._established:
            return
        if len(self._unsent) > _BUFFER and not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()
        elif len(self._unsent) < _BUFFER // 2 and self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()

    def _send_syn(self, *, again: bool = False) -> None:
        if again:
            self._next = self._confirmed
        answer = self._accepted is not None
        options = struct.pack("!BBH", 2, 4, self._segment)
        if not answer or self._our_scale:
            options += struct.pack("!BBBB", 1, 3, 3, _SCALE)
        sequence = self._next
        self._next = (self._next + 1) % _MODULUS
        flags = SYN | ACK if answer else SYN
        window = min(_WINDOW, 0xFFFF)
        self._send(tcp_frame(self._connection, sequence, self._expected, flags, window, options=options))
        self._set_timer()

    def _emit(self, flags: int, data: bytes = b"") -> None:
        window = 0 if self._writing_paused else min(_WINDOW >> self._our_scale, 0xFFFF)
        self._send(tcp_frame(self._connection, self._next, self._expected, flags, window, data=data))
        self._next = (self._next + len(data) + (1 if flags & FIN else 0)) % _MODULUS

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waits = self._next != self._confirmed or self._unsent
        if waits and not self._closed:
            pause = _AGAIN * 2 ** min(self._tries, 5)
            self._timer = asyncio.get_running_loop().call_later(pause, self._again)

    def _again(self) -> None:
        """Nothing was confirmed for a while: send it all again, or one byte into a closed window."""
        self._timer = None
        self._tries += 1
        if self._tries > _TRIES:
            self._abort()
        elif not self._established:
            self._send_syn(again=True)
        else:
            self._next = self._confirmed
            if self._window == 0 and self._unsent:
                self._tries = min(self._tries, 3)  # It confirms nothing, but it answers.
                self._emit(ACK, bytes(self._unsent[:1]))
                self._probing = True
                self._set_timer()
                return
            self._ours_finished = False
            self._push()

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        self._close()

    def abort(self) -> None:
        """The machine is gone."""
        self._abort()

    def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.close()
        self._ended()


def _scale_in(options: bytes) -> int | None:
    """The window scale among TCP's options."""
    at = 0
    while at < len(options) and options[at] != 0:
        if options[at] == 1:
            at += 1
            continue
        if at + 1 >= len(options) or options[at + 1] < 2:
            break
        if options[at] == 3 and at + 2 < len(options):
            return min(options[at + 2], 14)
        at += options[at + 1]
    return None
