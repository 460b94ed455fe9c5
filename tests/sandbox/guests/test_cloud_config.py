"""What a guest does of its user data, and what it says of the rest."""

import gzip
from base64 import b64decode, b64encode
from typing import Any

import pytest
import yaml

from pacific_sandbox.guests.cloud_config import GuestPlan, guest_plan


def plan(**document: Any) -> GuestPlan:
    return guest_plan("#cloud-config\n" + yaml.safe_dump(document))


def test_all_that_is_supported() -> None:
    result = plan(
        hostname="old.shop.test",
        bootcmd=["echo boot"],
        write_files=[
            {"path": "/opt/p", "content": "x\n", "permissions": "0755", "owner": "legacy:users", "defer": True},
            {"path": "/etc/motd", "content": b64encode(gzip.compress(b"hello")).decode(), "encoding": "gz+b64"},
            {"path": "/etc/motd", "content": "d29ybGQ=", "encoding": "b64", "append": True, "permissions": 0o600},
        ],
        users=[{"name": "legacy", "uid": 1500, "groups": "users, adm", "gecos": "Old", "shell": "/bin/ash"}],
        runcmd=[["echo", "it's here", 5], "sleep 9 &", None],
    )
    assert result.hostname == "old"
    assert result.boot == "#!/bin/sh\necho boot\n"
    assert result.run == "#!/bin/sh\necho 'it'\"'\"'s here' 5\nsleep 9 &\n"
    assert [(file["path"], b64decode(file["content"]), oct(file["mode"]), file["owner"]) for file in result.files] == [
        ("/opt/p", b"x\n", "0o755", "legacy:users"),
        ("/etc/motd", b"hello", "0o644", "root:root"),
        ("/etc/motd", b"world", "0o600", "root:root"),
    ]
    assert [(file["append"], file["deferred"]) for file in result.files] == [
        (False, True),
        (False, False),
        (True, False),
    ]
    assert result.users == [
        {
            "name": "legacy",
            "id": 1500,
            "comment": "Old",
            "home": "/home/legacy",
            "shell": "/bin/ash",
            "group": "",
            "groups": ["users", "adm"],
            "makeHome": True,
        }
    ]
    assert result.ignored == []


def test_the_rest_is_named_and_left_out() -> None:
    result = plan(
        packages=["nginx"],
        hostname=5,
        bootcmd="echo",
        users=["default", {"name": "a", "ssh_authorized_keys": ["k"], "sudo": "ALL", "uid": "x"}, {"shell": "/bin/sh"}],
        write_files=[
            {"content": "lost"},
            {"path": "/a", "content": {"name": "secret", "key": "k"}},
            {"path": "/b", "content": "%", "encoding": "b64"},
            {"path": "/c", "content": "", "permissions": "rw"},
            {"path": "/d", "content": "bm90IGd6aXA=", "encoding": "gz+b64"},
            {"path": "/e", "content": "kept", "source": {"uri": "x"}},
        ],
        runcmd=[{"a": 1}, "true"],
    )
    assert sorted(result.ignored) == sorted(
        [
            "packages",
            "hostname: not a text",
            "bootcmd: not a list",
            "users[0]: default",
            "users[1].ssh_authorized_keys",
            "users[1].sudo",
            "users[1].uid: x",
            "users[2]: no name",
            "write_files[0]: no path",
            "write_files[1].content: not a text",
            "write_files[2]: content is not base64: Only base64 data is allowed",
            "write_files[3]: permissions are no octal number: rw",
            "write_files[4]: Not a gzipped file (b'no')",
            "write_files[5].source",
            "runcmd[0]: neither a text nor a list of words",
        ]
    )
    assert [file["path"] for file in result.files] == ["/e"]
    assert [user["name"] for user in result.users] == ["a"]
    assert (result.hostname, result.boot, result.run) == (None, "", "#!/bin/sh\ntrue\n")


@pytest.mark.parametrize(
    ("user_data", "ignored"),
    [
        (None, []),
        ("", []),
        ("#cloud-config\n", []),
        ("#cloud-config\nfqdn: a.b\nruncmd:\n", []),
        ("#!/bin/sh\necho", ["user data that does not begin with #cloud-config"]),
        ("#cloud-config\npassword: [geheim\n", ["user data that is not YAML in line 3"]),
        ("#cloud-config\n- a\n", ["user data that is not a mapping"]),
    ],
)
def test_user_data_that_is_no_cloud_config(user_data: str | None, ignored: list[str]) -> None:
    result = guest_plan(user_data)
    assert list(result.ignored) == ignored
    assert not any((result.boot, result.run, result.files, result.users))
