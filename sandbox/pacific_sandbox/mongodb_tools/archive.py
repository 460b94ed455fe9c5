"""The archive of mongodump, with collections one after another (mongodb/mongo-tools, common/archive).

Magic number, a header, a description of each collection, a terminator; then for each collection a header that names
it, its documents and a terminator, and once more a header, with EOF and the CRC-64 of the documents, and a terminator.
Headers, descriptions and documents are BSON.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import IO, Any, Final

import bson

_MAGIC: Final = 0x8199E26D
_TERMINATOR: Final = 0xFFFFFFFF
_POLYNOMIAL: Final = 0xC96C5795D7870F42
_NUMBER: Final = struct.Struct("<I")

Collection = tuple[str, str]
"""Its database's name and its own."""


def write_archive(out: IO[bytes], collections: Iterable[tuple[Collection, Iterable[bytes]]]) -> int:
    """Write collections with their documents in BSON. How many documents there were."""
    contents = [(namespace, documents) for namespace, documents in collections]
    out.write(_NUMBER.pack(_MAGIC))
    versions = {"version": "0.1", "server_version": "sandbox", "tool_version": "sandbox"}
    out.write(bson.encode({"concurrent_collections": 1, **versions}))
    for (database, name), _ in contents:
        described = {"metadata": '{"options":{},"indexes":[]}', "size": 0, "type": "collection"}
        out.write(bson.encode({"db": database, "collection": name, **described}))
    out.write(_NUMBER.pack(_TERMINATOR))
    count = 0
    for namespace, documents in contents:
        out.write(_header(namespace, end=False, crc=0))
        crc = 0
        for document in documents:
            out.write(document)
            crc = crc64(document, crc)
            count += 1
        out.write(_NUMBER.pack(_TERMINATOR))
        out.write(_header(namespace, end=True, crc=crc) + _NUMBER.pack(_TERMINATOR))
    return count


def read_archive(source: IO[bytes]) -> Iterator[tuple[Collection, bytes]]:
    """Each document with its collection. Raises ValueError for what is no whole archive."""
    if source.read(_NUMBER.size) != _NUMBER.pack(_MAGIC):
        raise ValueError("not an archive of mongodump")
    open_ = {_namespace(bson.decode(raw)): 0 for raw in list(_block(source))[1:]}
    while open_:
        header = next(block := _block(source), None)
        if header is None:
            raise ValueError("an empty block")
        fields = bson.decode(header)
        namespace = _namespace(fields)
        for document in block:
            open_[namespace] = crc64(document, open_[namespace])
            yield namespace, document
        if fields["EOF"] and open_.pop(namespace) != fields["CRC"] % 2**64:
            raise ValueError(f"the documents of {'.'.join(namespace)} are not those that were written")


def crc64(data: bytes, crc: int = 0) -> int:
    """CRC-64 with the polynomial of ECMA-182, reflected: that of what ``crc`` was made of, and ``data``."""
    crc ^= 0xFFFFFFFFFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFFFFFFFFFF


def _entry(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
    return value


_TABLE: Final = [_entry(value) for value in range(256)]


def _header(namespace: Collection, *, end: bool, crc: int) -> bytes:
    signed = crc - 2**64 if crc >= 2**63 else crc
    return bson.encode({"db": namespace[0], "collection": namespace[1], "EOF": end, "CRC": bson.Int64(signed)})


def _namespace(fields: dict[str, Any]) -> Collection:
    return str(fields["db"]), str(fields["collection"])


def _block(source: IO[bytes]) -> Iterator[bytes]:
    """The documents up to the next terminator."""
    while (head := _exactly(source, _NUMBER.size)) != _NUMBER.pack(_TERMINATOR):
        yield head + _exactly(source, _NUMBER.unpack(head)[0] - _NUMBER.size)


def _exactly(source: IO[bytes], size: int) -> bytes:
    read = source.read(size)
    if len(read) != size:
        raise ValueError("the archive ends too early")
    return read
