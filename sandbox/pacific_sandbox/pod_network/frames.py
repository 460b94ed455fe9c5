"""Ethernet frames with ARP, IPv4, TCP, UDP and ICMP in them (RFC 826, 791, 9293, 768, 792), read and made. Pure.

Addresses are four bytes, as they are in the frame.
"""

import struct
from dataclasses import dataclass
from typing import Final

ICMP: Final = 1
TCP: Final = 6
UDP: Final = 17
FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
PSH: Final = 0x08
ACK: Final = 0x10
ROUTER_MAC: Final = b"\x02\x00\x00\x00\x00\x01"

_ETHERNET: Final = 14
_IP: Final = b"\x08\x00"
_ARP: Final = b"\x08\x06"
_UNREACHABLE: Final = 3
_ECHO_REQUEST: Final = 8
_CHECKSUM_AT: Final = {TCP: 16, UDP: 6}

Tuple = tuple[int, bytes, int, bytes, int]
"""A connection as one side sees it: protocol, source, its port, destination, its port."""


@dataclass(frozen=True, slots=True)
class Packet:
    """An IPv4 packet in its frame."""

    frame: bytes
    connection: Tuple
    start: int
    """Where the TCP, UDP or ICMP header begins."""
    end: int
    """Where the packet ends; a frame may be filled up behind it."""

    @property
    def flags(self) -> int:
        """TCP's flags; 0 for other protocols."""
        return self.frame[self.start + 13] if self.connection[0] == TCP else 0

    @property
    def opens(self) -> bool:
        """Whether it may open a connection: TCP's SYN, an echo request, and each of UDP's."""
        protocol = self.connection[0]
        if protocol == TCP:
            return self.flags & (SYN | ACK) == SYN
        return protocol == UDP or self.frame[self.start] == _ECHO_REQUEST


def mac_of(address: bytes) -> bytes:
    """The hardware address of the machine with this address."""
    return b"\x02\x01" + address


def mac_text(address: bytes) -> str:
    """The same as QEMU takes it."""
    return mac_of(address).hex(":")


def arp_reply(frame: bytes) -> bytes | None:
    """The router's answer to an ARP request: whoever is asked for is reached through it. None: no such request."""
    if frame[12:14] != _ARP or len(frame) < 42 or frame[20:22] != b"\0\1":
        return None
    asker, address, target = frame[22:28], frame[28:32], frame[38:42]
    if target == address:  # It checks that no other machine has its address.
        return None
    return asker + ROUTER_MAC + _ARP + frame[14:20] + b"\0\2" + ROUTER_MAC + target + asker + address


def read_packet(frame: bytes) -> Packet | None:
    """The packet in a frame. None where it is not IPv4, broken, a fragment, or of another protocol."""
    if len(frame) < 34 or frame[12:14] != _IP or frame[14] >> 4 != 4:
        return None
    start, end = _ETHERNET + (frame[14] & 15) * 4, _ETHERNET + (frame[16] << 8 | frame[17])
    protocol = frame[23]
    fragment = (frame[20] << 8 | frame[21]) & 0x3FFF
    if start < 34 or fragment or end > len(frame) or end < start + {TCP: 20, UDP: 8, ICMP: 8}.get(protocol, 1 << 16):
        return None
    if protocol == ICMP:
        # An echo is told by its identifier: as the source's port in the request, as the destination's in the answer.
        identifier = frame[start + 4] << 8 | frame[start + 5]
        kind = frame[start]
        if kind not in (0, _ECHO_REQUEST):
            return None
        ports = (identifier, 0) if kind == _ECHO_REQUEST else (0, identifier)
    else:
        ports = struct.unpack_from("!HH", frame, start)
    return Packet(frame, (protocol, frame[26:30], ports[0], frame[30:34], ports[1]), start, end)


