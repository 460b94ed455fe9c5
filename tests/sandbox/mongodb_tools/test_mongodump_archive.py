"""The archive that the stand-ins of mongodump and mongorestore write and read."""

from io import BytesIO

import bson
import pytest

from pacific_sandbox.mongodb_tools.archive import crc64, read_archive, write_archive

DOCUMENTS = [bson.encode({"_id": number, "text": "x" * number}) for number in range(3)]


def archive() -> bytes:
    out = BytesIO()
    assert write_archive(out, [(("shop", "orders"), iter(DOCUMENTS)), (("shop", "empty"), iter(()))]) == 3
    return out.getvalue()


def test_what_was_written_is_read() -> None:
    assert list(read_archive(BytesIO(archive()))) == [(("shop", "orders"), document) for document in DOCUMENTS]


def test_the_checksum_is_that_of_go_and_xz() -> None:
    assert crc64(b"123456789") == crc64(b"6789", crc64(b"12345")) == 0x995DC9BBDF1939FA


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{}", "not an archive of mongodump"),
        (archive()[:-9], "the archive ends too early"),
        (archive().replace(b"xx", b"xy"), "the documents of shop.orders are not those that were written"),
    ],
)
def test_what_is_no_whole_archive_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        list(read_archive(BytesIO(content)))
