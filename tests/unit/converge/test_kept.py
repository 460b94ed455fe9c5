"""What leaves the record while its object stays is not said to be deleted."""

from typing import Any

import pytest
from pulumi.automation.events import EngineEvent

from pacific_infra.converge.progress import Progress

HEAD = "urn:pulumi:dev::estate::"


def deleted(kind: str, **old: Any) -> EngineEvent:
    urn = f"{HEAD}{kind}::x"
    state = {"type": kind, "urn": urn, "parent": "", "inputs": {}, **old}
    return EngineEvent.from_json(
        {"resOutputsEvent": {"metadata": {"op": "delete", "urn": urn, "type": kind, "old": state}}}
    )


@pytest.mark.parametrize(
    ("kind", "old", "counts"),
    [
        ("kubernetes:core/v1:Secret", {}, {"delete": 1}),
        ("kubernetes:core/v1:Secret", {"retainOnDelete": True}, {"keep": 1}),
        ("pacific:vcenter:Namespace", {"inputs": {"deletionPolicy": "Retain"}}, {"keep": 1}),
        ("pacific:vcenter:Namespace", {"inputs": {"deletionPolicy": "Delete"}}, {"delete": 1}),
    ],
)
def test_a_deletion_that_leaves_the_object_counts_as_kept(kind: str, old: dict[str, Any], counts: object) -> None:
    progress = Progress([])
    progress.apply(deleted(kind, **old), 1.0)
    assert progress.counts == counts


def test_a_removal_knows_what_goes_all_the_same_with_its_namespace() -> None:
    secret, supervisor = (f"{HEAD}{kind}::x" for kind in ("kubernetes:core/v1:Secret", "pacific:vcenter:Supervisor"))
    progress = Progress([], {supervisor: "keep", secret: "delete"})
    progress.apply(deleted("kubernetes:core/v1:Secret", retainOnDelete=True), 1.0)
    progress.apply(deleted("pacific:vcenter:Supervisor"), 2.0)
    assert progress.counts == {"delete": 1, "keep": 1}


@pytest.mark.parametrize(
    ("planned", "counts"), [("adopt", {"adopt": 1}), ("create", {"create": 1}), (None, {"create": 1})]
)
def test_what_the_plan_adopts_counts_as_adopted(planned: str | None, counts: object) -> None:
    urn, kind = f"{HEAD}kubernetes:core/v1:Secret::x", "kubernetes:core/v1:Secret"
    progress = Progress([], {urn: planned} if planned else {})
    state = {"type": kind, "urn": urn, "parent": "", "inputs": {}}
    step = {"op": "create", "urn": urn, "type": kind, "new": state}
    progress.apply(EngineEvent.from_json({"resOutputsEvent": {"metadata": step}}), 1.0)
    assert progress.counts == counts


@pytest.mark.parametrize(
    "halves", [("delete-replaced", "create-replacement"), ("create-replacement", "delete-replaced")]
)
def test_a_replacement_counts_once(halves: tuple[str, str]) -> None:
    urn, kind = f"{HEAD}kubernetes:core/v1:Secret::x", "kubernetes:core/v1:Secret"
    progress = Progress([])
    state = {"type": kind, "urn": urn, "parent": "", "inputs": {}, "retainOnDelete": True}
    for op in (*halves, "replace"):
        step = {"op": op, "urn": urn, "type": kind, "new": state, "old": state}
        progress.apply(EngineEvent.from_json({"resOutputsEvent": {"metadata": step}}), 1.0)
    assert progress.counts == {"replace": 1}


def test_a_replacement_that_ended_with_the_deletion_counts_as_that() -> None:
    urn, kind = f"{HEAD}kubernetes:core/v1:Secret::x", "kubernetes:core/v1:Secret"
    progress = Progress([])
    state = {"type": kind, "urn": urn, "parent": "", "inputs": {}}
    step = {"op": "delete-replaced", "urn": urn, "type": kind, "old": state}
    progress.apply(EngineEvent.from_json({"resOutputsEvent": {"metadata": step}}), 1.0)
    assert progress.counts == {"delete": 1}
