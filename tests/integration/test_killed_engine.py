"""An engine that is killed ends no plugin: each sees for itself that its engine is gone."""

import os
import subprocess
from pathlib import Path

import psutil
import pytest

from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.waiting import wait_until

pytestmark = pytest.mark.sandbox

PROGRAM = """
import time
from pathlib import Path
import pulumi

rendered = pulumi.ProviderResource("kubernetes", "rendered", {"renderYamlToDirectory": "rendered"})
config_map = pulumi.CustomResource(
    "kubernetes:core/v1:ConfigMap",
    "one",
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}},
    pulumi.ResourceOptions(provider=rendered),
)
config_map.id.apply(lambda _: (Path("reached").write_text(""), time.sleep(600)))
"""


def test_nothing_that_a_killed_engine_started_stays(toolchain: BuiltToolchain, tmp_path: Path) -> None:
    project, state = tmp_path / "project", tmp_path / "state"
    for folder in (project, state):
        folder.mkdir()
    (project / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    (project / "__main__.py").write_text(PROGRAM)
    local = {"PULUMI_BACKEND_URL": state.as_uri(), "PULUMI_CONFIG_PASSPHRASE": "test"}
    environment = {**os.environ, **toolchain.environment(), **local}
    pulumi = str(toolchain.program("pulumi"))
    subprocess.run([pulumi, "stack", "init", "dev"], cwd=project, env=environment, check=True, capture_output=True)
    command = [pulumi, "up", "--yes", "--skip-preview", "--non-interactive"]
    with subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.DEVNULL) as engine:
        wait_until("the program", (project / "reached").exists)
        started = psutil.Process(engine.pid).children(recursive=True)
        assert any("pulumi-resource-kubernetes" in " ".join(process.cmdline()) for process in started)
        engine.kill()
    wait_until("the end of all", lambda: not [process for process in started if process.is_running()])
