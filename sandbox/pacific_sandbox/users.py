"""The SSO users of a sandbox with their groups and passwords (random, in a 0600 file)."""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pacific_sandbox.files import read_json, write_json, write_private

DOMAIN = "vsphere.local"
ADMINISTRATOR = f"administrator@{DOMAIN}"
ADMINISTRATORS = "Administrators"

_GROUPS: Mapping[str, Sequence[str]] = {
    "administrator": (ADMINISTRATORS,),
    "auditor": (),
    "alice": ("blue-developers",),
    "bob": ("green-developers",),
}


@dataclass(frozen=True)
class User:
    """An SSO user who has shown the right password."""

    name: str
    domain: str
    groups: Sequence[str]

    @property
    def principal(self) -> str:
        """``name@domain``"""
        return f"{self.name}@{self.domain}"

    @property
    def group_principals(self) -> Sequence[str]:
        """``group@domain`` of each group."""
        return [f"{group}@{self.domain}" for group in self.groups]


def create_users(path: Path, administrator_password: Path) -> None:
    """Write the users' file, unless it is there: principal -> {password, groups}; and the administrator's password."""
    users = read_json(path)
    if not users:
        users = {
            f"{name}@{DOMAIN}": {"password": secrets.token_urlsafe(18), "groups": list(groups)}
            for name, groups in _GROUPS.items()
        }
        write_json(path, users)
    write_private(administrator_password, users[ADMINISTRATOR]["password"] + "\n")


def authenticate(path: Path, username: str, password: str) -> User | None:
    """The user, or None where name or password is wrong. A name without a domain is one of the sandbox's own domain."""
    users = read_json(path) or {}
    name, _, domain = username.partition("@")
    # SSO compares names without regard to case.
    entry = users.get(f"{name.lower()}@{(domain or DOMAIN).lower()}")
    expected = entry["password"] if entry else secrets.token_urlsafe(18)
    if not hmac.compare_digest(expected.encode(), password.encode()) or not entry:
        return None
    return User(name.lower(), (domain or DOMAIN).lower(), tuple(entry["groups"]))
