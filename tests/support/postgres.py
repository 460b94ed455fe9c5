"""A Postgres of Debian's packages on loopback, in a folder of its own; it never runs as root."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.support.ports import kept_port
from tests.support.waiting import PATIENCE

PASSWORD = "administrator"
_NOBODY = 65534
_WITH_CERTIFICATES = """
hostssl all clients 127.0.0.1/32 cert
host all all 127.0.0.1/32 scram-sha-256
"""


def programs() -> Path | None:
    """The folder of Postgres' programs; None: it is not installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    program = shutil.which("postgres")
    return folders[-1] if folders else Path(program).parent if program else None


@dataclass(frozen=True)
class TlsFiles:
    """A server's certificate and key, and who signs those of users: ``clients`` has no other login."""

    certificate: Path
    key: Path
    authority: Path


@dataclass(frozen=True)
class PostgresServer:
    """A running server; ``postgres`` is its administrator."""

    folder: Path
    port: int

    def url(self, database: str, *, user: str = "postgres", password: str = PASSWORD, options: str = "") -> str:
        """As Pulumi takes it, without TLS unless ``options`` say otherwise."""
        query = options or "sslmode=disable"
        return f"postgres://{user}:{password}@127.0.0.1:{self.port}/{database}?{query}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement as the administrator."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@contextmanager
def postgres_server(tls: TlsFiles | None = None) -> Iterator[PostgresServer]:
    """A server until the end of the block. ``tls``: what it has TLS by."""
    # Not in a folder of pytest: each session closes those to other users, and so to the one that Postgres runs as.
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        yield from _serve(Path(folder), tls)


def _serve(folder: Path, tls: TlsFiles | None) -> Iterator[PostgresServer]:
    bin_folder = programs()
    assert bin_folder is not None
    as_root = os.geteuid() == 0
    user = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if as_root else {}
    secret, data = folder / "password", folder / "data"
    secret.write_text(PASSWORD)
    if as_root:
        for path in (folder, secret):
            os.chown(path, _NOBODY, _NOBODY)
    initdb = ["initdb", "-D", str(data), "-U", "postgres", "-A", "scram-sha-256", "--no-sync", f"--pwfile={secret}"]
    subprocess.run([str(bin_folder / initdb[0]), *initdb[1:]], check=True, capture_output=True, cwd=folder, **user)  # type: ignore[call-overload]
    command = [str(bin_folder / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-k", "", "-F"]
    if tls is not None:
        (data / "pg_hba.conf").write_text(_WITH_CERTIFICATES)
        for name, file in {"cert": tls.certificate, "key": tls.key, "ca": tls.authority}.items():
            copied = shutil.copy(file, data)
            if as_root:
                os.chown(copied, _NOBODY, _NOBODY)
            os.chmod(copied, 0o600)
            command += ["-c", f"ssl_{name}_file={copied}"]
        command += ["-c", "ssl=on"]
    with kept_port() as port, (folder / "log").open("wb") as log:
        command += ["-p", str(port)]
        server = PostgresServer(folder, port)
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **user)  # type: ignore[call-overload]
        try:
            _wait(server)
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # it waits for no client then
            process.wait(PATIENCE)


def _wait(server: PostgresServer) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            server.execute("SELECT 1")
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise AssertionError((server.folder / "log").read_text()) from None
            time.sleep(0.1)
