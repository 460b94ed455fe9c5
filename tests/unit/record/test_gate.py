"""A run that waits at a gate: what the state service records of it, and when."""

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest

from pacific_infra.errors import PacificError
from pacific_infra.record.backend import BackendLock, StackFiles, write_checkpoint
from pacific_infra.record.gate import Gate
from pacific_infra.record.replay import BEGIN, SUCCESS
from pacific_infra.record.service import serve_stack
from tests.support.paths import path_of
from tests.support.waiting import PATIENCE
from tests.support.watched_gate import WatchedGate

STACK = "/api/stacks/organization/shop/dev"


@pytest.fixture
def files(tmp_path: Path) -> StackFiles:
    stack = StackFiles(tmp_path / "state", "shop", "dev")
    write_checkpoint(stack, {"manifest": {}, "resources": []})
    return stack


@pytest.fixture
def gate() -> WatchedGate:
    return WatchedGate()


@pytest.fixture
def client(files: StackFiles, gate: WatchedGate) -> Iterator[httpx2.Client]:
    with serve_stack(files, gate) as variables:
        headers = {"Authorization": f"token {variables['PULUMI_ACCESS_TOKEN']}"}
        url = variables["PULUMI_BACKEND_URL"]
        with httpx2.Client(base_url=url, headers=headers, trust_env=False, timeout=PATIENCE) as connected:
            yield connected
        gate.refuse()


def entry(number: int, kind: int = BEGIN, **more: Any) -> dict[str, Any]:
    return {"version": 1, "kind": kind, "sequenceID": number, "operationID": number, **more}


def beginning(number: int, operation: str, *, custom: bool = True) -> dict[str, Any]:
    resource = {"urn": f"urn:pulumi:dev::shop::test:Thing::{number}", "type": "test:Thing", "custom": custom}
    return entry(number, operation={"type": operation, "resource": resource})


def recorded(number: int) -> dict[str, Any]:
    state = {"urn": f"urn:pulumi:dev::shop::test:Thing::{number}", "type": "test:Thing"}
    return entry(number, SUCCESS, state=state)


def begin(client: httpx2.Client) -> str:
    assert client.get(f"{STACK}/export").status_code == 200
    assert client.post(f"{STACK}/update/run", json={"journalVersion": 2}).status_code == 200
    return f"{STACK}/update/run"


