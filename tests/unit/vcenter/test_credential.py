"""``pacific-credential`` against a TLS server in this process."""

import base64
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pacific_infra import credential
from pacific_infra.errors import PacificError
from pacific_infra.vcenter.login import expiry, log_in
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.waiting import PATIENCE

USER = "administrator@vsphere.local"


def token(expires: float, mark: int) -> str:
    parts = ({"alg": "none"}, {"exp": expires, "n": mark})
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + ".x"


@dataclass
class Login:
    """A ``/wcp/login`` with one user."""

    folder: Path
    life: float = 3600.0
    logins: int = 0
    endpoint: str = ""
    tokens: list[str] = field(default_factory=list)
    secrets: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Status and body of each path."""
    starting: int = 0
    """How many logins are refused, since the Supervisor starts."""

    def arguments(self, *more: str) -> list[str]:
        return [
            "--endpoint",
            self.endpoint,
            "--username",
            USER,
            "--password-file",
            str(self.folder / "password"),
            *more,
        ]


@pytest.fixture
def login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Login]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "password").write_text("correct\n")
    state = Login(tmp_path)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            values = base64.b64decode(self.headers["Authorization"].split()[1]).decode()
            if self.path != "/wcp/login" or values != f"{USER}:correct":
                self.send_error(401)
                return
            if state.starting:
                state.starting -= 1
                self.send_error(503)
                return
            state.logins += 1
            state.tokens.append(token(time.time() + state.life, state.logins))
            body = json.dumps({"session_id": state.tokens[-1]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            if self.headers["Authorization"] != f"Bearer {state.tokens[-1]}":
                self.send_error(401)
                return
            status, body = state.secrets.get(self.path, (404, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            del format, arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    state.endpoint = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "supervisor")])
    now = datetime.now(UTC)
    result = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path = folder / "ca.pem"
    path.write_bytes(result.public_bytes(encoding) + key.private_bytes(encoding, private, serialization.NoEncryption()))
    return path


def test_prints_a_token_and_keeps_it_for_its_user_only(
    login: Login, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = login.arguments("--ca-file", str(login.folder / "ca.pem"))
    assert credential.main(arguments) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["apiVersion"], answer["kind"]) == ("client.authentication.k8s.io/v1", "ExecCredential")
    assert answer["status"]["token"] == login.tokens[0]
    until = datetime.fromisoformat(answer["status"]["expirationTimestamp"]).timestamp()
    assert 3400 < until - time.time() < 3500
    another_client(monkeypatch)
    assert credential.main(arguments) == 0
    assert login.logins == 1
    (kept,) = (login.folder / "cache" / "pacific-infra" / "credentials").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700


def another_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the plugin is started by another process than before."""
    other = os.getppid() + 1
    monkeypatch.setattr(os, "getppid", lambda: other)


