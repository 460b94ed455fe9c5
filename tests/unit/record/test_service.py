"""The state service over HTTP, as the engine speaks with it."""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pacific_infra.record.backend import BackendLock, StackFiles, write_checkpoint
from pacific_infra.record.replay import SUCCESS
from pacific_infra.record.service import can_journal, serve_stack
from tests.support.paths import path_of
from tests.support.waiting import PATIENCE

STACK = "/api/stacks/organization/shop/dev"
CREATED = {
    "version": 1,
    "kind": SUCCESS,
    "sequenceID": 1,
    "operationID": 1,
    "state": {"urn": "urn:pulumi:dev::shop::test:Thing::a", "type": "test:Thing"},
}

ENGINE = (3, 274, 1)


@pytest.fixture
def files(tmp_path: Path) -> StackFiles:
    stack = StackFiles(tmp_path / "state", "shop", "dev")
    write_checkpoint(stack, {"manifest": {}, "resources": []})
    return stack


@pytest.fixture
def client(files: StackFiles) -> Iterator[httpx2.Client]:
    with serve_stack(files) as variables, client_of(variables) as connected:
        yield connected


def client_of(variables: Mapping[str, str]) -> httpx2.Client:
    headers = {"Authorization": f"token {variables['PULUMI_ACCESS_TOKEN']}"}
    return httpx2.Client(base_url=variables["PULUMI_BACKEND_URL"], headers=headers, trust_env=False, timeout=PATIENCE)


def begin(client: httpx2.Client, kind: str = "update") -> str:
    update = client.post(f"{STACK}/{kind}", json={}).json()["updateID"]
    answer = client.post(f"{STACK}/{kind}/{update}", json={"journalVersion": 2})
    assert answer.status_code == 200, answer.text
    assert answer.json()["journalVersion"] == 1
    return f"{STACK}/{kind}/{update}"


def resources(files: StackFiles) -> list[str]:
    latest: Any = json.loads(path_of(files.checkpoint).read_text())["checkpoint"]["latest"]
    return [str(resource["urn"]).rpartition("::")[2] for resource in latest["resources"]]


def test_a_step_that_the_disk_does_not_take_is_refused_with_its_place(client: httpx2.Client, files: StackFiles) -> None:
    update = begin(client)
    folder = path_of(files.journal).parent.parent
    folder.write_text("a file where the folder would be")
    answer = client.patch(f"{update}/journalentries", json={"entries": [CREATED]})
    assert answer.status_code == 507
    assert answer.json()["message"] == (
        f"the step cannot be recorded in {files.backend} (not a directory): run it again when it can"
    )


