"""Whether a Dask scheduler answers, and takes the certificates of Dask's configuration: before Dask's own client, which
tries for half a minute and says only that it could not.
"""

import socket
import ssl
import time
from urllib.parse import urlsplit

import dask
from distributed.security import Security

from pacific_infra.errors import PacificError

CONFIGURATION = "distributed.comm.tls"
"""Where Dask's configuration names certificates; where it has some, all is encrypted."""
GREETING = 3.0
"""Seconds that a scheduler has to send its first words, which it does as soon as somebody connects."""
_PAUSE = 0.5


def scheduler_address(place: str, patience: float) -> str:
    """The address for Dask's client. ``place``: ``dask://HOST:PORT``; ``patience``: seconds that it may take to start.

    Raises PacificError where none answers there, and where one of the two has TLS and the other has not, or does not
    trust the other.
    """
    context = _client_context()
    parts, deadline = urlsplit(place), time.monotonic() + patience
    address = parts.hostname or "", parts.port or 0
    while True:
        try:
            _greet(address, context, place)
            return f"{'tcp' if context is None else 'tls'}://{parts.netloc}"
        except OSError as error:
            if time.monotonic() > deadline:
                fix = "dask scheduler --port PORT there, and dask worker on each machine"
                raise PacificError(f"no Dask scheduler answers: {error}", place="--on", value=place, fix=fix) from None
        time.sleep(_PAUSE)


def _client_context() -> ssl.SSLContext | None:
    """The certificates of this computer; None: Dask's configuration has none."""
    if dask.config.get(f"{CONFIGURATION}.ca-file", None) is None:
        if dask.config.get("distributed.comm.require-encryption", None):
            fix = "write ca-file there, and cert and key of client"
            raise PacificError(
                "Dask's configuration asks for TLS and has no certificates", place=CONFIGURATION, fix=fix
            )
        return None
    try:
        context: ssl.SSLContext | None = Security().get_connection_args("client")["ssl_context"]
    except (OSError, ValueError) as error:
        problem = f"the certificates of Dask's configuration cannot be used: {error}"
        fix = "ca-file, client.cert and client.key are to be paths of PEM files, and the key that of the certificate"
        raise PacificError(problem, place=CONFIGURATION, fix=fix) from None
    if context is None:
        fix = "write cert and key, both paths of PEM files"
        raise PacificError(
            "Dask's configuration names no certificate for clients", place=f"{CONFIGURATION}.client", fix=fix
        )
    return context


def _greet(address: tuple[str, int], context: ssl.SSLContext | None, place: str) -> None:
    """Connect and wait for the first word. Raises PacificError where TLS is the problem, and OSError for all else."""
    with socket.create_connection(address, GREETING) as stream:
        if context is None:
            with_words = _has_words(stream)
        else:
            _greet_with_tls(stream, context, place)
            return
    if not with_words:
        if _speaks_tls(address):
            fix = f"write certificates for this computer in Dask's configuration ({CONFIGURATION}: ca-file, client)"
            raise PacificError("the scheduler asks for TLS", place="--on", value=place, fix=fix)
        raise TimeoutError(f"it says nothing within {GREETING:g} s")


def _greet_with_tls(stream: socket.socket, context: ssl.SSLContext, place: str) -> None:
    try:
        with context.wrap_socket(stream) as secured:
            if _has_words(secured):
                return
            problem = "the scheduler does not take the certificate of this computer"
    except ssl.SSLCertVerificationError as error:
        problem = f"the scheduler's certificate is not trusted: {error.verify_message}"
    except ssl.SSLError as error:
        if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
            fix = (
                "start it with --protocol tls and certificates of its own, or take those here out of the configuration"
            )
            raise PacificError("the scheduler speaks without TLS", place="--on", value=place, fix=fix) from None
        problem = f"the scheduler does not take the certificate of this computer: {error.reason}"
    fix = f"have the certificates of both signed by one authority, which ca-file of {CONFIGURATION} names on both sides"
    raise PacificError(problem, place="--on", value=place, fix=fix)


def _has_words(stream: socket.socket) -> bool:
    try:
        return bool(stream.recv(1))
    except (TimeoutError, ConnectionResetError):
        return False


def _speaks_tls(address: tuple[str, int]) -> bool:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection(address, GREETING) as stream, context.wrap_socket(stream):
            return True
    except ssl.SSLError as error:
        return error.reason not in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF_WHILE_READING")
    except OSError:
        return False
