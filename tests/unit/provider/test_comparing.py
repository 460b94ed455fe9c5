"""Differences of lists that are sets: each path has one, and what replaces an entry is seen."""

from typing import Any

import pytest

from pacific_infra.provider.comparing import changes
from pacific_infra.provider.models.namespace import NamespaceInputs
from pacific_infra.provider.property_values import UNKNOWN


def access(subject: object, role: str = "EDIT") -> dict[str, Any]:
    return {"subjectType": "USER", "subject": subject, "domain": "vsphere.local", "role": role}


def differences(desired: dict[str, Any], actual: dict[str, Any]) -> list[tuple[str, str]]:
    return [(change.path, change.kind) for change in changes(desired, actual, NamespaceInputs)]


@pytest.mark.parametrize(
    ("desired", "actual", "expected"),
    [
        (["a", "b"], ["b", "a"], []),
        (["c"], ["a"], [("accessList[0].subject", "update")]),
        (["c", "a"], ["a", "b"], [("accessList[0]", "add"), ("accessList[1]", "delete")]),
        (["c", "d"], ["a"], [("accessList[0].subject", "update"), ("accessList[1]", "add")]),
        (["c"], ["a", "b"], [("accessList[0].subject", "update"), ("accessList[1]", "delete")]),
        ([UNKNOWN], ["a"], [("accessList[0]", "update")]),
    ],
)
def test_entries_of_a_set(desired: list[object], actual: list[object], expected: list[tuple[str, str]]) -> None:
    assert (
        differences({"accessList": list(map(access, desired))}, {"accessList": list(map(access, actual))}) == expected
    )


def test_another_role_beside_another_user() -> None:
    assert differences({"accessList": [access("b", "VIEW")]}, {"accessList": [access("a")]}) == [
        ("accessList[0].subject", "update"),
        ("accessList[0].role", "update"),
    ]


def test_names_alone() -> None:
    assert differences({"networks": ["a", "c"]}, {"networks": ["a", "b"]}) == [("networks[1]", "update")]