def readdressed(packet: Packet, connection: Tuple, mac: bytes) -> bytes:
    """The packet's frame on its way to the machine ``mac``, as one of ``connection``."""
    frame = bytearray(packet.frame[: packet.end])
    frame[0:6], frame[6:12] = mac, ROUTER_MAC
    if connection == packet.connection:
        return bytes(frame)
    protocol, source, source_port, destination, destination_port = connection
    before = bytes(frame[26:34])
    frame[26:30], frame[30:34] = source, destination
    _correct(frame, 24, before, bytes(frame[26:34]))
    if protocol == ICMP:
        return bytes(frame)
    start = packet.start
    before += bytes(frame[start : start + 4])
    struct.pack_into("!HH", frame, start, source_port, destination_port)
    at = start + _CHECKSUM_AT[protocol]
    if protocol == TCP or frame[at : at + 2] != b"\0\0":
        _correct(frame, at, before, bytes(frame[26:34] + frame[start : start + 4]))
    return bytes(frame)


def udp_frame(connection: Tuple, payload: bytes) -> bytes:
    """A datagram to the machine that is the connection's destination."""
    header = struct.pack("!HHHH", connection[2], connection[4], 8 + len(payload), 0)
    return _frame(connection, header + payload, checksum_at=6)


def tcp_frame(
    connection: Tuple,
    sequence: int,
    acknowledged: int,
    flags: int,
    window: int,
    *,
    options: bytes = b"",
    data: bytes = b"",
) -> bytes:
    """A segment to the machine that is the connection's destination. ``options`` fill whole words of four bytes."""
    offset = (20 + len(options)) // 4 << 4
    header = struct.pack(
        "!HHIIBBHHH", connection[2], connection[4], sequence, acknowledged, offset, flags, window, 0, 0
    )
    return _frame(connection, header + options + data, checksum_at=16)


def refusal(packet: Packet) -> bytes | None:
    """The answer to a packet that opens a connection to a closed port; None where it opens no connection.

    TCP gets a reset, others "port unreachable".
    """
    protocol, source, source_port, destination, destination_port = packet.connection
    if protocol == TCP:
        if packet.flags & RST:
            return None
        back = (protocol, destination, destination_port, source, source_port)
        sequence, acknowledged = struct.unpack_from("!II", packet.frame, packet.start + 4)
        if packet.flags & ACK:
            return tcp_frame(back, acknowledged, 0, RST, 0)
        return tcp_frame(back, 0, (sequence + 1) & 0xFFFFFFFF, RST | ACK, 0)
    if not packet.opens:
        return None
    return unreachable(packet, destination, code=3)


def unreachable(packet: Packet, router: bytes, code: int) -> bytes:
    """ICMP's "destination unreachable" from ``router``; codes as RFC 792 and 1812 have them (0: net, 3: port)."""
    quoted = packet.frame[_ETHERNET : min(packet.end, packet.start + 8)]
    content = bytearray(struct.pack("!BBHI", _UNREACHABLE, code, 0, 0) + quoted)
    struct.pack_into("!H", content, 2, checksum(bytes(content)))
    return _ip_frame((ICMP, router, 0, packet.connection[1], 0), bytes(content))


def checksum(content: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(content) % 2:
        content += b"\0"
    # The sum of 16-bit words with the carry added back is the remainder by 65535: one division by the interpreter.
    return 0xFFFF - int.from_bytes(content, "big") % 0xFFFF


def _frame(connection: Tuple, content: bytes, *, checksum_at: int) -> bytes:
    protocol, source, _, destination, _ = connection
    pseudo = source + destination + struct.pack("!HH", protocol, len(content))
    sum_ = checksum(pseudo + content)
    content = content[:checksum_at] + sum_.to_bytes(2, "big") + content[checksum_at + 2 :]
    return _ip_frame(connection, content)


def _ip_frame(connection: Tuple, content: bytes) -> bytes:
    protocol, source, _, destination, _ = connection
    header = struct.pack("!BBHIBBH", 0x45, 0, 20 + len(content), 0, 64, protocol, 0) + source + destination
    sum_ = checksum(header).to_bytes(2, "big")
    return mac_of(destination) + ROUTER_MAC + _IP + header[:10] + sum_ + header[12:] + content


def _correct(frame: bytearray, at: int, before: bytes, after: bytes) -> None:
    """Bring a checksum up to date after a change (RFC 1624)."""
    (old,) = struct.unpack_from("!H", frame, at)
    total = (0xFFFF - old) - int.from_bytes(before, "big") + int.from_bytes(after, "big")
    struct.pack_into("!H", frame, at, 0xFFFF - total % 0xFFFF)
