"""How near the order of converging comes to the shortest time there is, on four families of graphs.

    ./run --no-toolchain python -m tests.benchmarks.makespan

The bound is max(critical path, work / parallel): no order takes less. "longest first" starts, of all that could start,
what has the longest way before it; "first come" what is of the earliest wave, by name, as without durations. Both are
simulated, with durations between 50 ms and 5 s, most of them short, drawn with a seed. Results: results/makespan.json.
"""

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path

from pacific_infra.documents import Estate, VirtualMachineClass
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.graph.critical_path import schedule
from tests.benchmarks.simulated_runs import lower_bound, simulated_makespan

RESULTS = Path(__file__).parent / "results"
SEED = 20261123
NODES = 400
PARALLEL = (4, 16, 64)


def fan_out(rng: random.Random) -> list[list[int]]:
    """One root, a few below it, the rest below those."""
    return [[] if not node else [0] if node <= 8 else [rng.randint(1, 8)] for node in range(NODES)]


def chain_with_leaves(_rng: random.Random) -> list[list[int]]:
    """A chain of 40, each link with nine leaves."""
    links = NODES // 10
    return [[] if not node else [node - 1] if node < links else [(node - links) % links] for node in range(NODES)]


def layers(rng: random.Random) -> list[list[int]]:
    """Ten layers, each node after up to three of the layer before."""
    width = NODES // 10
    return [
        [] if node < width else sorted({(node // width - 1) * width + rng.randrange(width) for _ in range(3)})
        for node in range(NODES)
    ]


def critical_chain_last(_rng: random.Random) -> list[list[int]]:
    """Many that wait for nothing, and after them, in the order of names, a chain of 20."""
    chain = NODES - 20
    return [[node - 1] if node > chain else [] for node in range(NODES)]


FAMILIES: Mapping[str, Callable[[random.Random], list[list[int]]]] = {
    "fan-out": fan_out,
    "chain with leaves": chain_with_leaves,
    "layers": layers,
    "critical chain last": critical_chain_last,
}


def graph_of(needs: list[list[int]]) -> DependencyGraph:
    """VM classes, the plainest documents there are, with these dependencies by number."""
    documents = []
    for number, result in enumerate(needs):
        spec = {"cpuCount": 1, "memory": "1Gi", "dependsOn": [f"VirtualMachineClass/n{need:03}" for need in result]}
        document = {
            "apiVersion": "pacific.infra/v1alpha1",
            "kind": "VirtualMachineClass",
            "metadata": {"name": f"n{number:03}"},
            "spec": spec,
        }
        documents.append(VirtualMachineClass.model_validate(document))
    return build_graph(Estate(tuple(documents)))


def measure(family: str, parallel: int) -> dict[str, float]:
    """Makespans of one family divided by the bound."""
    rng = random.Random(SEED)  # noqa: S311 - a workload, not a secret
    graph = graph_of(FAMILIES[family](rng))
    durations = {node: min(5.0, 0.05 * rng.paretovariate(0.8)) for node in sorted(graph.order)}
    bound = lower_bound(schedule(graph, durations), parallel)
    return {
        "bound, s": round(bound, 2),
        "longest first": round(simulated_makespan(graph, durations, parallel) / bound, 2),
        "first come": round(simulated_makespan(graph, durations, parallel, graph.order) / bound, 2),
    }


def main() -> None:
    """Measure all, write the result file and print it."""
    result = {
        "benchmark": "makespan",
        "command": "./run --no-toolchain python -m tests.benchmarks.makespan",
        "nodes": NODES,
        "seed": SEED,
        "families": {name: {str(parallel): measure(name, parallel) for parallel in PARALLEL} for name in FAMILIES},
    }
    text = json.dumps(result, indent=2) + "\n"
    (RESULTS / "makespan.json").write_text(text)
    print(text)  # noqa: T201


if __name__ == "__main__":
    main()
