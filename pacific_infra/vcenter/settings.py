"""Which vCenter to talk to, and as whom."""

from collections.abc import Callable
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


def configured_vcenter(
    value: Callable[[str], object], root: Path, password: Callable[[], str | None] | None = None
) -> VCenterSettings | None:
    """The vCenter that ``pacific:server`` and the settings with it name; None where no server is named.

    ``value`` gives a setting by its name; relative paths begin at ``root``, the project's folder. ``password`` gives
    ``pacific:password``, decrypted: it is read as it is, so that a login can be made with it. Without it the settings
    are for who brings a login of his own, and username and password may be missing. Raises PacificError.
    """
    server, username = value("server"), str(value("username") or "")
    if not server:
        return None
    password_file = _path(root, value("passwordFile"))
    secret = None
    if password is not None:
        if not username:
            raise PacificError(f"no username for {server}", fix="pulumi config set pacific:username NAME@DOMAIN")
        secret = None if password_file else password()
        if not secret and not password_file:
            raise PacificError(
                f"no password for {username} at {server}",
                fix="pulumi config set --secret pacific:password, "
                "or pulumi config set --plaintext pacific:passwordFile FILE",
            )
    return VCenterSettings(
        server=str(server),
        username=username,
        password=secret,
        password_file=password_file,
        ca_file=_path(root, value("caFile")),
        insecure=_truth("pacific:insecure", value("insecure")),
    )


def _path(root: Path, text: object) -> Path | None:
    return root / Path(str(text)).expanduser() if text else None


def _truth(place: str, value: object) -> bool:
    """A program gets settings as text, and who reads Pulumi.yaml as YAML has them."""
    truths = {"true": True, "false": False, "": False}
    text = str("" if value is None else value).lower()
    if text not in truths:
        raise PacificError("neither true nor false", place=place, value=value, allowed=["true", "false"])
    return truths[text]
