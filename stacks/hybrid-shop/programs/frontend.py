"""The shop's web frontend: what the API knows of an order, with what this pod is, as JSON."""

import json
import os
import platform
import signal
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")


class Frontend(BaseHTTPRequestHandler):
    """GET / asks the API; GET /ready says that this program runs."""

    def do_GET(self) -> None:
        """Answer one request."""
        if self.path == "/ready":
            self.answer(200, {"ready": True})
            return
        try:
            with urllib.request.urlopen(f"{os.environ['API_URL']}/order", timeout=90) as answer:  # noqa: S310
                order = json.load(answer)
        except OSError as error:
            self.answer(502, {"error": f"{os.environ['API_URL']}: {error}"})
            return
        machine = {"pod": platform.node(), "kernel": platform.release(), "boot": BOOT.read_text().strip()}
        self.answer(200, {"frontend": machine, "recommender": os.environ["RECOMMENDER"], "api": order})

    def answer(self, status: int, value: object) -> None:
        """Send JSON."""
        body = json.dumps(value, indent=2).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    # The first process of a container gets no signal that it does not ask for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ThreadingHTTPServer(("", 8080), Frontend).serve_forever()
