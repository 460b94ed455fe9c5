"""Git servers: plain http at a port, and https at a host name that only its proxy knows, so without a port."""

import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pacific_sandbox.certificates import CertificateAuthority

HOST = "git.example.test"
_GIT = shutil.which("git") or "git"


@contextmanager
def git_server(repositories: Path, certificates: Path) -> Iterator[dict[str, str]]:
    """Serve the bare repositories in a folder at https://git.example.test; gives the environment of its clients."""
    authority = CertificateAuthority.open(certificates)
    files = authority.server("git", names=[HOST])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Proxy, context, repositories))
    with _serving(server):
        yield {
            "HTTPS_PROXY": f"http://127.0.0.1:{server.server_port}",
            "SSL_CERT_FILE": str(authority.certificate_file),
        }


@contextmanager
def plain_git_server(repositories: Path) -> Iterator[str]:
    """Serve the bare repositories in a folder by http on this computer; gives the URL of the folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Backend, repositories))
    with _serving(server):
        yield f"http://127.0.0.1:{server.server_port}"


@contextmanager
def _serving(server: ThreadingHTTPServer) -> Iterator[None]:
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Backend(BaseHTTPRequestHandler):
    """Answers by ``git http-backend``."""

    protocol_version = "HTTP/1.1"

    def __init__(self, repositories: Path, *connection: object) -> None:
        self._repositories = repositories
        super().__init__(*connection)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

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


class _Proxy(_Backend):
    """Answers for the host that it is asked to connect to, behind TLS."""

    def __init__(self, context: ssl.SSLContext, repositories: Path, *connection: object) -> None:
        self._context = context
        super().__init__(repositories, *connection)

    def do_CONNECT(self) -> None:
        if self.path != f"{HOST}:443":
            self.send_error(403, "only the git server")
            return
        self.send_response_only(200)
        self.end_headers()
        self.connection = self._context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.close_connection = False

    def finish(self) -> None:
        super().finish()
        self.connection.close()
