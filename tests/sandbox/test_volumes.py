"""What the volume simulator does for the claims that are there."""

import copy
from typing import Any

from pacific_sandbox.supervisor.volumes import volume_actions

GOLD = {"metadata": {"name": "gold"}, "provisioner": "csi.vsphere.vmware.com", "reclaimPolicy": "Delete"}
FOREIGN = {"metadata": {"name": "gold"}, "provisioner": "example.com/other"}


def claim(size: str = "20Gi", **status: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": "data",
            "namespace": "shop",
            "uid": "u1",
            "resourceVersion": "7",
            "annotations": {"volume.kubernetes.io/storage-provisioner": "csi.vsphere.vmware.com"},
        },
        "spec": {
            "storageClassName": "gold",
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": size}},
        },
        "status": status,
    }


def volume() -> dict[str, Any]:
    (action,) = volume_actions([GOLD], [claim()], [])
    return action.object


def bound(size: str, capacity: str) -> dict[str, Any]:
    volume_claim = claim(size, phase="Bound", capacity={"storage": capacity})
    volume_claim["spec"]["volumeName"] = "pvc-u1"
    return volume_claim


def test_a_claim_gets_a_volume_made_for_it() -> None:
    (action,) = volume_actions([GOLD], [claim()], [])
    assert action.step == "create volume"
    spec = action.object["spec"]
    assert action.object["metadata"]["name"] == "pvc-u1"
    assert spec["capacity"] == {"storage": "20Gi"}
    assert spec["csi"]["driver"] == "csi.vsphere.vmware.com"
    assert spec["claimRef"] == {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "name": "data",
        "namespace": "shop",
        "uid": "u1",
        "resourceVersion": "7",
    }


def test_nothing_is_made_twice_or_unasked() -> None:
    unasked = claim()
    unasked["metadata"]["annotations"] = {}
    leaving = claim()
    leaving["metadata"]["deletionTimestamp"] = "now"
    assert list(volume_actions([GOLD], [claim()], [volume()])) == []
    assert list(volume_actions([GOLD], [unasked, leaving], [])) == []
    assert list(volume_actions([], [claim()], [])) == []
    assert list(volume_actions([FOREIGN], [claim()], [])) == []


def test_a_released_volume_is_deleted_once() -> None:
    released = volume() | {"status": {"phase": "Released"}}
    assert [action.step for action in volume_actions([], [], [released])] == ["delete volume"]
    kept = copy.deepcopy(released)
    kept["spec"]["persistentVolumeReclaimPolicy"] = "Retain"
    leaving = copy.deepcopy(released)
    leaving["metadata"]["deletionTimestamp"] = "now"
    assert list(volume_actions([], [], [kept, leaving])) == []


def test_a_grown_claim_grows_its_volume_then_is_told() -> None:
    actions = list(volume_actions([GOLD], [bound("30Gi", "20Gi")], [volume()]))
    assert [action.step for action in actions] == ["grow volume", "grow claim"]
    assert actions[0].object == {"metadata": {"name": "pvc-u1"}, "spec": {"capacity": {"storage": "30Gi"}}}
    assert actions[1].object["status"] == {"capacity": {"storage": "30Gi"}}


def test_a_claim_that_has_what_it_asks_for_is_left_alone() -> None:
    assert list(volume_actions([GOLD], [bound("20480Mi", "20Gi")], [volume()])) == []
