"""VirtualMachineGroups, snapshots and publish requests: objects, membership, and whose power state holds."""

import json
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.errors import PacificErrors
from tests.support.external_estate import declared, graph_of
from tests.support.recording import Recording
from tests.support.refusals import refusals

API = "kubernetes:vmoperator.vmware.com/v1alpha5"
DOCUMENTS = """\
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachine
metadata: {name: store, namespace: shop}
spec: {class: small, image: debian-12, storagePolicy: gold, group: tiers}
---
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachineGroup
metadata: {name: tiers, namespace: shop}
spec:
"""
ORDER = "  bootOrder: [{members: [store], powerOnDelay: 10s}]\n"
OUTER = """\
---
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachineGroup
metadata: {name: all, namespace: shop}
spec: {powerState: PoweredOff, bootOrder: [{members: [{name: tiers, kind: VirtualMachineGroup}]}]}
"""


def of_estate(folder: Path, fields: str) -> Recording:
    return declared(graph_of(folder, DOCUMENTS + fields))


def awaited(recording: Recording) -> Any:
    annotations = recording.only(f"{API}:VirtualMachine::shop/store-machine").inputs["metadata"]["annotations"]
    return [item for item in json.loads(annotations["pulumi.com/waitFor"]) if "powerState" in item]


def test_a_member_is_made_powered_off_and_its_group_powers_it_on(tmp_path: Path) -> None:
    recording = of_estate(tmp_path, f"  powerState: PoweredOn\n{ORDER}")
    group = recording.only(f"{API}:VirtualMachineGroup::shop/tiers-group")
    assert group.inputs["spec"] == {
        "powerState": "PoweredOn",
        "bootOrder": [{"members": [{"kind": "VirtualMachine", "name": "store"}], "powerOnDelay": "10s"}],
    }
    machine = recording.only(f"{API}:VirtualMachine::shop/store-machine")
    assert (machine.inputs["spec"]["powerState"], machine.inputs["spec"]["groupName"]) == ("PoweredOff", "tiers")
    assert list(machine.request.ignoreChanges) == ["spec.powerState"]
    assert awaited(recording) == ["jsonpath={.status.powerState}=PoweredOn"]
    assert f"{API}:VirtualMachineGroup::shop/tiers-group" in machine.dependencies


def test_a_group_without_a_power_state_leaves_its_members_theirs(tmp_path: Path) -> None:
    recording = of_estate(tmp_path, ORDER)
    machine = recording.only(f"{API}:VirtualMachine::shop/store-machine")
    assert machine.inputs["spec"]["powerState"] == "PoweredOn"
    assert list(machine.request.ignoreChanges) == []


def test_the_next_group_around_that_has_a_power_state_counts(tmp_path: Path) -> None:
    recording = of_estate(tmp_path, f"  group: all\n{ORDER}{OUTER}")
    assert awaited(recording) == ["jsonpath={.status.powerState}=PoweredOff"]


REFUSED = {
    "a member that its group does not know": (
        "  bootOrder: []\n",
        "estate.yaml:14: VirtualMachineGroup/shop/tiers does not have VirtualMachine/shop/store among its members, so "
        "it would not be placed: got 'tiers'; fix: add store to spec.bootOrder at estate.yaml:20",
    ),
    "a member that does not know its group": (
        ORDER + OUTER,
        "estate.yaml:25: VirtualMachineGroup/shop/tiers does not name VirtualMachineGroup/shop/all as its group, so it "
        "is not a member: got 'tiers'; fix: write group: all at estate.yaml:19",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_membership_that_only_one_side_says_is_refused(case: str, tmp_path: Path) -> None:
    fields, expected = REFUSED[case]
    assert refusals(lambda: graph_of(tmp_path, DOCUMENTS + fields), tmp_path) == [expected]


def test_a_member_is_listed_once_and_a_group_not_in_itself(tmp_path: Path) -> None:
    order = "  bootOrder: [{members: [store, store]}, {members: [{name: tiers, kind: VirtualMachineGroup}]}]\n"
    assert refusals(lambda: graph_of(tmp_path, DOCUMENTS + order), tmp_path)[0] == (
        "estate.yaml:20: spec.bootOrder[0].members[1]: a member is powered on once: got 'store'; fix: remove one of "
        "the two"
    )
    with pytest.raises(PacificErrors, match="a group cannot be a member of itself: got 'tiers'; fix: remove it"):
        graph_of(tmp_path, f"{DOCUMENTS}  group: tiers\n")


def test_a_snapshot_and_a_published_image_come_after_their_vm(tmp_path: Path) -> None:
    more = """\
---
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachineSnapshot
metadata: {name: before, namespace: shop}
spec: {virtualMachine: store, memory: true, quiesceTimeout: 10m}
---
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachinePublishRequest
metadata: {name: golden, namespace: shop}
spec: {virtualMachine: store, contentLibrary: cl-1, description: the first}
"""
    recording = of_estate(tmp_path, ORDER + more)
    snapshot = recording.only(f"{API}:VirtualMachineSnapshot::shop/before-snapshot")
    assert snapshot.inputs["spec"] == {"vmName": "store", "memory": True, "quiesce": {"timeout": "10m"}}
    assert snapshot.request.retainOnDelete is True
    request = recording.only(f"{API}:VirtualMachinePublishRequest::shop/golden-request")
    assert request.inputs["spec"] == {
        "source": {"apiVersion": "vmoperator.vmware.com/v1alpha5", "kind": "VirtualMachine", "name": "store"},
        "target": {
            "location": {
                "apiVersion": "imageregistry.vmware.com/v1alpha1",
                "kind": "ContentLibrary",
                "name": "cl-1",
            },
            "item": {"description": "the first"},
        },
        "backoffLimit": 3,
    }
    conditions = [
        json.loads(item.inputs["metadata"]["annotations"]["pulumi.com/waitFor"]) for item in (snapshot, request)
    ]
    assert conditions == [["condition=VirtualMachineSnapshotReady"], ["condition=Complete"]]
    for item in (snapshot, request):
        assert f"{API}:VirtualMachine::shop/store-machine" in item.dependencies
