"""``pacific-credential``: the exec credential plug-in that gives kubectl and the kubernetes provider fresh tokens.

It is started for every command, so it imports next to nothing. Protocol:
https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins .
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pacific_infra.errors import PacificError
from pacific_infra.settings import Settings
from pacific_infra.vcenter.cluster_login import read_cluster_login
from pacific_infra.vcenter.kubeconfig import PASSWORD_VARIABLE
from pacific_infra.vcenter.login import Token, log_in
from pacific_infra.vcenter.settings import VCenterSettings

_PATIENCE = 30.0
"""Seconds for which a Supervisor that starts is asked again: less than clients wait for this program."""
_LONGEST_MARGIN = 120.0
_ASKERS = 50
"""Pids of clients that are remembered with a token."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print an ExecCredential and return 0, or say on stderr why there is none and return 1."""
    options = _parser().parse_args(arguments)
    # Only here does the product take a password from its environment: argv is readable by every user of the computer.
    password = os.environ.get(PASSWORD_VARIABLE)
    settings = VCenterSettings(
        server=options.endpoint,
        username=options.username,
        password=None if options.password_file else password,
        password_file=options.password_file,
        ca_file=options.ca_file,
        insecure=options.insecure,
    )
    try:
        token = fresh_token(options.endpoint, settings, Settings.read().cache_directory / "credentials")
        status = {"token": token.text} if options.cluster is None else _of_cluster(settings, token, options)
    except PacificError as error:
        print(f"pacific-credential: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(exec_credential(token, status))  # noqa: T201
    return 0


def _of_cluster(settings: VCenterSettings, token: Token, options: argparse.Namespace) -> dict[str, str]:
    """The certificate of a workload cluster's administrator, as the Secret has it now."""
    login = read_cluster_login(options.endpoint, settings, token, options.cluster)
    return {"clientCertificateData": login.certificate, "clientKeyData": login.key}


def exec_credential(token: Token, status: Mapping[str, str]) -> str:
    """The answer to client-go: ``status``, for which it asks again a little before the token expires."""
    until = datetime.fromtimestamp(token.expires - min(_LONGEST_MARGIN, _life(token) * 0.1), UTC)
    return json.dumps(
        {
            "apiVersion": "client.authentication.k8s.io/v1",
            "kind": "ExecCredential",
            "status": {**status, "expirationTimestamp": until.strftime("%Y-%m-%dT%H:%M:%SZ")},
        }
    )


def fresh_token(endpoint: str, settings: VCenterSettings, folder: Path) -> Token:
    """The token cached in ``folder`` while it lasts, else a new one, cached in a file that only its user can read.

    The client is the parent process. It asks a second time only where the server has refused its token: then it gets a
    new one. Raises PacificError as ``log_in`` does.
    """
    client = os.getppid()
    path = folder / f"{_key(endpoint, settings)}.json"
    cached = _read(path)
    if cached is None or client in cached.askers:
        cached = _CachedToken(log_in(endpoint, settings, patience=_PATIENCE), time.time(), ())
        _remove_ended(folder)
    _write(path, replace(cached, askers=(*cached.askers[-_ASKERS:], client)))
    return cached.token


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pacific-credential", description="Log in at a Supervisor for kubectl.")
    parser.add_argument("--endpoint", required=True, metavar="HOST[:PORT]", help="the Supervisor's address")
    parser.add_argument("--username", required=True, help="for example administrator@vsphere.local")
    parser.add_argument(
        "--password-file",
        type=Path,
        help=f"file whose first line is the password; else the variable {PASSWORD_VARIABLE}",
    )
    parser.add_argument("--ca-file", type=Path, help="PEM bundle that signs the Supervisor's certificate")
    parser.add_argument(
        "--cluster", metavar="NAMESPACE/NAME", help="a workload cluster: the certificate of its administrator"
    )
    parser.add_argument("--insecure", action="store_true", help="do not verify the certificate")
    return parser


def _key(endpoint: str, settings: VCenterSettings) -> str:
    """Differs by certificate authority too: a rebuilt Supervisor at the same address refuses the old token."""
    try:
        authority = settings.ca_file.read_bytes() if settings.ca_file else b""
    except OSError:
        authority = b""
    text = "\0".join((endpoint, settings.username, str(settings.insecure), hashlib.sha256(authority).hexdigest()))
    return hashlib.sha256(text.encode()).hexdigest()


def _life(token: Token) -> float:
    return max(0.0, token.expires - time.time())


@dataclass(frozen=True)
class _CachedToken:
    """A token in the cache."""

    token: Token
    obtained: float
    """Unix time, seconds."""
    askers: tuple[int, ...]
    """Pids of the clients that got it."""


def _read(path: Path) -> _CachedToken | None:
    """The cached token, or None where it is unreadable or close to its end."""
    try:
        stored = json.loads(path.read_text())
        token, obtained = Token(str(stored["token"]), float(stored["expires"])), float(stored["obtained"])
        askers = tuple(int(pid) for pid in stored.get("askers", ()))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    lasts = _life(token) > max(0.0, min(_LONGEST_MARGIN, (token.expires - obtained) * 0.2))
    return _CachedToken(token, obtained, askers) if lasts else None


def _remove_ended(folder: Path) -> None:
    """Remove tokens that are over: each Supervisor that was ever asked would leave a file for good."""
    for path in folder.glob("*.json"):
        if _read(path) is None:
            with suppress(OSError):
                path.unlink()


def _write(path: Path, cached: _CachedToken) -> None:
    """Cache the token; where the folder cannot be written, the next call logs in again."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "w") as file:
            fields = {"token": cached.token.text, "expires": cached.token.expires}
            json.dump({**fields, "obtained": cached.obtained, "askers": cached.askers}, file)
        Path(name).replace(path)
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main())
