"""TLS of a real Postgres: a URL means the same to this client and to the real engine, and what fails is said once."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_infra.record.backends import backend_folder
from pacific_sandbox.certificates import CertificateAuthority
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.needs import POSTGRES
from tests.support.postgres import PostgresServer, TlsFiles, postgres_server, programs
from tests.support.waiting import PATIENCE

pytestmark = [pytest.mark.sandbox, pytest.mark.postgres, POSTGRES.unless(programs())]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority.open(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(authority: CertificateAuthority) -> Iterator[PostgresServer]:
    pair = authority.server("postgres", names=["localhost"])
    files = TlsFiles(pair.certificate, pair.key, authority.certificate_file)
    with postgres_server(files) as started:
        started.execute("CREATE DATABASE state")
        started.execute("CREATE ROLE clients LOGIN SUPERUSER")
        yield started


def url_of(server: PostgresServer, host: str = "localhost", user: str = "postgres", **arguments: object) -> str:
    query = "&".join(f"{name}={value}" for name, value in arguments.items())
    return server.url("state", user=user, options=query).replace("127.0.0.1", host, 1)


def problem_of(url: str) -> str:
    """What is said of a state that cannot be reached; empty: it can."""
    folder = backend_folder(url)
    assert folder is not None
    try:
        assert not (folder / "nothing").is_file()
    except PacificError as error:
        text = str(error)
        place = url.partition("?")[0].replace(":administrator", "")
        assert text.startswith(f"{place}: ")
        return text.removeprefix(f"{place}: ")
    return ""


def test_a_server_is_checked_as_the_url_says(
    server: PostgresServer, authority: CertificateAuthority, tmp_path: Path
) -> None:
    other = CertificateAuthority.open(tmp_path / "other").certificate_file
    signer = authority.certificate_file
    untrusted = (
        "the server's certificate is not signed by a trusted authority: fix: write &sslrootcert=FILE with who signed it"
    )
    assert problem_of(url_of(server, sslmode="require")) == ""
    assert problem_of(url_of(server, sslmode="verify-full", sslrootcert=signer)) == ""
    assert problem_of(url_of(server, sslmode="verify-full", sslrootcert=other)) == untrusted
    assert problem_of(url_of(server, sslmode="require", sslrootcert=other)) == untrusted
    assert problem_of(url_of(server, sslmode="verify-full")) == untrusted
    assert problem_of(url_of(server, "127.0.0.1", sslmode="verify-ca", sslrootcert=signer)) == ""
    elsewhere = url_of(server, "db.test", hostaddr="127.0.0.1", sslmode="verify-full", sslrootcert=signer)
    assert problem_of(elsewhere) == (
        'the server\'s certificate is for another name: server certificate for "localhost" (and 2 other names) does '
        'not match host name "db.test": fix: write the name of the certificate in the URL'
    )


def test_those_whom_the_system_trusts_are_trusted(
    server: PostgresServer, authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate_file))
    assert problem_of(url_of(server, sslmode="verify-full")) == ""
    assert problem_of(url_of(server, sslrootcert="system", application_name="a")) == ""


def test_a_user_is_known_by_a_certificate(
    server: PostgresServer, authority: CertificateAuthority, tmp_path: Path
) -> None:
    def problem(certificate: Path, key: Path) -> str:
        return problem_of(url_of(server, user="clients", sslmode="require", sslcert=certificate, sslkey=key))

    pair, other = authority.client("clients", "clients"), authority.client("others", "others")
    stranger = CertificateAuthority.open(tmp_path / "stranger").client("clients", "clients")
    trusted = "write &sslcert=FILE&sslkey=FILE with one that it trusts"
    assert problem(pair.certificate, pair.key) == ""
    assert problem_of(url_of(server, user="clients", sslmode="require")) == (
        f"the server asks for a certificate: fix: {trusted}"
    )
    assert problem(stranger.certificate, stranger.key) == (
        f"the server does not trust who signed the certificate of sslcert: fix: {trusted}"
    )
    assert problem(other.certificate, other.key) == (
        "the certificate of sslcert is for another user: fix: write the user of the certificate in the URL"
    )
    assert problem(pair.certificate, other.key).startswith(
        "the file of sslkey is not the key of the certificate in ssl"
    )
    shared = shutil.copy(pair.key, tmp_path)
    os.chmod(shared, 0o644)
    assert problem(pair.certificate, Path(shared)) == "others may read the file of sslkey: fix: chmod 600 FILE"
    text = tmp_path / "text"
    text.write_text("text")
    assert problem(text, pair.key).startswith("the file of sslcert has no certificate: ")


def initialized(environment: Mapping[str, str], url: str) -> tuple[int, str]:
    """How ``pacific backend init`` ends, and what it prints."""
    command = [sys.executable, "-m", "pacific_infra.cli", "backend", "init", url]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    return done.returncode, done.stdout + done.stderr


def test_the_engine_takes_the_same_urls_with_tls(
    server: PostgresServer, authority: CertificateAuthority, toolchain: BuiltToolchain, tmp_path: Path
) -> None:
    environment = {**os.environ, **toolchain.environment()}
    pair = authority.client("clients", "clients")
    trusted = f"sslmode=verify-full&sslrootcert={authority.certificate_file}"
    for url in (
        server.url("state", options="sslmode=require"),
        server.url("state", options=f"{trusted}&search_path=public&application_name=a"),
        server.url("state", user="clients", options=f"{trusted}&sslcert={pair.certificate}&sslkey={pair.key}"),
    ):
        code, printed = initialized(environment, url)
        assert code == 0, printed
        assert "can be read and written, also by the engine\n" in printed
    other = CertificateAuthority.open(tmp_path).certificate_file
    for options, client in (
        (f"sslmode=verify-full&sslrootcert={other}", "not signed by a trusted authority"),
        (f"{trusted}&hostaddr=127.0.0.1", "for another name"),
    ):
        url = server.url("state", options=options)
        if "hostaddr" in options:
            url = url.replace("127.0.0.1", "db.test", 1)
        code, printed = initialized(environment, url)
        assert (code, printed.count("\n")) == (1, 1)
        assert client in printed
        command = [str(toolchain.program("pulumi")), "stack", "ls"]
        done = subprocess.run(
            command, env={**environment, "PULUMI_BACKEND_URL": url}, capture_output=True, text=True, check=False
        )
        assert "x509: certificate" in done.stderr
