"""Users and groups by the names that vCenter shows of them, alice@vsphere.local and VSPHERE.LOCAL\\alice."""

from typing import Any

import pytest
from pydantic import ValidationError

from pacific_infra.documents.namespace_access import Access, Creator
from pacific_infra.documents.sso_group import SsoGroupSpec

ALICE = {"domain": "vsphere.local", "user": "alice", "role": "EDIT"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (ALICE, ALICE),
        ({"user": "alice@vsphere.local", "role": "EDIT"}, ALICE),
        ({"user": "VSPHERE.LOCAL\\alice", "role": "EDIT"}, ALICE),
        ({"group": "CORP\\shop team", "role": "VIEW"}, {"domain": "CORP", "group": "shop team", "role": "VIEW"}),
    ],
)
def test_a_name_may_have_its_domain(written: dict[str, Any], expected: dict[str, Any]) -> None:
    access = Access.model_validate(written)
    assert access.model_dump(exclude_none=True) == expected
    assert access == Access.model_validate(expected)


def test_a_creator_may_have_its_domain_in_its_name() -> None:
    assert Creator.model_validate({"user": "alice@vsphere.local"}) == Creator(user="alice", domain="vsphere.local")


@pytest.mark.parametrize("user", ["alice@", "@vsphere.local", "a@b@c", "\\alice", "a\\b@c"])
def test_what_is_no_name_with_a_domain_is_refused(user: str) -> None:
    with pytest.raises(ValidationError):
        Access.model_validate({"user": user, "role": "EDIT"})


def test_members_of_a_group_may_be_of_another_domain() -> None:
    spec = SsoGroupSpec.model_validate({"users": ["alice", "bob@example.com", "EXAMPLE.COM\\carol"], "groups": ["g@x"]})
    assert [member.whose for member in (*spec.users, *spec.groups)] == [
        "alice",
        "bob@example.com",
        "carol@example.com",
        "g@x",
    ]
