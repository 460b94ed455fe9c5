import struct
from ipaddress import IPv4Address

from pacific_sandbox.pod_network.frames import (
    ACK,
    ICMP,
    RST,
    SYN,
    TCP,
    UDP,
    Tuple,
    arp_reply,
    checksum,
    mac_of,
    mac_text,
    read_packet,
    readdressed,
    refusal,
    tcp_frame,
    udp_frame,
    unreachable,
)

FIRST, SECOND, SERVICE = (IPv4Address(text).packed for text in ("10.244.0.10", "10.244.0.11", "10.96.4.1"))
CONNECTION: Tuple = (TCP, FIRST, 40000, SERVICE, 80)


def is_right(frame: bytes) -> bool:
    """Whether both checksums are right: with them, everything sums up to one of the two zeros."""
    packet = read_packet(frame)
    assert packet is not None
    content = frame[packet.start : packet.end]
    pseudo = frame[26:34] + struct.pack("!HH", frame[23], len(content)) if frame[23] != ICMP else b""
    return checksum(frame[14:34]) == checksum(pseudo + content) == 0xFFFF


def test_the_checksum_of_the_standards_example() -> None:
    # RFC 1071, 3: the words 0001 f203 f4f5 f6f7 add up to ddf2.
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2


def test_the_router_answers_for_every_address_but_the_askers() -> None:
    sender = mac_of(FIRST)
    request = b"\xff" * 6 + sender + bytes.fromhex("0806000108000604") + b"\0\1" + sender + FIRST + bytes(6)
    reply = arp_reply(request + SECOND)
    assert reply is not None
    assert reply[:6] == mac_of(FIRST)
    assert reply[20:22] == b"\0\2"
    assert reply[28:32] == SECOND
    assert arp_reply(request + FIRST) is None
    assert mac_text(FIRST) == "02:01:0a:f4:00:0a"


def test_a_packet_is_what_was_made() -> None:
    frame = tcp_frame(CONNECTION, 7, 0, SYN, 1000, options=b"\2\4\5\xb4", data=b"odd")
    packet = read_packet(frame + bytes(9))  # filled up, as Ethernet asks for
    assert packet is not None
    assert packet.connection == CONNECTION
    assert packet.opens
    assert frame[packet.end - 3 : packet.end] == b"odd"
    assert is_right(frame)
    assert is_right(udp_frame((UDP, FIRST, 1, SECOND, 53), b"name"))


def test_what_is_broken_is_no_packet() -> None:
    frame = tcp_frame(CONNECTION, 7, 0, SYN, 1000)
    assert read_packet(frame[:50]) is None
    assert read_packet(frame[:12] + b"\x86\xdd" + frame[14:]) is None
    fragment = bytearray(frame)
    fragment[20] = 0x20
    assert read_packet(bytes(fragment)) is None
    long = bytearray(frame)
    long[16:18] = b"\xff\xff"
    assert read_packet(bytes(long)) is None


def test_new_addresses_keep_the_checksums_right() -> None:
    packet = read_packet(tcp_frame(CONNECTION, 7, 9, ACK, 1000, data=b"hello"))
    assert packet is not None
    frame = readdressed(packet, (TCP, FIRST, 40001, SECOND, 8080), mac_of(SECOND))
    now = read_packet(frame)
    assert now is not None
    assert now.connection == (TCP, FIRST, 40001, SECOND, 8080)
    assert frame[:6] == mac_of(SECOND)
    assert is_right(frame)
    # UDP may go without a checksum, and then still does.
    plain = bytearray(udp_frame((UDP, FIRST, 1, SERVICE, 53), b"name"))
    plain[40:42] = b"\0\0"
    datagram = read_packet(bytes(plain))
    assert datagram is not None
    assert readdressed(datagram, (UDP, FIRST, 1, SECOND, 53), mac_of(SECOND))[40:42] == b"\0\0"


def test_who_does_not_listen_says_so() -> None:
    syn = read_packet(tcp_frame(CONNECTION, 0xFFFFFFFF, 0, SYN, 1000))
    assert syn is not None
    reset = read_packet(refusal(syn) or b"")
    assert reset is not None
    assert reset.flags == RST | ACK
    assert struct.unpack_from("!II", reset.frame, reset.start + 4) == (0, 0)
    assert refusal(reset) is None
    datagram = read_packet(udp_frame((UDP, FIRST, 1, SERVICE, 53), b"name"))
    assert datagram is not None
    answer = refusal(datagram) or b""
    assert (answer[23], answer[34], answer[35]) == (ICMP, 3, 3)
    # The machine finds its socket by what is quoted.
    assert answer[42:70] == datagram.frame[14:42]
    assert unreachable(syn, SECOND, 0)[26:34] == SECOND + FIRST
