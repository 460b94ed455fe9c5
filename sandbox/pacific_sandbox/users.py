"""The SSO users of a sandbox with their groups and passwords (random, in a 0600 file)."""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


class Directory:
    """The users and groups of the SSO domain, as an administrator changes them; a group is on file with its users."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def user(self, name: str) -> Mapping[str, Any] | None:
        """What is known of a user besides password and groups; None where there is none."""
        entry = self._read().get(principal(name))
        return None if entry is None else entry.get("person", {})

    def put_user(self, name: str, password: str, person: Mapping[str, str]) -> None:
        """Make the user, or change it."""
        users = self._read()
        known = users.get(principal(name), {"groups": []})
        self._write({**users, principal(name): {**known, "password": password, "person": dict(person)}})

    def remove_user(self, name: str) -> None:
        """Remove the user, who is in no group any more."""
        self._write({key: entry for key, entry in self._read().items() if key != principal(name)})

    def members(self, group: str) -> list[str]:
        """Names of the users in ``group``."""
        return sorted(key.partition("@")[0] for key, entry in self._read().items() if group in entry["groups"])

    def put_members(self, group: str, names: Sequence[str]) -> None:
        """Have the users ``names`` in ``group`` and no others. Raises KeyError with a name that no user has."""
        users = self._read()
        chosen = {principal(name) for name in names}
        for key in chosen:
            if key not in users:
                raise KeyError(key)
        for key, entry in users.items():
            others = [name for name in entry["groups"] if name != group]
            entry["groups"] = [*others, group] if key in chosen else others
        self._write(users)

    def _read(self) -> dict[str, dict[str, Any]]:
        return dict(read_json(self._path) or {})

    def _write(self, users: Mapping[str, Any]) -> None:
        write_json(self._path, users)


def principal(name: str) -> str:
    """``name@domain`` of a user of the domain; SSO compares names without regard to case."""
    return f"{name.lower()}@{DOMAIN}"


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
