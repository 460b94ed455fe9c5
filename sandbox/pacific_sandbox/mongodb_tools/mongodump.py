"""A stand-in of mongodump with the options that a backup's Job gives it: all collections, by the wire protocol."""

import argparse
import gzip
import sys
from collections.abc import Iterator
from pathlib import Path

from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from pacific_sandbox.mongodb_tools.archive import Collection, write_archive

NO_DATA = ("local", "config")
"""Databases that a server keeps for itself."""


def main() -> None:
    """Write the archive. Prints one line: how much it holds, or why it was not written."""
    parser = argparse.ArgumentParser(prog="mongodump", description=__doc__)
    parser.add_argument("--uri", required=True)
    parser.add_argument("--archive", required=True, type=Path)
    parser.add_argument("--gzip", action="store_true")
    options = parser.parse_args()
    try:
        client = MongoClient[RawBSONDocument](
            options.uri, document_class=RawBSONDocument, serverSelectionTimeoutMS=20000, connect=False
        )
        with client, gzip.open(options.archive, "wb") if options.gzip else options.archive.open("wb") as out:
            count = write_archive(out, _collections(client))
    except (OSError, PyMongoError) as error:
        sys.exit(f"mongodump: {error}")
    print(f"mongodump: {count} documents")  # noqa: T201


def _collections(client: MongoClient[RawBSONDocument]) -> Iterator[tuple[Collection, Iterator[bytes]]]:
    for database in client.list_database_names():
        names = [] if database in NO_DATA else client[database].list_collection_names()
        for name in sorted(names):
            if not name.startswith("system."):
                yield (database, name), (bytes(document.raw) for document in client[database][name].find())


if __name__ == "__main__":
    main()