def test_an_update_is_journaled_and_settled_at_its_end(client: httpx2.Client, files: StackFiles) -> None:
    update = begin(client)
    body = gzip.compress(json.dumps({"entries": [CREATED]}).encode())
    answer = client.patch(f"{update}/journalentries", content=body, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 204
    assert resources(files) == []
    assert [resource["urn"] for resource in client.get(f"{STACK}/export").json()["deployment"]["resources"]] == [
        "urn:pulumi:dev::shop::test:Thing::a"
    ]
    assert client.post(f"{update}/complete", json={"status": "succeeded"}).status_code == 204
    assert resources(files) == ["a"]
    assert list(files.locks.glob("*.json")) == []


def test_an_update_that_never_ends_is_settled_when_the_run_does(files: StackFiles) -> None:
    with serve_stack(files) as variables, client_of(variables) as client:
        client.patch(f"{begin(client)}/journalentries", json={"entries": [CREATED]})
        assert len(list(files.locks.glob("*.json"))) == 1
    assert resources(files) == ["a"]
    assert list(files.locks.glob("*.json")) == []


def test_a_preview_records_and_locks_nothing(client: httpx2.Client, files: StackFiles) -> None:
    preview = begin(client, "preview")
    assert list(files.locks.glob("*.json")) == []
    assert client.post(f"{preview}/complete", json={"status": "succeeded"}).status_code == 204
    assert not path_of(files.journal).exists()


def test_what_the_engine_tells_of_a_run_is_taken_unread(client: httpx2.Client) -> None:
    update = begin(client)
    for path in ("events", "events/batch"):
        assert client.post(f"{update}/{path}", content=b"{").status_code == 204
    assert client.patch(f"{update}/journalentries", content=b"{").status_code == 400


def test_nobody_without_this_runs_token_is_answered(client: httpx2.Client) -> None:
    for header in ("", "token another", "update-token run", "Bearer x"):
        answer = client.get(f"{STACK}/export", headers={"Authorization": header})
        assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized: this service is another run's")


def test_a_stack_that_another_process_writes_is_refused(client: httpx2.Client, files: StackFiles) -> None:
    other = BackendLock(files)
    other.acquire()
    answer = client.post(f"{STACK}/update/x", json={"journalVersion": 2})
    assert answer.status_code == 409
    assert answer.json()["message"] == "Conflict: Another update is currently in progress."
    other.release()
    begin(client)
    assert client.post(f"{STACK}/update/y", json={"journalVersion": 2}).status_code == 409


def test_an_engine_without_a_journal_is_refused_before_it_begins(client: httpx2.Client, files: StackFiles) -> None:
    """Its checkpoints would be the only record, and the run has been told to write none."""
    answer = client.post(f"{STACK}/update/x", json={})
    assert answer.status_code == 400
    assert answer.json()["message"] == "Bad Request: this engine keeps no journal; Pulumi 3.225 and newer do"
    assert not any(files.locks.glob("*.json"))


def test_engines_without_a_journal_write_their_own_checkpoints(files: StackFiles, tmp_path: Path) -> None:
    settings = tmp_path / "Pulumi.dev.yaml"
    settings.write_text("encryptionsalt: v1:abc\nconfig: {}\n")
    assert can_journal(files, settings, (3, 225, 0))
    assert not can_journal(files, settings, (3, 224, 9))


def test_steps_of_another_update_are_refused(client: httpx2.Client, files: StackFiles) -> None:
    begin(client)
    answer = client.patch(f"{STACK}/update/another/journalentries", json={"entries": [CREATED]})
    assert answer.status_code == 403
    assert not path_of(files.journal).exists()


def test_other_stacks_of_the_backend_can_be_read_and_not_written(client: httpx2.Client, files: StackFiles) -> None:
    other = StackFiles(files.backend, "platform", "dev")
    write_checkpoint(other, {"manifest": {}, "resources": [{"urn": "urn:pulumi:dev::platform::t::s", "type": "t"}]})
    path = "/api/stacks/organization/platform/dev"
    assert len(client.get(f"{path}/export").json()["deployment"]["resources"]) == 1
    assert client.post(f"{path}/update", json={}).status_code == 404
    assert client.get("/api/stacks/organization/platform/prod").status_code == 404


@pytest.mark.parametrize("path", ["/", "/api/stacks", "/api/stacks/organization/../../etc/passwd/export", "/x" * 2000])
def test_other_paths_are_not_there(client: httpx2.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_body_that_is_not_json_is_refused(client: httpx2.Client) -> None:
    answer = client.patch(f"{begin(client)}/journalentries", content=b"{")
    assert (answer.status_code, answer.json()["message"]) == (400, "Bad Request: the body is not JSON")


def test_only_stacks_whose_secrets_are_encrypted_elsewhere_are_journaled(files: StackFiles, tmp_path: Path) -> None:
    settings = tmp_path / "Pulumi.dev.yaml"
    assert not can_journal(files, settings, ENGINE)
    settings.write_text("config:\n  shop:a: b\n")
    assert not can_journal(files, settings, ENGINE)
    settings.write_text("encryptionsalt: v1:abc\nconfig: {}\n")
    assert can_journal(files, settings, ENGINE)
    settings.write_text('{"config": {"shop:a": "encryptionsalt: b"}}')
    assert not can_journal(files, settings, ENGINE)
    settings.write_text('{"config": {}, "encryptionsalt": "v1:abc"}')
    assert can_journal(files, settings, ENGINE)
    settings.write_text("[")
    assert not can_journal(files, settings, ENGINE)
    settings.write_text("encryptionsalt: v1:abc\n")
    assert not can_journal(StackFiles(files.backend, "shop", "other"), settings, ENGINE)
