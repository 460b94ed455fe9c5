"""Git repositories of a folder, served by http on 127.0.0.1 to be read: Flux takes no URLs of files."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_GIT = shutil.which("git") or "git"


@contextmanager
def git_server(repositories: Path, port: int = 0) -> Iterator[str]:
    """Serve the bare repositories in a folder; gives the URL of the folder. ``port``: 0 takes a free one.

    Raises OSError where the port is taken.
    """
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(GitBackend, repositories))
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}"


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """Answer requests in a thread of its own."""
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class GitBackend(BaseHTTPRequestHandler):
    """Answers by ``git http-backend``."""

    protocol_version = "HTTP/1.1"

    def __init__(self, repositories: Path, *connection: object) -> None:
        self._repositories = repositories
        super().__init__(*connection)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """The references of a repository."""
        self._answer()

    def do_POST(self) -> None:
        """Its objects."""
        self._answer()

    def log_message(self, *_: object) -> None:
        """Nothing is written of each request."""

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self._repositories),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run([_GIT, "http-backend"], input=body, env=environment, capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
