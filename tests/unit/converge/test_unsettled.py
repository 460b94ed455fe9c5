"""What is noted of a run's steps: what began and did not end, and what failed."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation.events import EngineEvent

from pacific_infra.converge.unsettled import (
    UnsettledStep,
    UnsettledSteps,
    abandoned_creations,
    file_of,
    pending_steps,
    readable_urns,
    unchecked_urns,
)
from pacific_infra.record.processes import started_at

COMPONENT = "urn:pulumi:dev::estate::pacific:index:CrxWorkload::shop/web"
DEPLOYMENT = "urn:pulumi:dev::estate::pacific:index:CrxWorkload$kubernetes:apps/v1:Deployment::shop/web-deployment"
SERVICE = "urn:pulumi:dev::estate::pacific:index:CrxWorkload$kubernetes:core/v1:Service::shop/web-service"


def step(kind: str, urn: str, op: str) -> EngineEvent:
    resource_type = urn.split("::")[2].rpartition("$")[2]
    state = {"type": resource_type, "urn": urn, "parent": COMPONENT}
    metadata: dict[str, Any] = {"op": op, "urn": urn, "type": resource_type, "new": state}
    return EngineEvent.from_json({kind: {"metadata": metadata}})


def error(urn: str, message: str) -> EngineEvent:
    text = {"message": message, "color": "never", "severity": "error", "urn": urn, "ephemeral": False}
    return EngineEvent.from_json({"diagnosticEvent": text})


def test_what_began_and_did_not_end_is_known_to_the_next_process(tmp_path: Path) -> None:
    file = tmp_path / "steps" / "dev.jsonl"
    run = UnsettledSteps(file)
    run.begin()
    for urn, op in ((DEPLOYMENT, "update"), (SERVICE, "create")):
        run.event(step("resourcePreEvent", urn, op))
    run.event(step("resOutputsEvent", SERVICE, "create"))
    assert UnsettledSteps(file).steps == (UnsettledStep(DEPLOYMENT, "update", COMPONENT),)
    assert UnsettledSteps(file).steps[0].text == "shop/web-deployment: update was interrupted"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_only_where_no_journal_has_the_steps_does_each_wait_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []
    monkeypatch.setattr(os, "fsync", waits.append)
    run = UnsettledSteps(tmp_path / "dev.jsonl")
    for durable, expected in ((False, 0), (True, 1)):
        run.begin(durable=durable)
        run.event(step("resourcePreEvent", DEPLOYMENT, "update"))
        assert len(waits) == expected


@pytest.mark.parametrize("op", ["same", "read", "refresh"])
def test_what_changes_nothing_is_not_noted(tmp_path: Path, op: str) -> None:
    run = UnsettledSteps(tmp_path / "dev.jsonl")
    run.event(step("resourcePreEvent", DEPLOYMENT, op))
    assert run.steps == ()


def test_a_failed_step_keeps_its_reason_until_a_later_run_ends_it(tmp_path: Path) -> None:
    file = tmp_path / "dev.jsonl"
    run = UnsettledSteps(file)
    run.event(step("resourcePreEvent", DEPLOYMENT, "update"))
    run.event(error(DEPLOYMENT, "<{%fg 1%}>spec.replicas: too many<{%reset%}>\nmore"))
    run.event(step("resOpFailedEvent", DEPLOYMENT, "update"))
    again = UnsettledSteps(file)
    assert [item.text for item in again.steps] == ["shop/web-deployment: update failed: spec.replicas: too many"]
    again.event(step("resourcePreEvent", DEPLOYMENT, "same"))
    again.event(step("resOutputsEvent", DEPLOYMENT, "same"))
    assert UnsettledSteps(file).steps == ()


def test_a_refresh_ends_no_step_but_it_is_looked_at_once_only(tmp_path: Path) -> None:
    file = tmp_path / "dev.jsonl"
    run = UnsettledSteps(file)
    run.event(step("resourcePreEvent", DEPLOYMENT, "update"))
    run.event(step("resOutputsEvent", DEPLOYMENT, "refresh"))
    assert unchecked_urns(run.steps, [DEPLOYMENT]) == [DEPLOYMENT]
    run.mark_checked([DEPLOYMENT])
    again = UnsettledSteps(file)
    assert [item.urn for item in again.steps] == [DEPLOYMENT]
    assert unchecked_urns(again.steps, [DEPLOYMENT]) == []
    again.event(step("resourcePreEvent", DEPLOYMENT, "update"))
    assert unchecked_urns(again.steps, [DEPLOYMENT]) == [DEPLOYMENT]


def test_a_run_that_ends_without_a_failure_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "dev.jsonl"
    run = UnsettledSteps(file)
    run.event(step("resourcePreEvent", DEPLOYMENT, "update"))
    run.mark_all_ended()
    assert (run.steps, file.exists()) == ((), False)
    run.mark_all_ended()


@pytest.mark.parametrize("rest", ['{"began": "urn', "", "7", "[]", '{"began": 1}', "\x00\x00", '{"looked": 3}'])
def test_a_line_that_a_killed_process_wrote_in_part_hides_no_other(tmp_path: Path, rest: str) -> None:
    file = tmp_path / "dev.jsonl"
    UnsettledSteps(file).event(step("resourcePreEvent", DEPLOYMENT, "update"))
    with file.open("a") as stream:
        stream.write(rest)
    assert [item.urn for item in UnsettledSteps(file).steps] == [DEPLOYMENT]


def test_another_process_that_lives_is_known_and_a_dead_one_is_not(tmp_path: Path) -> None:
    file = tmp_path / "dev.jsonl"
    run = UnsettledSteps(file)
    run.begin()
    assert run.running is None
    parent = os.getppid()
    started = started_at(parent)
    assert started is not None
    with file.open("a") as stream:
        stream.write(f'{{"run": {parent}, "started": {started}}}\n')
    assert UnsettledSteps(file).running == parent
    with file.open("a") as stream:
        stream.write(f'{{"run": {parent}, "started": {started - 5}}}\n')
    assert UnsettledSteps(file).running is None


def test_the_engines_pending_operations_are_steps_too() -> None:
    resource = {"urn": DEPLOYMENT, "type": "kubernetes:apps/v1:Deployment", "parent": COMPONENT}
    deployment = {"resources": [], "pending_operations": [{"resource": resource, "type": "updating"}]}
    assert pending_steps(deployment) == [UnsettledStep(DEPLOYMENT, "update", COMPONENT)]
    assert pending_steps({"resources": []}) == []


def test_only_what_is_recorded_is_looked_at_and_each_once() -> None:
    steps = [UnsettledStep(DEPLOYMENT, "update"), UnsettledStep(SERVICE, "create"), UnsettledStep(DEPLOYMENT, "delete")]
    assert unchecked_urns(steps, [DEPLOYMENT]) == [DEPLOYMENT]


def test_stacks_and_backends_have_files_of_their_own(tmp_path: Path) -> None:
    files = {file_of(tmp_path, backend, "estate", stack) for backend in ("file:///a", "") for stack in ("dev", "prod")}
    assert len(files) == 4


def test_a_creation_that_no_record_and_no_document_tells_of_is_abandoned() -> None:
    steps = [UnsettledStep(DEPLOYMENT, "create", COMPONENT), UnsettledStep(SERVICE, "update", COMPONENT)]
    assert abandoned_creations(steps, (), ()) == {"shop/web-deployment": "CrxWorkload/shop/web"}
    assert abandoned_creations(steps, {DEPLOYMENT}, ()) == {}
    assert abandoned_creations(steps, (), {"CrxWorkload/shop/web"}) == {}


def test_what_was_deleted_to_be_made_anew_is_not_read() -> None:
    assert readable_urns([{"urn": DEPLOYMENT, "pendingReplacement": True}, {"urn": SERVICE}]) == [SERVICE]
