"""A function: POST a picture (binary PGM of 8 bits), get one of 8 by 8 characters, dark to light, each for a mean."""

import json
import os
import platform
import re
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SIDE = 8
GREYS = " .:-=+*#%@"
HEAD = re.compile(rb"P5\s+(\d+)\s+(\d+)\s+255\s")


def thumbnail(picture: bytes) -> list[str]:
    """Its rows. Raises ValueError for what is no such picture."""
    head = HEAD.match(picture)
    if head is None:
        raise ValueError("not a binary PGM of 8 bits")
    width, height = int(head.group(1)), int(head.group(2))
    points = picture[head.end() :]
    if len(points) != width * height or width % SIDE or height % SIDE:
        raise ValueError(f"not a picture whose sides are multiples of {SIDE}")
    across, down = width // SIDE, height // SIDE

    def grey(column: int, row: int) -> str:
        lines = range(row * down, (row + 1) * down)
        parts = [points[y * width + column * across :][:across] for y in lines]
        mean = sum(map(sum, parts)) // (across * down)
        return GREYS[mean * len(GREYS) // 256]

    return ["".join(grey(column, row) for column in range(SIDE)) for row in range(SIDE)]


class Thumbnails(BaseHTTPRequestHandler):
    """One picture a request."""

    def do_POST(self) -> None:
        """Answer one request."""
        picture = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            status, value = 200, {"pod": platform.node(), "bytes": len(picture), "thumbnail": thumbnail(picture)}
        except ValueError as error:
            status, value = 400, {"error": str(error)}
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    # The first process of a container gets no signal that it does not ask for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), Thumbnails).serve_forever()
