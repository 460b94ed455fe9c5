"""The engine's preview events become the planner's resource changes."""

from dataclasses import replace

import pytest
from pulumi.automation.events import EngineEvent

from pacific_infra.converge.preview import UNKNOWN, PreviewChanges, split_path
from pacific_infra.plan import PropertyChange, ResourceChange
from pacific_infra.record.secrets import SIGNATURE

URN = "urn:pulumi:dev::estate::pacific:index:CrxWorkload$kubernetes:apps/v1:Deployment::shop/web-deployment"
PARENT = "urn:pulumi:dev::estate::pacific:index:CrxWorkload::shop/web"


def _event(op: str, replicas: int | str = 3) -> EngineEvent:
    def state(expected: int | str) -> dict[str, object]:
        return {
            "type": "kubernetes:apps/v1:Deployment",
            "urn": URN,
            "parent": PARENT,
            "inputs": {"spec": {"replicas": expected, "ports": [{"name": "http"}]}, "data": {"a.b": "[secret]"}},
        }

    metadata = {
        "op": op,
        "urn": URN,
        "type": "kubernetes:apps/v1:Deployment",
        "old": state(2),
        "new": state(replicas),
        "detailedDiff": {
            "spec.replicas": {"diffKind": "update", "inputDiff": True},
            'data["a.b"]': {"diffKind": "update-replace", "inputDiff": True},
        },
    }
    return EngineEvent.from_json({"resourcePreEvent": {"metadata": metadata, "planning": True}})


def test_an_update_carries_its_property_changes_with_values_from_both_sides() -> None:
    preview = PreviewChanges()
    preview.event(_event("update"), 0)
    (change,) = preview.changes
    assert len(change.digest) == 16
    assert [replace(change, digest="")] == [
        ResourceChange(
            urn=URN,
            type="kubernetes:apps/v1:Deployment",
            name="shop/web-deployment",
            operation="update",
            parent=PARENT,
            changes=(
                PropertyChange('data["a.b"]', "update", "[secret]", "[secret]", replaces=True),
                PropertyChange("spec.replicas", "update", 2, 3),
            ),
        )
    ]


def test_a_value_that_is_known_at_the_update_only_is_called_that() -> None:
    preview = PreviewChanges()
    preview.event(_event("update", UNKNOWN), 0)
    assert preview.changes[0].changes[1] == PropertyChange("spec.replicas", "update", 2, "[known at the update]")


def test_a_digest_tells_what_a_resource_is_to_be() -> None:
    preview = PreviewChanges()
    for event in (_event("update"), _event("create"), _event("update", replicas=4), _event("delete")):
        preview.event(event, 0)
    same, also, other, none = [change.digest for change in preview.changes]
    assert same == also != other
    assert none == ""


@pytest.mark.parametrize("half", ["create-replacement", "delete-replaced"])
def test_a_replacement_is_counted_once(half: str) -> None:
    preview = PreviewChanges()
    preview.event(_event(half), 0)
    preview.event(_event("replace"), 0)
    assert [change.operation for change in preview.changes] == ["replace"]


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("spec.replicas", ["spec", "replicas"]),
        ("spec.containers[0].image", ["spec", "containers", 0, "image"]),
        ('data["a.b"]', ["data", "a.b"]),
        ('metadata.labels["app.kubernetes.io/name"]', ["metadata", "labels", "app.kubernetes.io/name"]),
        ("items[1][2]", ["items", 1, 2]),
    ],
)
def test_property_paths_are_split_as_pulumi_writes_them(path: str, parts: list[str | int]) -> None:
    assert split_path(path) == parts


@pytest.mark.parametrize(("policy", "retained"), [("Delete", False), ("Retain", True)])
def test_claims_of_replicas_go_with_their_stateful_set_as_it_says(policy: str, retained: bool) -> None:
    preview = PreviewChanges()
    inputs = {"spec": {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": policy}}}
    for kind, parent in (
        ("core/v1:PersistentVolumeClaim", PARENT.replace("shop/web", "shop/other")),
        ("apps/v1:StatefulSet", PARENT),
        ("core/v1:PersistentVolumeClaim", PARENT),
    ):
        urn = f"{parent.replace('::shop', f'$kubernetes:{kind}::shop')}-child"
        old = {
            **{"type": f"kubernetes:{kind}", "urn": urn, "parent": parent, "inputs": inputs},
            **{"retainOnDelete": kind.endswith("Claim")},
        }
        metadata = {"op": "delete", "urn": urn, "type": old["type"], "old": old}
        preview.event(EngineEvent.from_json({"resourcePreEvent": {"metadata": metadata, "planning": True}}), 0)
    assert [change.retained for change in preview.changes] == [True, False, retained]
    assert preview.changes[2].deletes is not retained


@pytest.mark.parametrize("path", ["spec", "spec.logins[0].user", 'spec["a.b"]'])
@pytest.mark.parametrize(
    "secret", ["[secret]", {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "[secret]"}]
)
def test_a_part_of_a_secret_is_one(path: str, secret: object) -> None:
    state = {"type": "kubernetes:a/v1:B", "urn": URN, "parent": PARENT, "inputs": {"spec": secret}}
    metadata = {
        "op": "update",
        "urn": URN,
        "type": "kubernetes:a/v1:B",
        "old": state,
        "new": state,
        "detailedDiff": {path: {"diffKind": "update", "inputDiff": True}},
    }
    preview = PreviewChanges()
    preview.event(EngineEvent.from_json({"resourcePreEvent": {"metadata": metadata, "planning": True}}), 0)
    assert preview.changes[0].changes == (PropertyChange(path, "update", "[secret]", "[secret]"),)
