"""A project whose objects are files, recorded by the state service or by the engine's own file backend.

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
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from pacific_infra.record.backend import StackFiles
from pacific_infra.record.service import serve_stack
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.paths import path_of
from tests.support.waiting import PATIENCE

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
from pacific_infra.record.service import serve_stack
import os

with serve_stack(StackFiles(Path("state"), "recorded", "dev")) as variables:
    sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, **variables}, check=False).returncode)
"""
"""One run of the engine with its state service, in one process group, as the command has them."""
PARTS = ("all", "service", "engine", "plugin")
"""What of a run is killed; the service is the process that started the engine, as the command is."""


@dataclass
class PulumiProject:
    """A project that the engine is run in, each time in a process group of its own."""

    directory: Path
    environment: Mapping[str, str]
    program: Path

    def start(self, *arguments: str, before: Sequence[str] = (), **variables: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*before, str(self.program), *arguments, "--non-interactive"],
            cwd=self.directory,
            env={**self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **variables: str) -> str:
        process = self.start(*arguments, **variables)
        output, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, output
        return output


@dataclass
class RecordedProgram(PulumiProject):
    """A project whose objects are files, and its stack in a file backend of its own."""

    plugin: str

    @property
    def files(self) -> StackFiles:
        return StackFiles(self.directory / "state", "recorded", "dev")

    def declare(self, objects: Mapping[str, Any]) -> None:
        document = {"version": self.plugin, "objects": objects}
        (self.directory / "objects.json").write_text(json.dumps(document))

    def start(self, *arguments: str, before: Sequence[str] = (), **variables: str) -> "subprocess.Popen[str]":
        stack = [] if "init" in arguments else ["--stack", "dev"]
        return super().start(*arguments, *stack, before=before, **variables)

    def run_recorded(self, *arguments: str) -> str:
        with serve_stack(self.files) as variables:
            return self.run(*arguments, **variables)

    def deployment(self) -> dict[str, Any]:
        """As plain ``pulumi`` reads it."""
        exported: dict[str, Any] = json.loads(self.run("stack", "export"))["deployment"]
        return exported

    def recorded(self) -> set[str]:
        return {name_of(resource) for resource in self.deployment().get("resources") or () if is_object(resource)}

    def live(self) -> set[str]:
        return {file.stem.rpartition("default-")[2] for file in (self.directory / "rendered").rglob("*configmap*.yaml")}


def recorded_program(directory: Path, toolchain: BuiltToolchain) -> RecordedProgram:
    """The project in ``directory``, which is there and empty, with its stack."""
    (directory / "state").mkdir()
    (directory / "Pulumi.yaml").write_text("name: recorded\nruntime: python\n")
    (directory / "__main__.py").write_text(PROGRAM)
    backend = {"PULUMI_BACKEND_URL": (directory / "state").as_uri(), "PULUMI_CONFIG_PASSPHRASE": "test"}
    environment = {**os.environ, **toolchain.environment(), **backend, "PULUMI_PARALLEL": "8"}
    program = RecordedProgram(
        directory, environment, toolchain.program("pulumi"), toolchain.kubernetes_plugin_version()
    )
    program.declare({})
    program.run("stack", "init", "dev")
    return program


def is_object(resource: Mapping[str, Any]) -> bool:
    return str(resource["type"]) == "kubernetes:core/v1:ConfigMap"


def name_of(resource: Mapping[str, Any]) -> str:
    return str(resource["inputs"]["metadata"]["name"])


def objects(count: int, value: str = "a", **changes: Mapping[str, Any]) -> dict[str, Any]:
    plain = {f"object-{number}": {"value": value} for number in range(count)}
    return {name: {**data, **changes.get(name, {})} for name, data in plain.items()}


def wait_for_journal(program: RecordedProgram, size: int, process: "subprocess.Popen[str]") -> None:
    """Until the journal has ``size`` bytes, or the run has ended."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(FileNotFoundError):  # not begun, or settled
            if path_of(program.files.journal).stat().st_size >= size:
                return
        time.sleep(0.002)


def kill_in_the_middle(
    program: RecordedProgram, size: int, *arguments: str, part: str = "all", chance: random.Random | None = None
) -> bool:
    """Run the engine and kill ``part`` of the run once the journal has ``size`` bytes; False where it ended before.

    ``chance`` chooses among plugins. Where a part is killed, the rest has to end by itself.
    """
    process = program.start(*arguments, before=(sys.executable, "-c", SERVED))
    wait_for_journal(program, size, process)
    victims: list[psutil.Process] = []
    if process.poll() is None:
        with suppress(psutil.NoSuchProcess):  # it has just ended
            victims = _processes(process.pid, part, chance or random.Random(size))  # noqa: S311 - the same each time
    for victim in victims:
        with suppress(psutil.NoSuchProcess):
            victim.kill()
    output, _ = process.communicate(timeout=PATIENCE)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # plugins whose engine is gone
    assert victims or process.returncode == 0, output
    for file in program.files.locks.glob("*.json"):
        file.unlink()  # as the next run of pacific does, since its process is gone
    return bool(victims)


def _processes(service: int, part: str, chance: random.Random) -> list[psutil.Process]:
    """The processes of a part of the run that ``service`` has started. Raises NoSuchProcess where it has ended."""
    first = psutil.Process(service)
    engines = first.children()
    plugins = [child for engine in engines for child in engine.children()]
    if part == "all":
        return [first, *first.children(recursive=True)]
    if part == "plugin":
        return [chance.choice(plugins)] if plugins else engines
    return [first] if part == "service" else engines
