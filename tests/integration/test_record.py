"""The record survives everything: the real engine with the state service, beside the engine's own file backend.

The objects are ConfigMaps that the Kubernetes provider renders into files, so what is live can be seen in a folder.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.record.backend import StackFiles
from pacific_infra.record.journal import settle
from pacific_infra.record.service import journals, serving
from pacific_infra.toolchain import Toolchain

pytestmark = pytest.mark.sandbox

PROGRAM = """
import json
from pathlib import Path
import pulumi

estate = json.loads(Path("objects.json").read_text())
folder = {"renderYamlToDirectory": str(Path("rendered").absolute())}
rendered = pulumi.ProviderResource("kubernetes", "rendered", folder, pulumi.ResourceOptions(version=estate["version"]))


class ConfigMap(pulumi.CustomResource):
    def __init__(self, name, data, former=None, after=()):
        aliases = [pulumi.Alias(name=former)] if former else None
        options = pulumi.ResourceOptions(provider=rendered, aliases=aliases, depends_on=list(after))
        metadata = {"name": data.get("object", name), "namespace": "default"}
        properties = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"value": data["value"]}}
        super().__init__("kubernetes:core/v1:ConfigMap", name, properties, options)


made = {}
for name, data in estate["objects"].items():
    after = [made[needed] for needed in data.get("after", ()) if needed in made]
    made[name] = ConfigMap(name, data, data.get("former"), after)
pulumi.Stash("secret", input=pulumi.Output.secret("hunter2"))
pulumi.export("count", len(made))
pulumi.export("password", pulumi.Output.secret("hunter2"))
"""
SERVED = """
import subprocess, sys
from pathlib import Path
from pacific_infra.record.backend import StackFiles
from pacific_infra.record.service import serving
import os

with serving(StackFiles(Path("state"), "recorded", "dev")) as variables:
    sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, **variables}, check=False).returncode)
"""
"""One run of the engine with its state service, in one process group."""
LONGEST = 120.0
"""Seconds for one run of the engine."""


@dataclass
class RecordedProgram:
    """A project whose objects are files, and its stack in a file backend of its own."""

    directory: Path
    environment: Mapping[str, str]
    program: Path
    plugin: str

    @property
    def files(self) -> StackFiles:
        return StackFiles(self.directory / "state", "recorded", "dev")

    def declare(self, objects: Mapping[str, Any]) -> None:
        document = {"version": self.plugin, "objects": objects}
        (self.directory / "objects.json").write_text(json.dumps(document))

    def start(self, *arguments: str, before: Sequence[str] = (), **variables: str) -> "subprocess.Popen[str]":
        stack = [] if "init" in arguments else ["--stack", "dev"]
        return subprocess.Popen(
            [*before, str(self.program), *arguments, "--non-interactive", *stack],
            cwd=self.directory,
            env={**self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **variables: str) -> str:
        process = self.start(*arguments, **variables)
        output, _ = process.communicate(timeout=LONGEST)
        assert process.returncode == 0, output
        return output

    def run_recorded(self, *arguments: str) -> str:
        with serving(self.files) as variables:
            return self.run(*arguments, **variables)

    def deployment(self) -> dict[str, Any]:
        """As plain ``pulumi`` reads it."""
        exported: dict[str, Any] = json.loads(self.run("stack", "export"))["deployment"]
        return exported

    def recorded(self) -> set[str]:
        return {name_of(resource) for resource in self.deployment().get("resources") or () if is_object(resource)}

    def live(self) -> set[str]:
        return {file.stem.rpartition("default-")[2] for file in (self.directory / "rendered").rglob("*configmap*.yaml")}


@pytest.fixture
def program(tmp_path: Path, toolchain: Toolchain) -> RecordedProgram:
    (tmp_path / "state").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: recorded\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    backend = {"PULUMI_BACKEND_URL": (tmp_path / "state").as_uri(), "PULUMI_CONFIG_PASSPHRASE": "test"}
    environment = {**os.environ, **toolchain.environment(), **backend, "PULUMI_PARALLEL": "8"}
    made = RecordedProgram(tmp_path, environment, toolchain.program("pulumi"), toolchain.kubernetes_plugin_version())
    made.declare({})
    made.run("stack", "init", "dev")
    return made


def is_object(resource: Mapping[str, Any]) -> bool:
    return str(resource["type"]) == "kubernetes:core/v1:ConfigMap"


def name_of(resource: Mapping[str, Any]) -> str:
    return str(resource["inputs"]["metadata"]["name"])


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


def objects(count: int, value: str = "a", **changes: Mapping[str, Any]) -> dict[str, Any]:
    plain = {f"object-{number}": {"value": value} for number in range(count)}
    return {name: {**data, **changes.get(name, {})} for name, data in plain.items()}


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
    assert journals(program.files, program.directory / "Pulumi.dev.yaml")
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
    assert "hunter2" not in program.files.checkpoint.read_text()


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


@pytest.mark.parametrize("seed", range(6))
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
    with serving(program.files) as variables:
        process = program.start("up", "--yes", "--skip-preview", **variables)
        wait_for_journal(program, 3_000, process)
    output, _ = process.communicate(timeout=LONGEST)
    assert process.returncode != 0, output
    program.run_recorded("up", "--yes", "--skip-preview")
    assert program.recorded() == program.live()
    assert len(program.live()) == 30


def test_a_second_run_is_refused_while_the_first_goes_on(program: RecordedProgram) -> None:
    program.declare(objects(30))
    with serving(program.files) as variables:
        process = program.start("up", "--yes", "--skip-preview", **variables)
        wait_for_journal(program, 400, process)
        process.send_signal(signal.SIGSTOP)
        try:
            with serving(program.files) as others:
                second = program.start("up", "--yes", "--skip-preview", **others)
                output, _ = second.communicate(timeout=LONGEST)
            by_hand = program.start("up", "--yes", "--skip-preview")
            words, _ = by_hand.communicate(timeout=LONGEST)
        finally:
            process.send_signal(signal.SIGCONT)
        assert second.returncode != 0
        assert "Another update is currently in progress" in output
        assert by_hand.returncode != 0
        assert "the stack is currently locked by 1 lock(s)" in words
        process.communicate(timeout=LONGEST)
    assert process.returncode == 0
    assert len(program.recorded()) == 30


def wait_for_journal(program: RecordedProgram, size: int, process: "subprocess.Popen[str]") -> None:
    """Until the journal has ``size`` bytes, or the run has ended."""
    deadline = time.monotonic() + LONGEST
    while process.poll() is None and time.monotonic() < deadline:
        if program.files.journal.exists() and program.files.journal.stat().st_size >= size:
            return
        time.sleep(0.002)


def kill_in_the_middle(program: RecordedProgram, size: int, *arguments: str) -> None:
    """Run the engine and kill it with all its plugins, and the service with it, once the journal has ``size`` bytes."""
    process = program.start(*arguments, before=(sys.executable, "-c", SERVED))
    wait_for_journal(program, size, process)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=LONGEST)
    for file in program.files.locks.glob("*.json"):
        file.unlink()  # as the next run of pacific does, since its process is gone
