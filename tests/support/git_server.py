"""A git server by https at a host name that only its proxy knows, so without a port."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

from pacific_sandbox.certificates import CertificateAuthority
from pacific_sandbox.git_server import GitBackend, serving

HOST = "git.example.test"


@contextmanager
def secure_git_server(repositories: Path, certificates: Path) -> Iterator[dict[str, str]]:
    """Serve the bare repositories in a folder at https://git.example.test; gives the environment of its clients."""
    authority = CertificateAuthority.open(certificates)
    files = authority.server("git", names=[HOST])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Proxy, context, repositories))
    with serving(server):
        yield {
            "HTTPS_PROXY": f"http://127.0.0.1:{server.server_port}",
            "SSL_CERT_FILE": str(authority.certificate_file),
        }


class _Proxy(GitBackend):
    """Answers for the host that it is asked to connect to, behind TLS."""

    def __init__(self, context: ssl.SSLContext, repositories: Path, *connection: object) -> None:
        self._context = context
        super().__init__(repositories, *connection)

    def do_CONNECT(self) -> None:  # noqa: N802 - the name that the server looks for
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
