"""A home for the engine without its own log.

Since 3.253 the engine writes each of its messages, encrypted, to a file in ``$PULUMI_HOME/logs``, a third of its work;
no option turns that off. It goes without where it cannot make that folder. So it gets a home in which all that lasts is
a link to the user's, and ``logs`` a file.
"""

import hashlib
from contextlib import suppress

from pacific_infra.settings import Settings

_LOGS = "logs"
_KEPT = ("mappings", "plugins", "policies", "schemas", "workspaces")
"""The folders that the engine keeps there; its login and settings are found by PULUMI_CREDENTIALS_PATH."""


def engine_home(settings: Settings) -> dict[str, str]:
    """The variables that give the engine a home without a log; none where the log is asked for, or there is no place
    for such a home.
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
