"""Renamed components and children keep what the state has of them: the real engine, objects rendered to files."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.sandbox

PROGRAM = """
import pulumi
from pacific_components import CrxWorkload
from pacific_components.component import Component

VERSION, RENDERED = "{version}", {{"renderYamlToDirectory": "rendered"}}
rendered = pulumi.ProviderResource("kubernetes", "rendered", RENDERED, pulumi.ResourceOptions(version=VERSION))


class Shop(Component):
    def __init__(self, name, args, opts):
        super().__init__("pacific:index:Shop", name, args, opts)
        pulumi.Stash(f"{{name}}-{suffix}", input="till", opts=self._child(formerly={formerly}))


Shop("shop", {{}}, None)
CrxWorkload(
    "{workload}",
    namespace="shop",
    kind="Deployment",
    name="web",
    node="CrxWorkload/shop/web",
    containers=[{{"name": "web", "image": "web:1", "secret_environment": {{"WORD": "hunter2"}}}}],
    service={{"ports": [{{"port": 80}}]}},
    autoscaler={{"max_replicas": 2}},
    opts=pulumi.ResourceOptions(providers=[rendered], aliases={aliases}),
)
"""
Steps = Callable[..., Counter[str]]


@pytest.fixture
def steps(tmp_path: Path, toolchain: BuiltToolchain) -> Steps:
    """What a preview of the program with these names would do: the number of steps by operation. First: it is made."""
    (tmp_path / "project").mkdir()
    (tmp_path / "state").mkdir()
    project = tmp_path / "project"
    (project / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    backend = {"PULUMI_BACKEND_URL": (tmp_path / "state").as_uri(), "PULUMI_CONFIG_PASSPHRASE": "test"}
    environment = {**os.environ, **toolchain.environment(), **backend}

    def pulumi(*arguments: str) -> str:
        command = [str(toolchain.program("pulumi")), *arguments, "--non-interactive"]
        done = subprocess.run(
            command, cwd=project, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def write(suffix: str, workload: str, formerly: str = "()", aliases: str = "None") -> None:
        version = toolchain.kubernetes_plugin_version()
        program = PROGRAM.format(suffix=suffix, workload=workload, formerly=formerly, aliases=aliases, version=version)
        (project / "__main__.py").write_text(program)

    def previewed(**names: str) -> Counter[str]:
        write(**names)
        return Counter(json.loads(pulumi("preview", "--json"))["changeSummary"])

    write("store", "web")
    pulumi("stack", "init", "dev")
    pulumi("up", "--yes", "--skip-preview")
    return previewed


def test_what_is_renamed_with_its_former_name_is_kept(steps: Steps) -> None:
    kept = steps(
        suffix="storage",
        workload="frontend",
        formerly='[f"{name}-store"]',
        aliases='[pulumi.Alias(name="web")]',
    )
    assert set(kept) == {"same"}
    assert kept["same"] >= 9  # the stack, the provider, both components, and the children of both

    # Without them everything is made anew: the test can fail.
    lost = steps(suffix="storage", workload="frontend")
    assert lost["create"] == lost["delete"] == kept["same"] - 3  # all but the stack, the provider and Shop itself
