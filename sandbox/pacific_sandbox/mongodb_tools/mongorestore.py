"""A stand-in of mongorestore: puts the documents of an archive back, without indexes."""

import argparse
import gzip
import itertools
import sys
from pathlib import Path

from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from pacific_sandbox.mongodb_tools.archive import read_archive

_AT_ONCE = 500


def main() -> None:
    """Restore; in one line how much, or why not."""
    parser = argparse.ArgumentParser(prog="mongorestore", description=__doc__)
    parser.add_argument("--uri", required=True)
    parser.add_argument("--archive", required=True, type=Path)
    parser.add_argument("--gzip", action="store_true")
    parser.add_argument("--drop", action="store_true", help="each collection of the archive first")
    options = parser.parse_args()
    count = 0
    try:
        client = MongoClient[RawBSONDocument](options.uri, serverSelectionTimeoutMS=20000)
        with client, gzip.open(options.archive, "rb") if options.gzip else options.archive.open("rb") as source:
            for (database, name), documents in itertools.groupby(read_archive(source), key=lambda entry: entry[0]):
                collection = client[database][name]
                if options.drop:
                    collection.drop()
                while batch := [RawBSONDocument(entry[1]) for entry in itertools.islice(documents, _AT_ONCE)]:
                    collection.insert_many(batch)
                    count += len(batch)
    except (OSError, ValueError, PyMongoError) as error:
        sys.exit(f"mongorestore: {error}")
    print(f"mongorestore: {count} documents")  # noqa: T201


if __name__ == "__main__":
    main()
