"""The environment variables that a run of Pulumi needs, beside what the user has set."""

import hashlib
import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from pacific_infra.settings import Settings

AUTHORITIES = "SSL_CERT_FILE"
"""Names a PEM file of who signs certificates, in place of the system's (crypto/x509 of Go)."""
_LOGS = "logs"
_KEPT = ("mappings", "plugins", "policies", "schemas", "workspaces")
"""The folders that the engine keeps in its home; its login and settings are found by PULUMI_CREDENTIALS_PATH."""


def environment(settings: Settings, folders: Sequence[Path], *, bundled_hosts: bool) -> dict[str, str]:
    """The variables to set for ``pulumi`` and for programs that start it; makes Pulumi's local backend on first use.

    ``folders`` come first on PATH. ``bundled_hosts``: the language hosts lie beside the engine, so that it needs
    nothing from PATH; it is then told not to look there, and so does not warn of our console script.
    """
    variables = {
        "PATH": search_path(folders),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # Said either way: a shell may have it from another engine.
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true" if bundled_hosts else "false",
    }
    if sys.prefix != sys.base_prefix:
        # The launchers take this one before any other that the user's shell may have active.
        variables["VIRTUAL_ENV"] = sys.prefix
    if not backend_chosen(settings):
        backend = settings.state_directory / "pulumi"
        backend.mkdir(parents=True, exist_ok=True, mode=0o700)
        variables["PULUMI_BACKEND_URL"] = backend.as_uri()
    if not settings.passphrase_given:
        variables["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(passphrase_file(settings))
    return variables


def search_path(folders: Sequence[Path]) -> str:
    """PATH with ``folders`` in front, each once."""
    return os.pathsep.join(dict.fromkeys([*(str(folder) for folder in folders), *os.get_exec_path()]))


def backend_chosen(settings: Settings) -> bool:
    """Whether the user has chosen a Pulumi backend: by variable, by a token, or by ``pulumi login``."""
    if settings.backend_url or settings.access_token_given:
        return True
    try:
        credentials = json.loads(settings.credentials_file.read_text())
    except (OSError, ValueError):
        return False
    # Encrypted (PULUMI_CREDENTIAL_STORE), it does not tell which backend it is for, but that there is one.
    return isinstance(credentials, dict) and bool(credentials.get("current") or "$pulumiSecureStore" in credentials)


def passphrase_file(settings: Settings) -> Path:
    """The file with the passphrase that encrypts secrets in local state; made once, readable by its owner alone."""
    file = settings.state_directory / "passphrase"
    settings.state_directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = file.with_name(f".passphrase-{os.getpid()}")
    if not file.exists():
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(secrets.token_urlsafe(32))
        try:
            os.link(new, file)  # unlike a rename it never replaces one that another process has just made
        except FileExistsError:
            pass
        finally:
            new.unlink()
    return file


def engine_home(settings: Settings) -> dict[str, str]:
    """The variables that give the engine a home without its own log; none where the log is asked for, or there is no
    place for such a home.

    Since 3.253 the engine writes each of its messages, encrypted, to a file in ``$PULUMI_HOME/logs``, a third of its
    work; no option turns that off. It goes without where it cannot make that folder. So it gets a home in which all
    that lasts is a link to the user's, and ``logs`` a file.
    """
    if settings.engine_log:
        return {}
    real = settings.pulumi_home.absolute()
    home = settings.state_directory / "pulumi-homes" / hashlib.sha256(str(real).encode()).hexdigest()[:12]
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        (home / _LOGS).touch(mode=0o600)
        for name in _KEPT:
            (real / name).mkdir(parents=True, exist_ok=True, mode=0o700)
            # It is there from the second run on, or from one that begins at the same time.
            with suppress(FileExistsError):
                (home / name).symlink_to(real / name)
    except OSError:
        return {}
    return {"PULUMI_HOME": str(home), "PULUMI_CREDENTIALS_PATH": str(settings.credentials_file.parent.absolute())}


@contextmanager
def trusting(authority: Path | None) -> Iterator[Mapping[str, str]]:
    """In the block, variables by which programs trust ``authority``, a PEM file, beside whom they trust already.

    pulumi-vsphere takes from its environment alone who signs its server's certificate.
    """
    if authority is None or not authority.is_file():
        yield {}
        return
    import ssl  # noqa: PLC0415 - only a run of the engine needs it

    known = os.environ.get(AUTHORITIES) or ssl.get_default_verify_paths().cafile
    files = [Path(file) for file in (known, authority) if file is not None]
    with NamedTemporaryFile("w", suffix=".pem") as bundle:
        bundle.writelines(f"{file.read_text()}\n" for file in files if file.is_file())
        bundle.flush()
        yield {AUTHORITIES: bundle.name}
