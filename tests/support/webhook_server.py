"""A stand-in for what takes webhooks: it keeps what it was sent and answers as a test says."""

import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pacific_infra.notifications.notification import Notification

RUN = Notification(
    project="estate",
    stack="prod",
    subject="converge",
    command="up",
    result="failed",
    user="alice",
    time=1_800_000_000.25,
    seconds=72.34,
    summary="2 created, 1 updated",
    counts={"create": 2, "update": 1},
    documents=["Namespace/shop", "CrxWorkload/shop/web"],
    failed=["CrxWorkload/shop/db"],
)
"""The end of a run, to be told."""


@dataclass
class WebhookServer:
    """What is served, to be changed and read by a test."""

    url: str = ""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Status and headers of the next answers; 200 after them. Status 0: the connection is closed."""
    silent: bool = False
    """Whether requests are taken and not answered."""
    bodies: list[bytes] = field(default_factory=list)
    content_types: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def contents(self) -> list[Any]:
        """The bodies, decoded."""
        return [json.loads(body) for body in self.bodies]


@contextmanager
def serve_webhook(certificate: tuple[Path, Path] | None = None) -> Iterator[WebhookServer]:
    """Serve on 127.0.0.1. ``certificate``: with TLS, by the files of a certificate and its key."""
    state = WebhookServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            state.content_types.append(self.headers["content-type"])
            if state.silent:
                state.over.wait(60)
                return
            status, headers = state.answers.pop(0) if state.answers else (200, {})
            if not status:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in {"content-length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "https"
    state.url = f"{scheme}://127.0.0.1:{server.server_port}/hooks/the-secret-path"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.over.set()
        server.shutdown()
        server.server_close()


def certificate_of_itself(folder: Path) -> tuple[Path, Path]:
    """The files of a certificate for 127.0.0.1 that nobody else has signed, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "webhook")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "webhook.pem", folder / "webhook.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    unencrypted = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    files[1].write_bytes(key.private_bytes(pem, form, unencrypted))
    return files
