"""The environment variables that a run of Pulumi needs, beside what the user has set."""

import json
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from pacific_infra.settings import Settings


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
