"""From a MongoDB to the objects that it takes, and from what is there to its status: pure functions."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from pacific_mongodb.database import Backup, Database, Machine, Object
from pacific_mongodb.desired import (
    Credentials,
    backup_objects,
    credential_objects,
    credentials_of,
    machine_objects,
    network_objects,
    stateful_set,
)
from pacific_mongodb.desired.machines import revision
from pacific_mongodb.metrics import Metrics
from pacific_mongodb.replica_set import configuration
from pacific_mongodb.state import Observed, Refusal, refusal, status_of

ROOT = Path(__file__).parents[3]
DATABASE = Database(
    namespace="data",
    name="orders",
    uid="u1",
    generation=2,
    runtime="crx",
    version="7.0.14",
    image="mongo:7.0.14",
    replica_set=True,
    members=3,
    size="10Gi",
    storage_class="gold",
    cpu="500m",
    memory="1Gi",
    machine=None,
    service_type="ClusterIP",
    backup=Backup("0 3 * * *", "20Gi", 5, "mongodb-tools:1"),
    retain=True,
)
CREDENTIALS = Credentials("new", "old", "k")
NOTHING = Observed(None, None, None, (), ())
NOW = "2026-11-23T12:00:00Z"


def member(name: str, *, ready: bool = True, version: str = "7.0.14", **annotations: str) -> Object:
    conditions = [{"type": "Ready", "status": str(ready)}]
    metadata = {
        "name": name,
        "annotations": {"mongodb.pacific.infra/version": version, **annotations},
        "labels": {"controller-revision-hash": "r1"},
    }
    return {"metadata": metadata, "status": {"conditions": conditions}}


def claim(name: str, size: str) -> Object:
    return {"metadata": {"name": name}, "spec": {"resources": {"requests": {"storage": size}}}}


def secret_of(version: str) -> Object:
    return {"metadata": {"annotations": {"mongodb.pacific.infra/version": version}}}


def test_the_stack_has_the_controllers_definition() -> None:
    local = ROOT / "mongodb/pacific_mongodb/mongodb.crd.yaml"
    for stack in ("mongodb/stack", "stacks/hybrid-shop"):
        assert local.read_text() == (ROOT / f"{stack}/documents/mongodb.crd.yaml").read_text()
    version = yaml.safe_load(local.read_text())["spec"]["versions"][0]
    assert set(version["subresources"]) == {"status", "scale"}


def test_a_stateful_set_of_a_replica_set() -> None:
    result = stateful_set(DATABASE, CREDENTIALS)
    spec, pod = result["spec"], result["spec"]["template"]["spec"]
    assert result["metadata"]["ownerReferences"][0]["uid"] == "u1"
    assert (spec["replicas"], spec["serviceName"]) == (3, "orders-members")
    assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    assert spec["volumeClaimTemplates"][0]["spec"]["storageClassName"] == "gold"
    assert "--replSet rs0 --keyFile" in pod["containers"][0]["command"][2]
    assert pod["securityContext"]["runAsNonRoot"] is True
    # A rotated password is told to a replica set while it runs: its pods stay.
    assert stateful_set(DATABASE, Credentials("other", "old", "k")) == result


def test_independent_members_are_rolled_for_a_password() -> None:
    database = replace(DATABASE, replica_set=False, image="sandbox/ferretdb:1")
    result, other = (stateful_set(database, Credentials(word, word, "k")) for word in ("a", "b"))
    assert "command" not in result["spec"]["template"]["spec"]["containers"][0]
    marks = [item["spec"]["template"]["metadata"]["annotations"] for item in (result, other)]
    assert marks[0] != marks[1]
    assert '"a"' not in json.dumps(marks[0])


def test_credentials_are_made_once_and_follow_their_secret() -> None:
    credentials = credentials_of(None, None, lambda length: "x" * length)
    assert (len(credentials.password), credentials.applied, len(credentials.key)) == (32, credentials.password, 512)
    assert credentials.password not in repr(credentials)
    secret, internal = credential_objects(DATABASE, credentials, None, None, "7.0.14")
    assert "ownerReferences" not in secret["metadata"]
    assert secret["metadata"]["annotations"] == {"mongodb.pacific.infra/version": "7.0.14"}
    rotated = {**secret, "data": {**secret["data"], "password": base64.b64encode(b"mine").decode()}}
    result = credentials_of(rotated, internal)
    assert (result.password, result.applied) == ("mine", credentials.password)
    rotated["metadata"] = {"resourceVersion": "7"}
    again = credential_objects(DATABASE, result, rotated, None, "7.0.14")[0]
    assert again["metadata"]["resourceVersion"] == "7"
    uri = base64.b64decode(again["data"]["uri"]).decode()
    hosts = ",".join(f"orders-{index}.orders-members.data.svc:27017" for index in range(3))
    assert uri == f"mongodb://root:mine@{hosts}/?authSource=admin&replicaSet=rs0"


def test_services_and_backup() -> None:
    kinds = [
        (network_object["kind"], network_object["metadata"]["name"]) for network_object in network_objects(DATABASE)
    ]
    assert kinds == [
        ("Service", "orders-members"),
        ("Service", "orders"),
        ("NetworkPolicy", "orders"),
        ("PodDisruptionBudget", "orders"),
    ]
    (rule,) = network_objects(DATABASE)[2]["spec"]["ingress"]
    assert rule == {"ports": [{"port": 27017, "protocol": "TCP"}], "from": [{"podSelector": {}}]}
    volume, schedule = backup_objects(DATABASE)
    assert "ownerReferences" not in volume["metadata"]
    assert schedule["spec"]["schedule"] == "0 3 * * *"
    job = schedule["spec"]["jobTemplate"]["spec"]["template"]
    assert {"name": "KEEP", "value": "5"} in job["spec"]["containers"][0]["env"]
    assert job["spec"]["containers"][0]["image"] == "mongodb-tools:1"
    # No member by its labels: neither Service nor disruption budget may count it.
    assert job["metadata"]["labels"]["app.kubernetes.io/name"] != DATABASE.selector["app.kubernetes.io/name"]
    assert schedule["spec"]["jobTemplate"]["metadata"]["labels"] == job["metadata"]["labels"]  # by which it is watched
    assert backup_objects(replace(DATABASE, backup=None)) == []


def test_machines() -> None:
    database = replace(DATABASE, runtime="vm", machine=Machine("small", "mongodb-7"))
    result = machine_objects(database, CREDENTIALS)
    machine, (volume, user_data) = result[1]
    assert machine["metadata"]["name"] == "orders-1"
    assert machine["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] == volume["metadata"]["name"]
    assert volume["metadata"]["name"] == "data-orders-1"  # as a StatefulSet names it
    assert "new" not in json.dumps(machine)
    output = base64.b64decode(user_data["data"]["user-data"]).decode()
    assert output.startswith("#cloud-config\n")
    config = json.loads(output.partition("\n")[2])
    assert config["write_files"][1]["permissions"] == "0400"
    assert not any("mongosh" in command for command in config["runcmd"])
    assert revision(database) != revision(replace(database, version="7.0.15"))
    assert revision(database) == revision(replace(database, members=1))
    names = [network_object["metadata"]["name"] for network_object in network_objects(database)]
    assert names == ["orders", "orders-0", "orders-1", "orders-2"]


@pytest.mark.parametrize(
    ("version", "size", "reason"),
    [
        ("7.0.14", "10Gi", None),
        ("7.0.13", "10Gi", "DowngradeRefused"),
        ("8.0.1", "10Gi", None),
        ("9.0.0", "10Gi", "UpgradeSkipsVersions"),
        ("7.0.14", "10239Mi", "ShrinkRefused"),
        ("7.0.14", "11Gi", None),
    ],
)
def test_what_the_data_that_is_there_refuses(version: str, size: str, reason: str | None) -> None:
    # The volume of a member that is not wanted any more does not count.
    claims = [claim("data-orders-0", "10Gi"), claim("data-orders-5", "90Gi")]
    observed = replace(NOTHING, secret=secret_of("7.0.14"), claims=claims)
    result = refusal(replace(DATABASE, version=version, size=size), observed)
    assert (result.reason if result else None) == reason


def test_status_while_rolling_and_after() -> None:
    stateful: dict[str, Any] = {
        "metadata": {"generation": 4},
        "status": {"observedGeneration": 4, "updateRevision": "r1"},
    }
    pods = [member(f"orders-{index}", version="7.0.13" if index == 0 else "7.0.14") for index in range(3)]
    rolling = status_of(
        DATABASE, replace(NOTHING, stateful_set=stateful, members=pods), None, {"version": "7.0.13"}, NOW
    )
    assert (rolling["readyMembers"], rolling["updatedMembers"], rolling["version"]) == (3, 2, "7.0.13")
    ready, reconciling, stalled = rolling["conditions"]
    assert (ready["status"], ready["reason"], ready["observedGeneration"]) == ("False", "Rolling", 2)
    assert (reconciling["status"], stalled["status"]) == ("True", "False")

    pods = [member(f"orders-{index}") for index in range(3)]
    whole = replace(NOTHING, stateful_set=stateful, members=pods)
    done = status_of(DATABASE, whole, None, rolling, "2026-11-23T12:05:00Z")
    assert done["conditions"][0]["status"] == "True"
    assert done["conditions"][0]["lastTransitionTime"] == "2026-11-23T12:05:00Z"
    assert done["conditions"][2]["lastTransitionTime"] == NOW
    assert done["version"] == "7.0.14"
    # Pods alone are no replica set.
    forming = status_of(DATABASE, whole, Refusal("ReplicaSetNotReached", "no primary", stalled=False), done, NOW)
    assert [condition["status"] for condition in forming["conditions"]] == ["False", "True", "False"]
    assert forming["conditions"][0]["message"] == "no primary"
    # A StatefulSet whose change its controller has not seen yet proves nothing.
    stateful["status"]["observedGeneration"] = 3
    assert status_of(DATABASE, whole, None, done, NOW)["conditions"][0]["status"] == "False"


def test_a_replica_set_changes_one_member_at_a_time() -> None:
    first = configuration(DATABASE, None)
    assert first is not None
    assert [item["_id"] for item in first["members"]] == [0, 1, 2]
    current: dict[str, Any] = {**first, "version": 3}
    assert configuration(DATABASE, current) is None
    smaller = configuration(replace(DATABASE, members=1), current)
    assert smaller is not None
    assert ([item["_id"] for item in smaller["members"]], smaller["version"]) == ([0, 1], 4)
    larger = configuration(replace(DATABASE, members=5), current)
    assert larger is not None
    assert larger["members"][-1] == {"_id": 3, "host": "orders-3.orders-members.data.svc:27017"}


def test_metrics_text() -> None:
    metrics = Metrics()
    metrics.passed("done", 0.5)
    backup = {"time": "1970-01-01T00:01:00Z", "job": "b"}
    status = {"members": 3, "readyMembers": 2, "updatedMembers": 3, "lastBackup": backup}
    metrics.report(("data", "orders"), status)
    assert 'mongodb_ready_members{namespace="data",name="orders"} 2\n' in metrics.text()
    assert 'mongodb_last_backup_timestamp_seconds{namespace="data",name="orders"} 60\n' in metrics.text()
    metrics.forget(("data", "orders"))
    assert 'name="orders"' not in metrics.text()
