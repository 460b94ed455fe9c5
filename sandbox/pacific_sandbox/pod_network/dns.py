"""DNS messages (RFC 1035, 2782) as far as a cluster's name server needs them: read and made. Pure."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

A: Final = 1
CNAME: Final = 5
SOA: Final = 6
PTR: Final = 12
AAAA: Final = 28
SRV: Final = 33
ANY: Final = 255
_INTERNET: Final = 1
_LIFETIME: Final = 5
"""Seconds that an answer may be kept, as CoreDNS gives it for Kubernetes."""
_PLAIN_SIZE: Final = 512
_NAME_ERROR: Final = 3
_NOT_IMPLEMENTED: Final = 4


@dataclass(frozen=True)
class Record:
    """An answer; ``value`` is an address (A), a name (CNAME, PTR), or port and name (SRV)."""

    name: str
    kind: int
    value: str | tuple[int, str]


@dataclass(frozen=True)
class Question:
    """What a message asks for."""

    number: int
    flags: int
    name: str
    """In lower case, without the dot at its end."""
    kind: int
    size: int
    """Bytes that the answer may have."""
    raw: bytes
    """The question as it was asked, which the answer repeats."""


def read_question(message: bytes) -> Question | None:
    """The message's question; None where it is no query with one."""
    try:
        number, flags, questions, _, _, additional = struct.unpack_from("!HHHHHH", message)
        if flags & 0x8000 or questions != 1:
            return None
        labels, at = [], 12
        while message[at]:
            length = message[at]
            if length > 63:
                return None
            labels.append(message[at + 1 : at + 1 + length].decode("ascii"))
            at += 1 + length
        kind, class_ = struct.unpack_from("!HH", message, at + 1)
        end = at + 5
        size = _PLAIN_SIZE
        # EDNS: the first additional record of type OPT has the size in place of its class.
        if additional and message[end : end + 3] == b"\0\0\x29":
            (size,) = struct.unpack_from("!H", message, end + 3)
    except (struct.error, IndexError, UnicodeDecodeError):
        return None
    if class_ not in (_INTERNET, ANY):
        return None
    return Question(number, flags, ".".join(labels).lower(), kind, max(size, _PLAIN_SIZE), message[12:end])


def answer(question: Question, records: Sequence[Record] | None, zone: str) -> bytes:
    """The message that answers with these records; none: the name has no such ones; None: no such name.

    What does not fit is left out and said to be.
    """
    if question.flags >> 11 & 15:
        return _message(question, _NOT_IMPLEMENTED, b"", b"", 0)
    code = _NAME_ERROR if records is None else 0
    if not records:
        times = struct.pack("!IIIII", 1, 7200, 1800, 86400, _LIFETIME)
        content = _name(f"ns.dns.{zone}") + _name(f"hostmaster.{zone}") + times
        return _message(question, code, b"", _record(zone, SOA, content), 0)
    encoded = [_record(record.name, record.kind, _content(record)) for record in records]
    kept = b""
    count = 0
    for label in encoded:
        if 12 + len(question.raw) + len(kept) + len(label) > question.size:
            break
        kept += label
        count += 1
    return _message(question, code, kept, b"", count, cut=count < len(encoded))


def _message(
    question: Question, code: int, answers: bytes, authority: bytes, count: int, *, cut: bool = False
) -> bytes:
    # An answer with authority and recursion, as CoreDNS gives it; the wish for recursion is repeated.
    flags = 0x8480 | (question.flags & 0x7900) | (0x0200 if cut else 0) | code
    header = struct.pack("!HHHHHH", question.number, flags, 1, count, 1 if authority else 0, 0)
    return header + question.raw + answers + authority


def _record(name: str, kind: int, content: bytes) -> bytes:
    return _name(name) + struct.pack("!HHIH", kind, _INTERNET, _LIFETIME, len(content)) + content


def _content(record: Record) -> bytes:
    if isinstance(record.value, tuple):
        port, target = record.value
        return struct.pack("!HHH", 0, 100, port) + _name(target)
    if record.kind == A:
        return IPv4Address(record.value).packed
    return _name(record.value)


def _name(name: str) -> bytes:
    labels = [label.encode("ascii") for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
