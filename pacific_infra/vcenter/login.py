"""Login at a Supervisor: ``POST /wcp/login`` gives the bearer token of its Kubernetes API.

Only the standard library: kubectl starts it through ``pacific-credential`` for every command.
"""

import base64
import http.client
import json
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.settings import VCenterSettings

LOGIN_PORT = 443
_DEFAULT_LIFE = 600.0
_NOT_READY = (502, 503, 504)
"""Answers of a Supervisor that starts."""
_PAUSE = 1.0
"""Seconds until it is asked again."""


@dataclass(frozen=True)
class Token:
    """A bearer token of one Supervisor."""

    text: str = field(repr=False)
    expires: float
    """Unix time, seconds."""


def split_endpoint(endpoint: str, default_port: int) -> tuple[str, int]:
    """Host and port of ``host``, ``host:port``, ``[IPv6]`` or ``[IPv6]:port``. Raises PacificError."""
    host, separator, port = endpoint.rpartition(":")
    if endpoint.endswith("]") or not separator or (":" in host and not host.endswith("]")):
        host, port = endpoint, ""
    host = host.strip("[]")
    if not host or (port and not port.isdigit()):
        raise PacificError("not an address", value=endpoint, allowed="host or host:port")
    return host, int(port) if port else default_port


def log_in(endpoint: str, settings: VCenterSettings, *, timeout: float = 30.0, patience: float = 0.0) -> Token:
    """A token for ``settings.username`` at the Supervisor ``endpoint``; each answer takes at most ``timeout`` seconds.

    One that starts is asked again for ``patience`` seconds.

    Raises PacificError with the fix: wrong password, unknown certificate authority, not reachable, not ready.
    """
    end = time.monotonic() + patience
    status, body = _ask(endpoint, settings, timeout)
    while status in _NOT_READY and time.monotonic() + _PAUSE < end:
        time.sleep(_PAUSE)
        status, body = _ask(endpoint, settings, timeout)
    if status in (401, 403):
        raise PacificError(
            f"the Supervisor {endpoint} refuses the password of {settings.username}",
            fix="correct the password file, or the password of pacific:password",
        )
    if status in _NOT_READY:
        raise PacificError(
            f"the Supervisor {endpoint} is not ready: HTTP status {status}",
            fix="run the command again when vCenter shows it running",
        )
    return _read_token(endpoint, status, body)


def _ask(endpoint: str, settings: VCenterSettings, timeout: float) -> tuple[int, bytes]:
    """The status and body of one answer to a login."""
    host, port = split_endpoint(endpoint, LOGIN_PORT)
    basic = base64.b64encode(f"{settings.username}:{settings.read_password()}".encode()).decode()
    connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=tls_context(settings))
    try:
        connection.request("POST", "/wcp/login", headers={"Authorization": f"Basic {basic}", "Content-Length": "0"})
        response = connection.getresponse()
        return response.status, response.read()
    except ssl.SSLCertVerificationError as error:
        raise PacificError(
            f"the certificate of the Supervisor {endpoint} cannot be verified: {error.verify_message}",
            fix="name the PEM bundle of its certificate authority with --ca-file",
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise PacificError(
            f"the Supervisor {endpoint} cannot be reached: {error or type(error).__name__}",
            fix="check the address and that the Supervisor is up; for the sandbox: pacific sandbox up",
        ) from error
    finally:
        connection.close()


def _read_token(endpoint: str, status: int, body: bytes) -> Token:
    try:
        text = str(json.loads(body)["session_id"])
    except (ValueError, KeyError, TypeError) as error:
        raise PacificError(
            f"the Supervisor {endpoint} returns no token: HTTP status {status}",
            fix="check that the address is a Supervisor's",
        ) from error
    return Token(text, expiry(text) or time.time() + _DEFAULT_LIFE)


def expiry(token: str) -> float | None:
    """When a new JSON Web Token expires by this computer's clock, in Unix seconds; None where it does not say.

    The server's clock may be another: a token that says when it was issued lasts as long from now on.
    """
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        expires, issued = float(claims["exp"]), claims.get("iat")
        return expires if issued is None else time.time() + expires - float(issued)
    except (ValueError, KeyError, IndexError, TypeError):
        return None


def tls_context(settings: VCenterSettings) -> ssl.SSLContext:
    """How the Supervisor's certificate is verified. Raises PacificError where the bundle cannot be read."""
    if settings.insecure:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    bundle: Path | None = settings.ca_file
    try:
        return ssl.create_default_context(cafile=None if bundle is None else str(bundle))
    except (OSError, ssl.SSLError) as error:
        raise PacificError(
            "cannot read the certificate authorities", value=str(bundle), fix="name a PEM bundle"
        ) from error
