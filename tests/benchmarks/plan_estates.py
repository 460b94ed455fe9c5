"""Time and memory of planning estates of 1,000 to 100,000 documents, beside what the same libraries need at least.

    ./run python -m tests.benchmarks.plan_estates --sizes 1000 4000 10000

Each size in a process of its own. Steps: load and validate, graph with waves, capacity, plan as JSON. The floor: JSON
parse, pydantic validation of the same models without places and references, networkx topological sort.
``--peers`` adds `pulumi preview` of as many pulumi.Stash resources with the same dependencies, in the same run.
Results: results/plan_estates.json.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx
import psutil

from pacific_infra.cli.collection import long_lived_objects
from pacific_infra.documents import load_estate
from pacific_infra.documents.json_schema import MODELS
from pacific_infra.graph import build_graph
from pacific_infra.plan import ResourceChange, build_plan, plan_json_text, resource_of
from pacific_infra.plan.capacity import check_namespaces, demands
from pacific_infra.settings import Settings
from pacific_infra.toolchain import Toolchain
from tests.benchmarks.estates.generate import documents, write

RESULTS = Path(__file__).parent / "results"
STASH = Path(__file__).parent / "stash"
SEED = 20261123
LIMIT = 1800


def measure(file: Path) -> dict[str, float]:
    """Seconds of each step and MiB at the end, in this process."""
    long_lived_objects()
    steps: dict[str, float] = {}

    def step(name: str, call: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = call()
        steps[name] = round(time.perf_counter() - start, 3)
        return result

    before = _memory()
    estate = step("load and validate", lambda: load_estate([file]))
    models = _memory()
    graph = step("graph", lambda: build_graph(estate))
    step("waves", lambda: graph.order)
    step(
        "capacity",
        lambda: check_namespaces(list(demands(estate, 2000)), estate),
    )

    def plan() -> str:
        changes = []
        for node in graph.order:
            type_token, name = resource_of(node)
            changes.append(ResourceChange(f"urn:pulumi:dev::estate::{type_token}::{name}", type_token, name, "create"))
        return "".join(plan_json_text(build_plan(graph, changes)))

    step("plan as JSON", plan)
    steps["all"] = round(sum(steps.values()), 3)
    steps["MiB of the documents"] = round(models - before, 1)
    steps["KiB a document over the models"] = round((_memory() - models) * 1024 / len(estate), 2)
    return steps


def floor(file: Path) -> dict[str, float]:
    """JSON parse, validation and topological sort with nothing of ours but the models."""
    long_lived_objects()
    start = time.perf_counter()
    raw = json.loads(file.read_text())
    for one in raw:
        MODELS[one["kind"]].model_validate(one)
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    for one in raw:
        name = f"{one['kind']}/{one['metadata'].get('namespace', '')}/{one['metadata']['name']}"
        graph.add_node(name)
        for needed in one["spec"].get("dependsOn", ()):
            graph.add_edge(needed, name)
    list(networkx.topological_sort(graph))
    return {"all": round(time.perf_counter() - start, 3)}


def pulumi_preview(count: int) -> float:
    """Seconds of `pulumi preview` of the same graph as pulumi.Stash resources."""
    toolchain = Toolchain(Settings.read())
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for source in STASH.iterdir():
            if source.is_file():
                (folder / source.name).write_text(source.read_text())
        nodes = [
            {"name": f"{one['kind']}-{one['metadata']['name']}", "needs": one["spec"].get("dependsOn", [])}
            for one in documents(count, SEED)
        ]
        for node in nodes:
            node["needs"] = [f"{name.split('/')[0]}-{name.split('/')[-1]}" for name in node["needs"]]
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
        start = time.perf_counter()
        subprocess.run(
            [pulumi, "preview", "--stack", "b"],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
            timeout=LIMIT,
        )
        return round(time.perf_counter() - start, 2)


def _memory() -> float:
    return psutil.Process().memory_info().rss / 2**20


def _in_process(*arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.plan_estates", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def main() -> None:
    """Measure every size, print the table and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 4000, 10000])
    parser.add_argument("--peers", action="store_true", help="also pulumi preview of the same graph, up to 4,000")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--floor", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure or given.floor:
        found = measure(given.measure) if given.measure else floor(given.floor)
        print(json.dumps(found))  # noqa: T201
        return
    sizes: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for count in given.sizes:
            file = write(Path(temporary), count, SEED)
            pacific = _in_process("--measure", str(file))
            least = _in_process("--floor", str(file))["all"]
            found: dict[str, Any] = {"pacific": pacific, "floor": least, "pacific / floor": pacific["all"] / least}
            if given.peers and count <= 4000:
                found["pulumi preview"] = pulumi_preview(count)
                found["pulumi preview / pacific"] = found["pulumi preview"] / pacific["all"]
            sizes[str(count)] = {k: round(v, 2) if isinstance(v, float) else v for k, v in found.items()}
    result = {
        "benchmark": "plan_estates",
        "command": "./run python -m tests.benchmarks.plan_estates " + " ".join(sys.argv[1:]),
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        "seed": SEED,
        "sizes": sizes,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "plan_estates.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
