"""What entries make of a deployment, kind by kind, as Pulumi's own replayer has it."""

from typing import Any

import pytest

from pacific_infra.errors import PacificError
from pacific_infra.record.replay import (
    BEGIN,
    FAILURE,
    OUTPUTS,
    REBUILT,
    REFRESH,
    SECRETS,
    SUCCESS,
    WRITE,
    Replay,
    features_of,
)


def resource(name: str, **fields: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:dev::shop::test:Thing::{name}", "type": "test:Thing", **fields}


def entry(kind: int, number: int = 1, **fields: Any) -> dict[str, Any]:
    return {"version": 1, "kind": kind, "sequenceID": number, "operationID": number, **fields}


def replayed(base: list[dict[str, Any]], *entries: dict[str, Any]) -> dict[str, Any]:
    replay = Replay({"resources": base})
    for item in entries:
        replay.add(item)
    return replay.deployment()


def names(deployment: dict[str, Any]) -> list[str]:
    return [item["urn"].rpartition("::")[2] for item in deployment["resources"]]


def test_what_is_not_touched_stays_behind_what_is_registered() -> None:
    assert names(replayed([resource("old")], entry(SUCCESS, state=resource("new")))) == ["new", "old"]


def test_a_resource_that_is_registered_again_replaces_its_entry_of_the_base() -> None:
    base = [resource("a", value=1), resource("b")]
    deployment = replayed(base, entry(SUCCESS, state=resource("a", value=2), removeOld=0))
    assert deployment["resources"] == [resource("a", value=2), resource("b")]


def test_a_replacement_marks_the_old_one_and_then_takes_it_away() -> None:
    base = [resource("a")]
    marked = [entry(SUCCESS, 1, state=resource("a", id="new")), entry(SUCCESS, 2, deleteOld=0)]
    assert replayed(base, *marked)["resources"] == [resource("a", id="new"), resource("a", delete=True)]
    assert replayed(base, *marked, entry(SUCCESS, 3, removeOld=0))["resources"] == [resource("a", id="new")]


def test_what_this_run_made_can_be_marked_and_removed_again() -> None:
    result = entry(SUCCESS, 1, state=resource("a"))
    assert replayed([], result, entry(SUCCESS, 2, deleteNew=1))["resources"] == [resource("a", delete=True)]
    assert replayed([], result, entry(SUCCESS, 2, removeNew=1))["resources"] == []


def test_a_resource_to_be_replaced_later_is_marked() -> None:
    deployment = replayed([resource("a")], entry(SUCCESS, pendingReplacementOld=0))
    assert deployment["resources"] == [resource("a", pendingReplacement=True)]


def test_outputs_replace_the_state_in_its_place() -> None:
    base = [resource("a"), resource("b")]
    deployment = replayed(base, entry(OUTPUTS, removeOld=1, state=resource("b", outputs={"x": 1})))
    assert deployment["resources"] == [resource("a"), resource("b", outputs={"x": 1})]


def test_a_refresh_takes_away_what_is_gone_with_the_references_to_it() -> None:
    removed, left = resource("gone"), resource("left")
    left |= {
        "dependencies": [removed["urn"]],
        "propertyDependencies": {"p": [removed["urn"]]},
        "deletedWith": removed["urn"],
    }
    deployment = replayed([removed, left], entry(REFRESH, removeOld=0))
    assert deployment["resources"] == [resource("left", dependencies=[], propertyDependencies={"p": []})]


def test_children_of_a_resource_that_is_gone_go_to_its_parent() -> None:
    stack, parent = resource("stack"), resource("parent")
    parent["parent"] = stack["urn"]
    child = resource("child", parent=parent["urn"])
    deployment = replayed([stack, parent, child], entry(REFRESH, removeOld=1))
    assert deployment["resources"][1]["parent"] == ""


def test_a_rebuilt_state_is_the_base_of_what_follows() -> None:
    base = [resource("a"), resource("b")]
    entries = [entry(REFRESH, 1, removeOld=0), entry(REBUILT, 2), entry(SUCCESS, 3, removeOld=0)]
    assert replayed(base, *entries)["resources"] == []


def test_a_failure_leaves_nothing_pending() -> None:
    begin = entry(BEGIN, 4, operation={"type": "updating", "resource": resource("a")})
    assert replayed([], begin)["pending_operations"] == [begin["operation"]]
    assert "pending_operations" not in replayed([], begin, entry(FAILURE, 4))


def test_only_a_creation_of_an_earlier_run_stays_pending_and_only_until_it_is_recorded() -> None:
    creating = {"type": "creating", "resource": resource("a")}
    updating = {"type": "updating", "resource": resource("b")}
    replay = Replay({"resources": [], "pending_operations": [creating, updating]})
    assert replay.deployment()["pending_operations"] == [creating]
    replay.add(entry(SUCCESS, state=resource("a")))
    assert "pending_operations" not in replay.deployment()


def test_a_written_snapshot_and_other_secrets_replace_those_of_the_base() -> None:
    deployment = replayed(
        [resource("a")],
        entry(WRITE, newSnapshot={"resources": [resource("b")]}),
        entry(SECRETS, secretsProvider={"type": "passphrase"}),
    )
    assert names(deployment) == ["b"]
    assert deployment["secrets_providers"] == {"type": "passphrase"}


def test_references_follow_a_resource_to_its_new_name() -> None:
    renamed = resource("new", aliases=["urn:pulumi:dev::shop::test:Thing::old"])
    needing = resource("needing", dependencies=["urn:pulumi:dev::shop::test:Thing::old"])
    deployment = replayed([needing], entry(SUCCESS, state=renamed))
    assert deployment["resources"] == [
        resource("new"),
        resource("needing", dependencies=["urn:pulumi:dev::shop::test:Thing::new"]),
    ]


def test_features_are_those_that_an_older_engine_must_know() -> None:
    assert features_of({"resources": [resource("a")]}, byte_strings=False) == []
    views = {"resources": [resource("a", viewOf="x", taint=True)]}
    assert features_of(views, byte_strings=True) == ["byteString", "taint", "views"]


@pytest.mark.parametrize(
    ("unknown", "words"),
    [
        ({"version": 2, "kind": SUCCESS}, "the journal has an entry of another version: got 2; allowed: 1"),
        ({"version": 1, "kind": 10}, "the journal has an entry of a kind that is not known: got 10"),
    ],
)
def test_an_entry_that_is_not_understood_is_refused(unknown: dict[str, Any], words: str) -> None:
    with pytest.raises(PacificError) as error:
        Replay({}).add(unknown)
    assert str(error.value) == words