def test_a_client_that_asks_again_was_refused_and_gets_another_token(
    login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = login.arguments("--ca-file", str(login.folder / "ca.pem"))
    assert credential.main(arguments) == 0
    another_client(monkeypatch)
    assert credential.main(arguments) == 0
    assert login.logins == 1
    assert credential.main(arguments) == 0
    assert login.logins == 2
    another_client(monkeypatch)
    assert credential.main(arguments) == 0
    assert login.logins == 2


def test_renews_before_the_end_and_after_damage(login: Login) -> None:
    arguments = login.arguments("--ca-file", str(login.folder / "ca.pem"))
    login.life = 10.0
    assert credential.main(arguments) == 0
    (kept,) = (login.folder / "cache" / "pacific-infra" / "credentials").iterdir()
    old = json.loads(kept.read_text())
    kept.write_text(json.dumps({**old, "obtained": old["obtained"] - 60, "expires": time.time() + 8}))
    assert credential.main(arguments) == 0
    assert login.logins == 2
    kept.write_text("{")
    assert credential.main(arguments) == 0
    assert login.logins == 3


def test_another_certificate_authority_is_another_supervisor(login: Login) -> None:
    bundle = login.folder / "ca.pem"
    assert credential.main(login.arguments("--ca-file", str(bundle))) == 0
    other = login.folder / "other.pem"
    other.write_bytes(bundle.read_bytes() + b"\n")
    assert credential.main(login.arguments("--ca-file", str(other))) == 0
    assert login.logins == 2


def test_a_token_that_is_over_goes_when_another_is_cached(login: Login) -> None:
    bundle, folder = login.folder / "ca.pem", login.folder / "cache" / "pacific-infra" / "credentials"
    for number, life in enumerate((3600.0, 10.0, 3600.0)):
        login.life = life
        authority = login.folder / f"{number}.pem"
        authority.write_bytes(bundle.read_bytes() + b"\n" * number)
        assert credential.main(login.arguments("--ca-file", str(authority))) == 0
        for file in folder.iterdir():
            stored = json.loads(file.read_text())
            if stored["expires"] < time.time() + 60:
                file.write_text(json.dumps({**stored, "expires": time.time() - 1}))
    assert {json.loads(file.read_text())["token"] for file in folder.iterdir()} == {login.tokens[0], login.tokens[2]}


def test_wrong_password(login: Login, capsys: pytest.CaptureFixture[str]) -> None:
    (login.folder / "password").write_text("wrong\n")
    assert credential.main(login.arguments("--ca-file", str(login.folder / "ca.pem"))) == 1
    assert capsys.readouterr().err == (
        f"pacific-credential: the Supervisor {login.endpoint} refuses the password of {USER}: fix: correct the "
        "password file, or the password of pacific:password\n"
    )


def test_password_by_environment(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACIFIC_PASSWORD", "correct")
    arguments = ["--endpoint", login.endpoint, "--username", USER, "--ca-file", str(login.folder / "ca.pem")]
    assert credential.main(arguments) == 0


def test_unknown_certificate_authority(login: Login, capsys: pytest.CaptureFixture[str]) -> None:
    assert credential.main(login.arguments()) == 1
    message = capsys.readouterr().err
    assert message.startswith(
        f"pacific-credential: the certificate of the Supervisor {login.endpoint} cannot be verified: "
    )
    assert message.endswith("fix: name the PEM bundle of its certificate authority with --ca-file\n")
    assert credential.main(login.arguments("--insecure")) == 0


def test_not_reachable(login: Login, capsys: pytest.CaptureFixture[str]) -> None:
    login.endpoint = "127.0.0.1:1"
    assert credential.main(login.arguments()) == 1
    assert capsys.readouterr().err == (
        "pacific-credential: the Supervisor 127.0.0.1:1 cannot be reached: [Errno 111] Connection refused: fix: check "
        "the address and that the Supervisor is up; for the sandbox: pacific sandbox up\n"
    )


def test_a_supervisor_that_starts_is_asked_again(login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pacific_infra.vcenter.login._PAUSE", 0.01)
    login.starting = 2
    assert credential.main(login.arguments("--insecure")) == 0
    assert (login.logins, login.starting) == (1, 0)


def test_a_supervisor_that_does_not_become_ready_is_said(login: Login) -> None:
    login.starting = 10
    settings = VCenterSettings(login.endpoint, USER, password_file=login.folder / "password", insecure=True)
    with pytest.raises(PacificError) as refused:
        log_in(login.endpoint, settings, patience=0.1)
    assert str(refused.value) == (
        f"the Supervisor {login.endpoint} is not ready: HTTP status 503: fix: run the command again when vCenter shows "
        "it running"
    )


@pytest.mark.parametrize("ahead", [0, -86400, 86400])
def test_a_token_lasts_as_long_by_any_clock(ahead: float) -> None:
    issued = time.time() + ahead
    parts = ({"alg": "none"}, {"iat": issued, "exp": issued + 600})
    text = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts) + ".x"
    assert expiry(text) == pytest.approx(time.time() + 600, abs=PATIENCE)


def test_imports_next_to_nothing() -> None:
    """kubectl starts it for every command: no third-party package may come in."""
    code = "import sys; import pacific_infra.credential; print(*sorted(name.partition('.')[0] for name in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    foreign = {name for name in loaded if name not in sys.stdlib_module_names} - {"pacific_infra", "__main__"}
    assert not {name for name in foreign if name in ("pydantic", "httpx2", "pulumi", "grpc", "typer", "rich")}


def secret(kubeconfig: str) -> bytes:
    return json.dumps({"data": {"value": base64.b64encode(kubeconfig.encode()).decode()}}).encode()


KUBECONFIG = """\
clusters: [{name: c, cluster: {server: "https://10.0.0.8:6443", certificate-authority-data: Q0E=}}]
users: [{name: c-admin, user: {client-certificate-data: Q0VSVA==, client-key-data: S0VZ}}]
"""
OF_CLUSTER = "/api/v1/namespaces/shop/secrets/c-kubeconfig"


def test_of_a_workload_cluster_it_gives_the_certificate_that_the_secret_has_now(
    login: Login, capsys: pytest.CaptureFixture[str]
) -> None:
    login.secrets[OF_CLUSTER] = (200, secret(KUBECONFIG))
    arguments = login.arguments("--ca-file", str(login.folder / "ca.pem"), "--cluster", "shop/c")
    assert credential.main(arguments) == 0
    status = json.loads(capsys.readouterr().out)["status"]
    assert (status["clientCertificateData"], status["clientKeyData"]) == ("CERT", "KEY")
    until = datetime.fromisoformat(status["expirationTimestamp"]).timestamp()
    assert until < time.time() + login.life
    # Not in the cache either.
    for file in (login.folder / "cache").rglob("*.json"):
        assert "KEY" not in file.read_text()


@pytest.mark.parametrize(
    ("cluster", "answer", "message"),
    [
        ("c", (200, b""), "not a workload cluster: got 'c'; allowed: NAMESPACE/NAME"),
        ("shop/c", (403, b""), f"{USER} may not read the Secret shop/c-kubeconfig: fix: have the role EDIT or OWNER"),
        (
            "shop/c",
            (404, b""),
            "has no kubeconfig of this workload cluster: got 'shop/c'; fix: check namespace and name",
        ),
        ("shop/c", (500, b""), "does not give the Secret: HTTP status 500: got 'shop/c'"),
        ("shop/c", (200, b"{}"), "the Secret holds no kubeconfig with a client certificate: got 'shop/c-kubeconfig'"),
        ("shop/c", (200, secret("users: []")), "the Secret holds no kubeconfig with a client certificate"),
    ],
)
def test_a_workload_cluster_without_a_login_says_why(
    login: Login, capsys: pytest.CaptureFixture[str], cluster: str, answer: tuple[int, bytes], message: str
) -> None:
    login.secrets[OF_CLUSTER] = answer
    arguments = login.arguments("--ca-file", str(login.folder / "ca.pem"), "--cluster", cluster)
    assert credential.main(arguments) == 1
    output = capsys.readouterr()
    assert message in output.err
    assert output.out == ""
