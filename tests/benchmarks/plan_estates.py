"""Time and memory of planning estates of 1,000 to 100,000 documents, beside what the same libraries need at least.

    ./run python -m tests.benchmarks.plan_estates --sizes 1000 4000 10000 100000 --peers

Each size in a process of its own, once from JSON and, up to 10,000, once from YAML. Steps: load and validate, graph
with waves, capacity, plan as JSON; their seconds are CPU seconds of one thread. Memory: resident, at its peak.
The floor: JSON parse (C), pydantic validation (Rust) of the same models without places and references, and a
topological sort: igraph's in C where it is installed (pip install igraph), else Kahn's in Python.
``--peers`` adds, up to 4,000, `tofu plan` of as many terraform_data and `pulumi preview` of as many pulumi.Stash
resources with the same dependencies, in the same run; the first use builds OpenTofu. Results:
results/plan_estates.json.
"""

import argparse
import importlib
import importlib.util
import json
import os
import resource
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from pacific_infra.cli.main import long_lived_objects
from pacific_infra.documents import load_estate
from pacific_infra.documents.models import MODELS
from pacific_infra.graph import build_graph
from pacific_infra.plan import ResourceChange, build_plan, plan_json_text, resource_of
from pacific_infra.plan.capacity import check_namespaces, demands
from tests.benchmarks.estates.generate import documents, write, write_yaml
from tests.benchmarks.peers.go_program import TOFU
from tests.benchmarks.peers.measured import Measured, measured
from tests.benchmarks.peers.open_tofu import tofu_plan
from tests.benchmarks.peers.stash import pulumi_preview
from tests.benchmarks.result import write_result

SEED = 20261123
MOST_OF_PEERS = 4000
"""Documents; the peers take minutes from there on."""
MOST_OF_YAML = 10_000


def measure(file: Path) -> dict[str, float]:
    """CPU seconds of each step and memory, in this process."""
    long_lived_objects()
    steps: dict[str, float] = {}

    def step(name: str, call: Callable[[], Any]) -> Any:
        start = time.process_time()
        result = call()
        steps[name] = round(time.process_time() - start, 3)
        return result

    before = _memory()
    estate = step("load and validate", lambda: load_estate([file]))
    models = _memory()
    graph = step("graph and waves", lambda: build_graph(estate))
    step("capacity", lambda: check_namespaces(list(demands(estate, 2000)), estate))

    def plan() -> int:
        changes = []
        for node in graph.order:
            type_token, name = resource_of(node)
            changes.append(ResourceChange(f"urn:pulumi:dev::estate::{type_token}::{name}", type_token, name, "create"))
        with open(os.devnull, "w") as out:
            return sum(out.write(part) for part in plan_json_text(build_plan(graph, changes)))

    step("plan as JSON", plan)
    steps["all"] = round(sum(steps.values()), 3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    steps["KiB a document"] = round((models - before) * 1024 / len(estate), 2)
    steps["KiB a document over the models"] = round((max(peak, _memory()) - models) * 1024 / len(estate), 2)
    return steps


def floor(file: Path) -> dict[str, float | str]:
    """JSON parse, validation and topological sort with nothing of ours but the models."""
    long_lived_objects()
    in_c = importlib.util.find_spec("igraph") is not None
    sort = _sorted_by_igraph if in_c else _sorted_in_python
    sort([[], [0]])  # imports what it needs
    start = time.process_time()
    raw = json.loads(file.read_text())
    for item in raw:
        MODELS[item["kind"]].model_validate(item)
    parsed = time.process_time()
    numbers = {_name(item): number for number, item in enumerate(raw)}
    needs = [[numbers[name] for name in item["spec"].get("dependsOn", ())] for item in raw]
    sort(needs)
    end = time.process_time()
    return {
        "all": round(end - start, 3),
        "sort": round(end - parsed, 3),
        "sorted by": "igraph, in C" if in_c else "Kahn's, in Python",
    }


def _sorted_by_igraph(needs: Sequence[Sequence[int]]) -> Sequence[int]:
    igraph = importlib.import_module("igraph")
    edges = [(needed, number) for number, result in enumerate(needs) for needed in result]
    order: Sequence[int] = igraph.Graph(len(needs), edges, directed=True).topological_sorting()
    return order


def _sorted_in_python(needs: Sequence[Sequence[int]]) -> Sequence[int]:
    missing = [len(need) for need in needs]
    needed_by: list[list[int]] = [[] for _ in needs]
    for number, result in enumerate(needs):
        for needed in result:
            needed_by[needed].append(number)
    ready = deque(number for number, count in enumerate(missing) if not count)
    order = []
    while ready:
        position = ready.popleft()
        order.append(position)
        for number in needed_by[position]:
            missing[number] -= 1
            if not missing[number]:
                ready.append(number)
    return order


def _name(document: Mapping[str, Any]) -> str:
    namespace = document["metadata"].get("namespace")
    parts = [document["kind"], *([namespace] if namespace else []), document["metadata"]["name"]]
    return "/".join(parts)


def graph_of_names(count: int) -> dict[str, list[str]]:
    """The dependencies of the estate of ``count`` documents, with names that peers take as identifiers."""
    return {
        _name(document).replace("/", "-"): [name.replace("/", "-") for name in document["spec"].get("dependsOn", [])]
        for document in documents(count, SEED)
    }


def _memory() -> float:
    return psutil.Process().memory_info().rss / 2**20


def _in_process(*arguments: str) -> Measured:
    return measured([sys.executable, "-m", "tests.benchmarks.plan_estates", *arguments])


def _size(count: int, folder: Path, *, peers: bool) -> dict[str, Any]:
    file = write(folder, count, SEED)
    in_process = _in_process("--measure", str(file))
    steps = json.loads(in_process.output)
    least = json.loads(_in_process("--floor", str(file)).output)
    result: dict[str, Any] = {
        "pacific": {**steps, "process": in_process.as_json()},
        "floor": least,
        "pacific / floor": round(steps["all"] / least["all"], 2),
    }
    if count <= MOST_OF_YAML:
        result["from YAML"] = json.loads(_in_process("--measure", str(write_yaml(folder, count, SEED))).output)["all"]
    if peers and count <= MOST_OF_PEERS:
        graph = graph_of_names(count)
        for name, call in (("tofu plan", tofu_plan), ("pulumi preview", pulumi_preview)):
            peer = call(graph)
            result[name] = peer.as_json()
            result[f"{name} / pacific"] = round(peer.wall / in_process.wall, 1)
            result[f"{name} / pacific, CPU"] = round(peer.cpu / in_process.cpu, 1)
            result[f"{name} / pacific's steps, CPU"] = round(peer.cpu / steps["all"], 1)
    return result


def main() -> None:
    """Measure every size, print the table and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 4000, 10_000, 100_000])
    parser.add_argument("--peers", action="store_true", help="also tofu plan and pulumi preview of the same graph")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--floor", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure or options.floor:
        result = measure(options.measure) if options.measure else floor(options.floor)
        print(json.dumps(result))  # noqa: T201
        return
    if options.peers:
        TOFU.path()
    with tempfile.TemporaryDirectory() as temporary:
        sizes = {str(count): _size(count, Path(temporary), peers=options.peers) for count in options.sizes}
    write_result("plan_estates", {"seed": SEED, "sizes": sizes})


if __name__ == "__main__":
    main()
