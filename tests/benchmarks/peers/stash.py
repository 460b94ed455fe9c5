"""``pulumi preview`` of an estate as pulumi.Stash resources: built into the engine, no provider, no API."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from pacific_infra.settings import Settings
from pacific_sandbox.toolchain import BuiltToolchain
from tests.benchmarks.peers.measured import Measured, measured

PROGRAM = Path(__file__).parent / "stash_program"


def pulumi_preview(graph: Mapping[str, Sequence[str]]) -> Measured:
    """A first preview; ``graph`` has for each name those that it waits for."""
    toolchain = BuiltToolchain(Settings.read())
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for source in PROGRAM.iterdir():
            if source.is_file():
                shutil.copy(source, folder)
        nodes = [{"name": name, "needs": list(needs)} for name, needs in graph.items()]
        (folder / "nodes.json").write_text(json.dumps(nodes))
        environment = {
            **os.environ,
            **toolchain.environment(),
            "PULUMI_BACKEND_URL": f"file://{folder}",
            "PULUMI_CONFIG_PASSPHRASE": "benchmark",
            "PULUMI_PARALLEL_DIFF": "true",
        }
        environment.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
        pulumi = str(toolchain.program("pulumi"))
        subprocess.run([pulumi, "stack", "init", "b"], cwd=folder, env=environment, check=True, capture_output=True)
        return measured([pulumi, "preview", "--stack", "b"], cwd=folder, env=environment)
