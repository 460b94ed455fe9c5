"""What the status says of a backup's Jobs."""

import pytest

from pacific_mongodb.backups import backup_condition, last_backup
from pacific_mongodb.database import Database, Object
from pacific_mongodb.state import Observed, status_of


def job(name: str, at: str, type_: str = "Complete", **more: str) -> Object:
    condition = {"type": type_, "status": "True", "lastTransitionTime": at, **more}
    return {
        "metadata": {"name": name},
        "status": {"conditions": [{"type": "Suspended", "status": "False"}, condition]},
    }


def pod(of: str, message: str, created: str = "2026-11-24T03:00:00Z") -> Object:
    metadata = {"creationTimestamp": created, "labels": {"batch.kubernetes.io/job-name": of}}
    return {"metadata": metadata, "status": {"containerStatuses": [{"state": {"terminated": {"message": message}}}]}}


FIRST = job("b-1", "2026-11-23T03:00:09Z")
SECOND = job("b-2", "2026-11-24T03:00:09Z")
PODS = [pod("b-1", "one.archive.gz"), pod("b-2", "two.archive.gz")]
FAILED = job("b-3", "2026-11-25T03:00:09Z", "Failed", reason="BackoffLimitExceeded", message="the limit is reached")


def test_the_newest_dump_is_said_and_stays_when_its_job_goes() -> None:
    assert last_backup([], [], None) is None
    result = last_backup([SECOND, FAILED, FIRST, {"metadata": {"name": "running"}}], PODS, None)
    assert result == {"time": "2026-11-24T03:00:09Z", "job": "b-2", "file": "two.archive.gz"}
    assert last_backup([SECOND], [], result) == result  # its pod has gone
    assert last_backup([FIRST], PODS, result) == result
    assert last_backup([FIRST], [], None) == {"time": "2026-11-23T03:00:09Z", "job": "b-1"}


@pytest.mark.parametrize(
    ("pods", "message"),
    [
        ([], "Job b-3 failed: the limit is reached"),
        (
            [pod("b-3", "mongodump: no\n  server ", "2026-11-25T03:00:05Z"), pod("b-3", "older")],
            "Job b-3 failed: the limit is reached; its pod said: mongodump: no server",
        ),
    ],
)
def test_a_failed_backup_is_a_condition_with_its_reason(pods: list[Object], message: str) -> None:
    assert backup_condition([SECOND, FAILED], pods, None) == ("BackedUp", False, "BackoffLimitExceeded", message)


def test_the_condition_is_of_the_job_that_ended_last() -> None:
    assert backup_condition([], [], None) is None
    result = backup_condition([FIRST, SECOND], PODS, None)
    assert result == ("BackedUp", True, "DumpWritten", "Job b-2 wrote two.archive.gz")
    before = {"status": "True", "reason": result[2], "message": result[3]}
    assert backup_condition([FIRST, SECOND], [], before) == result  # nothing is said twice of a Job whose pod has gone
    assert backup_condition([], [], before) == result
    after = backup_condition([SECOND, FAILED], [], before)
    assert after is not None
    assert after[1] is False


def database(backup: Object | None) -> Database:
    spec = {
        "runtime": "crx",
        "version": "7.0.14",
        "topology": "ReplicaSet",
        "members": 1,
        "storage": {"size": "1Gi"},
        "resources": {"cpu": "1", "memory": "1Gi"},
        "service": {"type": "ClusterIP"},
        "deletionPolicy": "Retain",
        **({"backup": backup} if backup else {}),
    }
    return Database.read({"metadata": {"namespace": "n", "name": "b", "uid": "u", "generation": 1}, "spec": spec})


def test_the_backups_image_is_that_of_the_members_or_its_own() -> None:
    backup = {"schedule": "0 3 * * *", "size": "1Gi", "keep": 7}
    images = [database({**backup, **more}).backup for more in ({}, {"image": "tools:1"})]
    assert [condition.image for condition in images if condition] == ["mongo:7.0.14", "tools:1"]


def test_status_tells_of_backups_until_none_is_wanted() -> None:
    expected = database({"schedule": "0 3 * * *", "size": "1Gi", "keep": 7})
    observed = Observed(None, None, None, (), (), [SECOND, FAILED], PODS)
    status = status_of(expected, observed, None, {}, "2026-11-25T03:00:10Z")
    assert status["lastBackup"]["file"] == "two.archive.gz"
    assert [condition["type"] for condition in status["conditions"]] == ["Ready", "Reconciling", "Stalled", "BackedUp"]
    assert status["conditions"][3]["lastTransitionTime"] == "2026-11-25T03:00:10Z"
    again = status_of(expected, observed, None, status, "2026-11-25T04:00:00Z")
    assert again == status
    without = status_of(database(None), Observed(None, None, None, (), ()), None, status, "2026-11-25T04:00:00Z")
    assert without["lastBackup"] == status["lastBackup"]
    assert len(without["conditions"]) == 3
