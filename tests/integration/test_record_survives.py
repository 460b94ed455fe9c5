"""The record survives everything: the real engine with the state service, beside the engine's own file backend."""

import json
import random
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.record.journal import settle
from pacific_infra.record.service import can_journal, serve_stack
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.paths import path_of
from tests.support.recorded_program import (
    RecordedProgram,
    is_object,
    kill_in_the_middle,
    name_of,
    objects,
    recorded_program,
    wait_for_journal,
)
from tests.support.waiting import PATIENCE, wait_until
from tests.support.watched_gate import WatchedGate

pytestmark = pytest.mark.sandbox
WAITING = """
import os, subprocess, sys
from pathlib import Path
from pacific_infra.record.backend import StackFiles
from pacific_infra.record.gate import Gate
from pacific_infra.record.service import serve_stack

class Reached(Gate):
    def passes(self):
        Path("reached").touch()
        return super().passes()

with serve_stack(StackFiles(Path("state"), "recorded", "dev"), Reached()) as variables:
    subprocess.run(sys.argv[1:], env={**os.environ, **variables}, check=False)
"""
"""A run of the engine whose gate is never opened."""


@pytest.fixture
def program(tmp_path: Path, toolchain: BuiltToolchain) -> RecordedProgram:
    return recorded_program(tmp_path, toolchain)


