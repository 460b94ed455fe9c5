"""Which vCenter to talk to, and as whom."""

from dataclasses import dataclass, field
from pathlib import Path

from pacific_infra.errors import PacificError


@dataclass(frozen=True)
class VCenterSettings:
    """The address of a vCenter and a login. One of ``password`` and ``password_file`` is given."""

    server: str
    """``host`` or ``host:port``."""
    username: str
    """User principal name, for example ``administrator@vsphere.local``."""
    password: str | None = field(default=None, repr=False)
    password_file: Path | None = None
    """A file whose first line is the password; it is read when it is needed, so that a rotated password is seen."""
    ca_file: Path | None = None
    """PEM bundle that signs vCenter's and the Supervisors' certificates; None: the system's."""
    insecure: bool = False
    """True turns TLS verification off: only ever by the user's own word."""
    datacenter: str | None = None

    def read_password(self) -> str:
        """The password itself. Raises PacificError where there is none or the file cannot be read."""
        if self.password is not None:
            return self.password
        if self.password_file is None:
            raise PacificError(
                f"no password for {self.username} at {self.server}",
                fix="set pacific:password (as a secret) or pacific:passwordFile",
            )
        try:
            return self.password_file.read_text().splitlines()[0]
        except (OSError, IndexError) as error:
            raise PacificError(
                f"cannot read the password of {self.username}",
                value=str(self.password_file),
                fix="name a readable file whose first line is the password in pacific:passwordFile",
            ) from error
