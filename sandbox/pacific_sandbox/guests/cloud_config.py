"""What a guest does with its cloud-init user data: a part of cloud-config, and a list of what is left out. Pure.

The keys and their meaning are cloud-init's 24.1: modules set_hostname, bootcmd, write_files, users_groups, runcmd.
"""

import base64
import binascii
import gzip
import shlex
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

_HEADER: Final = "#cloud-config"
_BASE64: Final = frozenset({"b64", "base64"})
_GZIP: Final = frozenset({"gz", "gzip"})
_BOTH: Final = frozenset({"gz+b64", "gz+base64", "gzip+b64", "gzip+base64"})
_KEYS: Final = ("bootcmd", "fqdn", "hostname", "runcmd", "users", "write_files")
_FILE_KEYS: Final = ("append", "content", "defer", "encoding", "owner", "path", "permissions")
_USER_KEYS: Final = (
    "gecos",
    "groups",
    "homedir",
    "name",
    "no_create_home",
    "primary_group",
    "shell",
    "uid",
)


@dataclass(frozen=True)
class GuestPlan:
    """What the machine is told; ``guestSpecification`` in tools/crx-init/guest.go is the other side."""

    hostname: str | None = None
    boot: str = ""
    """A shell script."""
    files: Sequence[Mapping[str, Any]] = ()
    users: Sequence[Mapping[str, Any]] = ()
    run: str = ""
    """A shell script."""
    ignored: Sequence[str] = field(default_factory=tuple)
    """What is not supported, or wrong, in the order of the user data."""

    def specification(self) -> dict[str, Any]:
        """As the machine takes it."""
        return {
            "ignored": list(self.ignored),
            "boot": self.boot,
            "files": list(self.files),
            "users": list(self.users),
            "run": self.run,
        }


def guest_plan(user_data: str | None) -> GuestPlan:
    """The plan of a machine's user data. What is wrong in it is left out and said, as in cloud-init: it never fails."""
    if not user_data or not user_data.strip():
        return GuestPlan()
    first = user_data.lstrip().splitlines()[0].strip()
    if first != _HEADER:
        return GuestPlan(ignored=(f"user data that does not begin with {_HEADER}",))
    try:
        document = yaml.safe_load(user_data)
    except yaml.YAMLError as error:
        # Without the text that is there: it may be a secret.
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        return GuestPlan(ignored=(f"user data that is not YAML{where}",))
    if document is None:
        return GuestPlan()
    if not isinstance(document, dict):
        return GuestPlan(ignored=("user data that is not a mapping",))
    ignored = [str(key) for key in document if key not in _KEYS]
    return GuestPlan(
        hostname=_hostname(document, ignored),
        boot=_script(document, "bootcmd", ignored),
        files=_read_items(document, "write_files", _file, ignored),
        users=_read_items(document, "users", _user, ignored),
        run=_script(document, "runcmd", ignored),
        ignored=ignored,
    )


def _hostname(document: Mapping[str, Any], ignored: list[str]) -> str | None:
    name = document.get("hostname") or document.get("fqdn")
    if name is not None and not isinstance(name, str):
        ignored.append("hostname: not a text")
        return None
    return name.partition(".")[0] if name else None


def _items(document: Mapping[str, Any], key: str, ignored: list[str]) -> list[tuple[str, Any]]:
    """Each item of a list with its place."""
    items = document.get(key) or []
    if not isinstance(items, list):
        ignored.append(f"{key}: not a list")
        return []
    return [(f"{key}[{number}]", item) for number, item in enumerate(items)]


def _read_items(
    document: Mapping[str, Any],
    key: str,
    read: Callable[[str, Any, list[str]], dict[str, Any] | None],
    ignored: list[str],
) -> list[dict[str, Any]]:
    items = [read(place, item, ignored) for place, item in _items(document, key, ignored)]
    return [file for file in items if file is not None]


def _script(document: Mapping[str, Any], key: str, ignored: list[str]) -> str:
    """Commands as one script: a text is a line of it, a list the words of one."""
    lines = []
    for place, item in _items(document, key, ignored):
        if isinstance(item, str):
            lines.append(item)
        elif isinstance(item, list) and item and all(isinstance(word, str | int | float) for word in item):
            lines.append(shlex.join(map(str, item)))
        elif item is not None:
            ignored.append(f"{place}: neither a text nor a list of words")
    return "\n".join(["#!/bin/sh", *lines, ""]) if lines else ""


def _file(place: str, item: Any, ignored: list[str]) -> dict[str, Any] | None:
    if not isinstance(item, dict) or not isinstance(item.get("path"), str):
        ignored.append(f"{place}: no path")
        return None
    ignored += [f"{place}.{key}" for key in item if key not in _FILE_KEYS]
    encoding = str(item.get("encoding") or "text/plain").lower()
    content = item.get("content", "")
    if not isinstance(content, str):
        # VM Operator lets an inline cloudConfig name a Secret here, which the sandbox does not resolve.
        ignored.append(f"{place}.content: not a text")
        return None
    try:
        data = _decoded(content, encoding)
        mode = _mode(item.get("permissions", 0o644))
    except (ValueError, OSError, EOFError, zlib.error) as error:
        ignored.append(f"{place}: {error}")
        return None
    return {
        "path": item["path"],
        "content": base64.b64encode(data).decode(),
        "mode": mode,
        "owner": str(item.get("owner") or "root:root"),
        "append": bool(item.get("append")),
        "deferred": bool(item.get("defer")),
    }


def _decoded(content: str, encoding: str) -> bytes:
    data = content.encode()
    if encoding in _BASE64 | _BOTH:
        try:
            data = base64.b64decode("".join(content.split()), validate=True)
        except binascii.Error as error:
            raise ValueError(f"content is not base64: {error}") from None
    return gzip.decompress(data) if encoding in _GZIP | _BOTH else data


def _mode(permissions: Any) -> int:
    try:
        return int(permissions, 8) if isinstance(permissions, str) else int(permissions)
    except (TypeError, ValueError):
        raise ValueError(f"permissions are no octal number: {permissions}") from None


def _user(place: str, item: Any, ignored: list[str]) -> dict[str, Any] | None:
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        ignored.append(f"{place}: {item}" if isinstance(item, str) else f"{place}: no name")
        return None
    ignored += [f"{place}.{key}" for key in item if key not in _USER_KEYS]
    groups = item.get("groups") or ()
    try:
        number = int(item.get("uid") or 0)
    except (TypeError, ValueError):
        ignored.append(f"{place}.uid: {item['uid']}")
        number = 0
    return {
        "name": item["name"],
        "id": number,
        "comment": str(item.get("gecos") or ""),
        "home": str(item.get("homedir") or f"/home/{item['name']}"),
        "shell": str(item.get("shell") or "/bin/sh"),
        "group": str(item.get("primary_group") or ""),
        "groups": [group.strip() for group in (groups.split(",") if isinstance(groups, str) else map(str, groups))],
        "makeHome": not item.get("no_create_home"),
    }
