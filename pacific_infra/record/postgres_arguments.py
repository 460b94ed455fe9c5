"""What stands behind the ``?`` of a ``postgres://`` URL: the same to this client, which is libpq, as to the engine's,
which is github.com/lib/pq v1.12.3 (connector.go, ssl.go).
"""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from pacific_infra.errors import PacificError

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_FILES = {"sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY"}
"""Arguments that name files, and the variables that name them as well."""
_OF_BOTH = frozenset(
    [
        "application_name",
        "client_encoding",
        "connect_timeout",
        "dbname",
        "fallback_application_name",
        "host",
        "hostaddr",
        "load_balance_hosts",
        "options",
        "passfile",
        "password",
        "port",
        "service",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "sslmode",
        "sslnegotiation",
        "sslsni",
        "target_session_attrs",
        "user",
    ]
).union(_FILES)
_OF_ENGINE = frozenset({"table", "binary_parameters", "datestyle", "disable_prepared_binary_result", "geqo", "tz"})
"""The first is Pulumi's; the others are without meaning for what is read and written here."""
_PATIENCE = {"connect_timeout": "10", "keepalives_idle": "15", "keepalives_interval": "5", "tcp_user_timeout": "30000"}
"""How long a server may not answer, in seconds and at last in milliseconds; a URL may say ``connect_timeout``."""


def connection_arguments(
    arguments: Mapping[str, str], environment: Mapping[str, str], place: str, home: Path | None = None
) -> dict[str, str]:
    """The same for libpq: TLS is asked for unless said otherwise, and who signs certificates is taken from the system.

    What neither side knows is a setting for the server. ``home``: with ``.postgresql``; None: the user's. Raises
    PacificError.
    """
    known = {name: value for name, value in arguments.items() if name in _OF_BOTH}
    settings = {name: value for name, value in arguments.items() if name not in _OF_BOTH | _OF_ENGINE}
    for name in settings:
        if near := get_close_matches(name, sorted(_OF_BOTH | _OF_ENGINE), n=1, cutoff=0.8):
            raise PacificError(
                "the URL has an argument that is unknown", place=place, value=name, fix=f"write {near[0]}="
            )
    if "sslinline" in settings:
        fix = "write the paths of files: sslcert=, sslkey=, sslrootcert="
        raise PacificError("certificates cannot be in the URL itself", place=place, value="sslinline", fix=fix)
    for name in _FILES:
        _check_file(name, known.get(name), place)
    if settings:
        words = [known["options"]] if known.get("options") else []
        known["options"] = " ".join([*words, *(f"-c {name}={_escaped(value)}" for name, value in settings.items())])
    return {**_PATIENCE, **known, **_certificates(known, environment, place, home or Path.home())}


def _certificates(
    known: Mapping[str, str], environment: Mapping[str, str], place: str, home: Path
) -> Mapping[str, str]:
    """How the server is trusted."""
    authority = known.get("sslrootcert") or environment.get("PGSSLROOTCERT")
    mode = known.get("sslmode") or environment.get("PGSSLMODE")
    if mode is None:
        return {"sslmode": "verify-full" if authority == "system" else "require"}
    if mode not in SSL_MODES:
        raise PacificError(
            "TLS cannot be asked for like this", place=f"{place}: sslmode", value=mode, allowed=SSL_MODES
        )
    if authority is None and mode.startswith("verify") and not (home / ".postgresql" / "root.crt").exists():
        if mode == "verify-ca":
            fix = "write &sslrootcert=FILE with who signed it, or sslmode=verify-full for those whom the system trusts"
            problem = "the URL does not say who signs the server's certificate"
            raise PacificError(problem, place=place, value=mode, fix=fix)
        return {"sslrootcert": "system"}
    return {}


def _check_file(argument: str, path: str | None, place: str) -> None:
    """The engine would take a relative one from another folder, and go without one that is not there."""
    if not path or (argument == "sslrootcert" and path == "system"):
        return
    place = f"{place}: {argument}"
    if not os.path.isabs(path):
        fix = f"write {argument}={os.path.abspath(path)}"
        raise PacificError("the path of a certificate is to be whole", place=place, value=path, fix=fix)
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        raise PacificError(f"the file cannot be read ({error.strerror})", place=place, value=path) from None


def _escaped(value: str) -> str:
    """For ``options``, whose words are parted by spaces."""
    return "".join(f"\\{letter}" if letter in " \\" else letter for letter in value)
