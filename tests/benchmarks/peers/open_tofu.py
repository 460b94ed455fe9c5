"""``tofu plan`` of an estate as terraform_data resources: built into OpenTofu, no provider, no API.

OpenTofu is built once from the Go module in ``tofu/`` into the user's cache; nothing but the benchmark asks for it.

    ./run python -m tests.benchmarks.peers.open_tofu        builds it and prints its path
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from pacific_infra.settings import Settings
from pacific_sandbox.toolchain.go import find_go, needed_version
from tests.benchmarks.peers.measured import Measured, measured

MODULE = Path(__file__).parent / "tofu"
BUILD = ("build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w")
PACKAGE = "github.com/opentofu/opentofu/cmd/tofu"


def tofu() -> Path:
    """The program, built where it is not there yet (about 3 minutes, 1 GB of Go's caches)."""
    pins = [(MODULE / name).read_bytes() for name in ("go.mod", "go.sum")]
    pin = sha256(b"\0".join([*pins, repr(BUILD).encode()])).hexdigest()[:12]
    program = Settings.read().cache_directory / "benchmarks" / f"tofu-{pin}"
    if not program.is_file():
        program.parent.mkdir(parents=True, exist_ok=True)
        go = find_go(needed_version([MODULE / "go.mod"]))
        new = program.with_suffix(f".{os.getpid()}")
        subprocess.run([go.command, *BUILD, "-o", new, PACKAGE], cwd=MODULE, env=go.environment(), check=True)
        new.replace(program)
    return program


def tofu_plan(graph: Mapping[str, Sequence[str]]) -> Measured:
    """A first plan; ``graph`` has for each name those that it waits for."""
    program = str(tofu())
    resources = {
        name: {"input": name, "depends_on": [f"terraform_data.{needed}" for needed in needs]}
        for name, needs in graph.items()
    }
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "main.tf.json").write_text(json.dumps({"resource": {"terraform_data": resources}}))
        environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        subprocess.run([program, "init", "-input=false"], cwd=folder, env=environment, check=True, capture_output=True)
        plan = ["plan", "-refresh=false", "-parallelism=1000", "-input=false", "-no-color", "-out=plan.tfplan"]
        return measured([program, *plan], cwd=folder, env=environment)


if __name__ == "__main__":
    print(tofu())  # noqa: T201