def written(files: StackFiles) -> dict[str, bytes]:
    """All files of the backend."""
    folder = path_of(files.backend)
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def sending(client: httpx2.Client, update: str, entries: list[dict[str, Any]], answers: list[int]) -> Thread:
    def send() -> None:
        answers.append(client.patch(f"{update}/journalentries", json={"entries": entries}).status_code)

    thread = Thread(target=send, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(
    "held",
    [
        entry(1),
        entry(1, SUCCESS, elideWrite=True),
        beginning(1, "reading"),
        beginning(1, "creating", custom=False),
    ],
    ids=["what stays", "end of a step", "a read", "a component"],
)
def test_what_changes_nothing_is_answered_and_written_once_the_gate_is_opened(
    client: httpx2.Client, files: StackFiles, gate: WatchedGate, held: dict[str, Any]
) -> None:
    before, update = written(files), begin(client)
    answer = client.patch(f"{update}/journalentries", json={"entries": [held]})
    assert answer.status_code == 204
    assert written(files) == before
    gate.open()
    assert len(list(files.locks.glob("*.json"))) == 1
    lines = path_of(files.journal).read_text().splitlines()
    assert json.loads(lines[1]) == [held]


@pytest.mark.parametrize("operation", ["creating", "updating", "deleting", "importing"])
def test_a_change_waits_until_the_gate_is_opened(
    client: httpx2.Client, files: StackFiles, gate: WatchedGate, operation: str
) -> None:
    before, update, answers = written(files), begin(client), list[int]()
    client.patch(f"{update}/journalentries", json={"entries": [entry(1)]})
    thread = sending(client, update, [entry(2), beginning(3, operation)], answers)
    assert gate.reached.wait(PATIENCE)
    # The lease of a run that waits is renewed.
    assert client.post(f"{update}/renew_lease", json={}).status_code == 200
    assert (answers, written(files)) == ([], before)
    gate.open()
    thread.join()
    assert answers == [204]
    lines = path_of(files.journal).read_text().splitlines()
    assert [step["sequenceID"] for line in lines[1:] for step in json.loads(line)] == [1, 2, 3]
    assert client.post(f"{update}/complete", json={"status": "succeeded"}).status_code == 204
    assert list(files.locks.glob("*.json")) == []


def test_of_a_run_that_is_refused_nothing_is_left(client: httpx2.Client, files: StackFiles, gate: WatchedGate) -> None:
    before, update, answers = written(files), begin(client), list[int]()
    client.patch(f"{update}/journalentries", json={"entries": [beginning(1, "creating", custom=False), recorded(1)]})
    thread = sending(client, update, [beginning(2, "creating")], answers)
    assert gate.reached.wait(PATIENCE)
    gate.refuse()
    thread.join()
    answer = client.post(f"{update}/complete", json={"status": "failed"})
    assert answers == [403]
    assert (answer.status_code, answer.json()["message"]) == (403, "Forbidden: this update does not take place")
    assert written(files) == before


def test_a_run_cannot_end_before_the_gate_is_opened(
    client: httpx2.Client, files: StackFiles, gate: WatchedGate
) -> None:
    before, update, answers = written(files), begin(client), list[int]()

    def complete() -> None:
        answers.append(client.post(f"{update}/complete", json={"status": "succeeded"}).status_code)

    thread = Thread(target=complete, daemon=True)
    thread.start()
    assert gate.reached.wait(PATIENCE)
    assert (answers, written(files)) == ([], before)
    gate.open()
    thread.join()
    assert answers == [204]


def test_a_run_that_has_ended_before_the_gate_is_opened_leaves_nothing(files: StackFiles) -> None:
    before, gate = written(files), Gate()
    with serve_stack(files, gate):
        pass
    gate.open()
    assert written(files) == before


def test_a_run_that_begins_after_the_gate_was_opened_is_recorded_as_ever(
    client: httpx2.Client, files: StackFiles, gate: WatchedGate
) -> None:
    gate.open()
    update = begin(client)
    assert len(list(files.locks.glob("*.json"))) == 1
    assert client.patch(f"{update}/journalentries", json={"entries": [recorded(1)]}).status_code == 204
    assert client.post(f"{update}/complete", json={"status": "succeeded"}).status_code == 204
    latest = json.loads(path_of(files.checkpoint).read_text())["checkpoint"]["latest"]
    assert [resource["urn"][-1] for resource in latest["resources"]] == ["1"]


def test_the_gate_stays_closed_where_another_run_has_the_stack(
    client: httpx2.Client, files: StackFiles, gate: WatchedGate
) -> None:
    begin(client)
    other = BackendLock(files)
    other.acquire()
    before = written(files)
    with pytest.raises(PacificError, match=r"^Another update is currently in progress\.$"):
        gate.open()
    assert not gate.opened
    assert written(files) == before


@pytest.mark.parametrize("left", ["checkpoint", "journal"])
def test_the_gate_stays_closed_where_another_run_has_changed_the_stack(
    client: httpx2.Client, files: StackFiles, gate: WatchedGate, left: str
) -> None:
    begin(client)
    if left == "checkpoint":
        write_checkpoint(files, {"manifest": {}, "resources": [recorded(7)["state"]]})
    else:
        path_of(files.journal).parent.mkdir(parents=True)
        path_of(files.journal).write_text("{}\n")
    before = written(files)
    with pytest.raises(PacificError, match=r"^another run has changed the stack meanwhile$"):
        gate.open()
    assert not gate.opened
    assert written(files) == before
