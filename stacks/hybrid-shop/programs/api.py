"""The shop's API: an order kept in MongoDB, its price of the legacy catalogue, and a thumbnail made by the function."""

import json
import os
import platform
import signal
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pymongo import MongoClient, ReturnDocument

BOOT = Path("/proc/sys/kernel/random/boot_id")
DATABASE: MongoClient[dict[str, Any]] = MongoClient(
    os.environ["MONGODB_URI"], connect=False, serverSelectionTimeoutMS=20000
)
SIDE = 64
PICTURE = b"P5 %d %d 255\n" % (SIDE, SIDE) + bytes((x * 4 + y * 4) // 2 for y in range(SIDE) for x in range(SIDE))
"""A grey gradient as a binary PGM: a stand-in for a photograph."""


def order() -> dict[str, Any]:
    """The order, asked for once more than before."""
    began = time.monotonic()
    orders = DATABASE["shop"]["orders"]
    change = {"$set": {"item": "chair"}, "$inc": {"views": 1}}
    order = orders.find_one_and_update({"_id": 1}, change, upsert=True, return_document=ReturnDocument.AFTER)
    stored = time.monotonic()
    listed = catalogue()
    priced = time.monotonic()
    with urllib.request.urlopen(os.environ["THUMBNAILS_URL"], data=PICTURE, timeout=60) as answer:  # noqa: S310
        thumbnail = json.load(answer)
    return {
        "pod": platform.node(),
        "kernel": platform.release(),
        "boot": BOOT.read_text().strip(),
        "order": {**order, "price": listed.pop("products", {}).get(order["item"])},
        "thumbnail": thumbnail,
        "catalogue": listed,
        "seconds": {
            "database": round(stored - began, 3),
            "catalogue": round(priced - stored, 3),
            "thumbnail": round(time.monotonic() - priced, 3),
        },
    }


def catalogue() -> dict[str, Any]:
    """What the VM says of itself and its products; of a VM that runs no program, why it says nothing."""
    address = os.environ["CATALOGUE_ADDRESS"]
    try:
        with urllib.request.urlopen(f"http://{address}:8080/products", timeout=10) as answer:
            return {"address": address, **json.load(answer)}
    except OSError as error:
        return {"address": address, "error": str(error)}


class API(BaseHTTPRequestHandler):
    """GET /order; GET /ready says that this program runs."""

    def do_GET(self) -> None:
        """Answer one request."""
        status, value = 200, {"ready": True} if self.path == "/ready" else order()
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    # The first process of a container gets no signal that it does not ask for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ThreadingHTTPServer(("", 8080), API).serve_forever()