def comparable(deployment: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """What does not differ from run to run: no times, identifiers and ciphertexts."""
    return sorted(
        (
            resource["urn"],
            resource["type"],
            json.dumps(resource.get("inputs", {}).get("data")),
            resource.get("parent"),
            tuple(sorted(resource.get("dependencies") or ())),
            resource.get("delete", False),
        )
        for resource in deployment["resources"]
    )


EDITS: Sequence[Mapping[str, Any]] = (
    {"object-0": {"value": "a"}, "object-1": {"value": "a", "after": ["object-0"]}, "object-2": {"value": "a"}},
    # An update, a rename, and an object that becomes another one.
    {
        "object-0": {"value": "b"},
        "renamed": {"value": "a", "object": "object-1", "former": "object-1", "after": ["object-0"]},
        "object-2": {"value": "a", "object": "another"},
    },
    # What others needed goes.
    {"renamed": {"value": "c", "object": "object-1"}, "object-3": {"value": "d"}},
    {},
)


def test_the_state_is_the_one_that_the_engine_would_have_written(
    program: RecordedProgram, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert can_journal(program.files, program.directory / "Pulumi.dev.yaml", (3, 274, 1))
    backend = tmp_path_factory.mktemp("plain")
    plain = {"PULUMI_BACKEND_URL": backend.as_uri()}
    program.run("stack", "init", "dev", **plain)
    for edit in EDITS:
        program.declare(edit)
        program.run("up", "--yes", "--skip-preview", **plain)
        expected = json.loads(program.run("stack", "export", **plain))["deployment"]
        program.run_recorded("up", "--yes", "--skip-preview")
        assert comparable(program.deployment()) == comparable(expected)
        assert program.recorded() == program.live()
    assert "hunter2" not in path_of(program.files.checkpoint).read_text()


def test_pulumi_by_hand_and_runs_of_ours_go_on_from_each_other(program: RecordedProgram) -> None:
    program.declare(objects(3))
    program.run_recorded("up", "--yes", "--skip-preview")
    program.run("up", "--yes", "--skip-preview", "--expect-no-changes")
    program.declare(objects(5, "b"))
    program.run("up", "--yes", "--skip-preview")
    program.run_recorded("up", "--yes", "--skip-preview", "--expect-no-changes")
    program.run_recorded("refresh", "--yes", "--skip-preview", "--target=**::secret")
    assert json.loads(program.run("stack", "output", "--json", "--show-secrets")) == {"count": 5, "password": "hunter2"}
    program.run_recorded("destroy", "--yes", "--skip-preview")
    assert program.live() == set()
    assert json.loads(program.run("stack", "export"))["deployment"].get("resources") in (None, [])


@pytest.mark.parametrize("seed", range(2))
def test_a_run_that_is_killed_loses_nothing(program: RecordedProgram, seed: int) -> None:
    count, chance = 30, random.Random(seed)  # noqa: S311 - the same kills in each run
    program.declare(objects(count))
    kill_in_the_middle(program, chance.randrange(400, 30_000), "up", "--yes", "--skip-preview")
    settle(program.files)
    pending = [operation["resource"] for operation in program.deployment().get("pending_operations") or ()]
    pending_objects = {name_of(resource) for resource in pending if is_object(resource)}
    assert program.live() - program.recorded() - pending_objects == set()
    program.run_recorded("up", "--yes", "--skip-preview")
    assert program.recorded() == program.live()
    assert len(program.live()) == count
    assert not program.deployment().get("pending_operations")
    kill_in_the_middle(program, chance.randrange(400, 8_000), "destroy", "--yes", "--skip-preview")
    settle(program.files)
    program.run_recorded("destroy", "--yes", "--skip-preview")
    assert program.live() == program.recorded() == set()


def test_a_service_that_dies_ends_the_run_and_loses_nothing(program: RecordedProgram) -> None:
    program.declare(objects(30))
    with serve_stack(program.files) as variables:
        process = program.start("up", "--yes", "--skip-preview", **variables)
        wait_for_journal(program, 3_000, process)
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode != 0, output
    program.run_recorded("up", "--yes", "--skip-preview")
    assert program.recorded() == program.live()
    assert len(program.live()) == 30


@pytest.fixture
def waiting(program: RecordedProgram) -> RecordedProgram:
    """With objects to create, update, rename, replace and delete."""
    program.declare({**EDITS[0], "object-4": {"value": "a"}})
    program.run_recorded("up", "--yes", "--skip-preview")
    program.declare({**EDITS[1], "object-3": {"value": "a"}})
    return program


def contents(program: RecordedProgram) -> dict[str, bytes]:
    """All that is recorded and live, and the locks."""
    folders = (program.directory / "state", program.directory / "rendered")
    return {str(file): file.read_bytes() for folder in folders for file in folder.rglob("*") if file.is_file()}


def test_a_run_changes_nothing_before_its_gate_is_opened(waiting: RecordedProgram) -> None:
    before = contents(waiting)
    refused, gate = WatchedGate(), WatchedGate()
    with serve_stack(waiting.files, refused) as variables:
        process = waiting.start("up", "--yes", "--skip-preview", **variables)
        assert refused.reached.wait(PATIENCE)
        assert contents(waiting) == before
        refused.refuse()
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode != 0, output
    assert contents(waiting) == before
    with serve_stack(waiting.files, gate) as variables:
        process = waiting.start("up", "--yes", "--skip-preview", **variables)
        assert gate.reached.wait(PATIENCE)
        gate.open()
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    assert waiting.recorded() == waiting.live() == {"object-0", "object-1", "another", "object-3"}


def test_a_run_ends_by_itself_where_its_service_is_killed_before_the_gate_is_opened(waiting: RecordedProgram) -> None:
    before = contents(waiting)
    process = waiting.start("up", "--yes", "--skip-preview", before=(sys.executable, "-c", WAITING))
    wait_until("the run has come to its gate", (waiting.directory / "reached").exists)
    process.kill()
    # Its output is the engine's, which ends with it.
    process.communicate(timeout=PATIENCE)
    assert contents(waiting) == before
    waiting.run("up", "--yes", "--skip-preview")
    assert waiting.recorded() == waiting.live()


def test_a_second_run_is_refused_while_the_first_goes_on(program: RecordedProgram) -> None:
    program.declare(objects(30))
    with serve_stack(program.files) as variables:
        process = program.start("up", "--yes", "--skip-preview", **variables)
        wait_for_journal(program, 400, process)
        process.send_signal(signal.SIGSTOP)
        try:
            with serve_stack(program.files) as others:
                second = program.start("up", "--yes", "--skip-preview", **others)
                output, _ = second.communicate(timeout=PATIENCE)
            by_hand = program.start("up", "--yes", "--skip-preview")
            words, _ = by_hand.communicate(timeout=PATIENCE)
        finally:
            process.send_signal(signal.SIGCONT)
        assert second.returncode != 0
        assert "Another update is currently in progress" in output
        assert by_hand.returncode != 0
        assert "the stack is currently locked by 1 lock(s)" in words
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert len(program.recorded()) == 30
