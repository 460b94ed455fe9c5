"""How CPU and memory grow with an estate, in what `pacific up` does itself: no server, no engine.

    ./run --no-toolchain python -m tests.benchmarks.growth --sizes 500 2000 10000

Each size in a process of its own, with the estates of plan_estates. Steps, CPU seconds of one thread: load and
validate; graph; resources (the program runs against recorded answers, as before each run); record (a checkpoint with
all of them is read); nothing to do (the digest of all inputs, and what a plan says of what stays). Growth: the exponent
of the number of documents between two sizes; 1 is linear, n log n is 1.1 to 1.2 here. Results: results/growth.json.
"""

import argparse
import gc
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import psutil

from pacific_infra.cli.main import long_lived_objects
from pacific_infra.converge.last_run import inputs_digest, unchanged_changes
from pacific_infra.converge.project import Project
from pacific_infra.converge.rendering import RenderedResource, render
from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph
from pacific_infra.plan import build_plan, plan_json_text
from pacific_infra.record.backend import StackFiles, read_checkpoint, replace_durably
from pacific_infra.vcenter.settings import VCenterSettings
from tests.benchmarks.estates.generate import write
from tests.benchmarks.peers.measured import measured
from tests.benchmarks.result import write_result

SEED = 20261129
T = TypeVar("T")


def measure(file: Path) -> dict[str, float]:
    """CPU seconds of each step and MiB at its end, in this process."""
    long_lived_objects()
    steps: dict[str, float] = {}

    def step(name: str, call: Callable[[], T]) -> T:
        start = time.process_time()
        result = call()
        steps[name] = round(time.process_time() - start, 3)
        return result

    estate = step("load and validate", lambda: load_estate([file]))
    graph = step("graph", lambda: build_graph(estate))
    vcenter = VCenterSettings("vcenter.example.com", "administrator@vsphere.local", password="-")
    resources = step("resources", lambda: render(graph, vcenter, [], owner="growth/dev", look_up=lambda *_: {}))
    steps["MiB"] = round(psutil.Process().memory_info().rss / 2**20)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        project = _project(folder)
        files = StackFiles(folder, "growth", "dev")
        replace_durably(files.checkpoint, json.dumps(_checkpoint(resources)).encode())
        gc.freeze()  # Who has nothing to do has not run the program before: that is not to be searched.
        checkpoint = step("record", lambda: read_checkpoint(files))
        recorded = (checkpoint.deployment or {})["resources"]

        def nothing_to_do() -> None:
            inputs_digest(project, estate.digest, ["growth"])
            plan_json_text(build_plan(graph, unchanged_changes(recorded)))

        step("nothing to do", nothing_to_do)
    return {**steps, "resources made": len(resources)}


def _project(folder: Path) -> Project:
    (folder / "Pulumi.yaml").write_text("name: growth\nruntime: python\n")
    (folder / "__main__.py").write_text("from pacific_infra.estate_program import run\n\nrun()\n")
    return Project(folder, "growth", "dev", {})


def _checkpoint(resources: list[RenderedResource]) -> dict[str, Any]:
    recorded = [
        {"urn": resource.urn, "type": resource.type, "custom": True, "inputs": resource.inputs}
        for resource in resources
    ]
    return {"version": 3, "checkpoint": {"stack": "organization/growth/dev", "latest": {"resources": recorded}}}


def growth(sizes: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Exponents by step, from each size to the next."""
    names = list(sizes)
    return {
        f"{first} to {second}": {
            step: round(math.log(sizes[second][step] / sizes[first][step]) / math.log(int(second) / int(first)), 2)
            for step in sizes[first]
            if sizes[first][step] > 0
        }
        for first, second in pairwise(names)
    }


def main() -> None:
    """Measure every size and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 2000, 10_000])
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))  # noqa: T201
        return
    sizes = {}
    with tempfile.TemporaryDirectory() as temporary:
        for count in options.sizes:
            file = write(Path(temporary), count, SEED)
            process = measured([sys.executable, "-m", "tests.benchmarks.growth", "--measure", str(file)])
            sizes[str(count)] = {**json.loads(process.output), "process": process.as_json()}
    steps = {size: {k: v for k, v in result.items() if k != "process"} for size, result in sizes.items()}
    write_result("growth", {"seed": SEED, "sizes": sizes, "growth": growth(steps)})


if __name__ == "__main__":
    main()
