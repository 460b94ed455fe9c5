"""``tofu plan`` of an estate as terraform_data resources: built into OpenTofu, no provider, no API."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.peers.go_program import TOFU
from tests.benchmarks.peers.measured import Measured, measured

ENVIRONMENT = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}


def tofu_plan(graph: Mapping[str, Sequence[str]]) -> Measured:
    """A first plan; ``graph`` has for each name those that it waits for."""
    program = str(TOFU.path())
    resources = {
        name: {"input": name, "depends_on": [f"terraform_data.{needed}" for needed in needs]}
        for name, needs in graph.items()
    }
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "main.tf.json").write_text(json.dumps({"resource": {"terraform_data": resources}}))
        environment = {**os.environ, **ENVIRONMENT}
        subprocess.run([program, "init", "-input=false"], cwd=folder, env=environment, check=True, capture_output=True)
        plan = ["plan", "-refresh=false", "-parallelism=1000", "-input=false", "-no-color", "-out=plan.tfplan"]
        return measured([program, *plan], cwd=folder, env=environment)
