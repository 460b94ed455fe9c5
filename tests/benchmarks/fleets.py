"""Which stacks of a large estate a change concerns, and how long many stacks take with so many workers.

    ./run --no-toolchain python -m tests.benchmarks.fleets

"choose" reads 1,000 namespaces with a workload each from 1,000 files, splits them, and finds the stacks to preview
after one file has changed; all that is done before an engine starts. "scheduler" runs the queue and the workers of
`up` for 1,001 stacks whose work ends at once. "simulated" is the order in which 1,000 stacks in three waves are run, 1,
900 and 99, with the seconds of a stack that were measured. Results: results/fleets.json.
"""

import os
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psutil

from pacific_infra.cli.workers import LocalWorkers
from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph
from pacific_infra.graph.critical_path import schedule
from pacific_infra.graph.dependency_graph import graph_of_ids
from pacific_infra.graph.partition import PartitionRule, partition
from pacific_infra.graph.stack_queue import StackQueue
from tests.benchmarks.result import write_result
from tests.benchmarks.simulated_runs import lower_bound, simulated_makespan

NAMESPACES = 1000
STACKS = 1000
WORKERS = (1, 2, 4, 8, 16, 32)
AT_A_TIME = 8
SEED = 20261128
MEASURED = (12.0, 14.0)
"""Seconds that a new stack of 13 resources took in the sandbox, the least and the most of three (2 cores, load 6)."""
SUPERVISOR = """apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: s1}
spec:
  cluster: c1
  storagePolicy: gold
  managementNetwork: {network: m, addressing: {mode: DHCP}}
  workloadNetwork: {type: VSPHERE, network: w, addressing: {mode: DHCP}}
  loadBalancer: {provider: VSPHERE_FOUNDATION}
"""
NAMESPACE = """apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {{name: {name}}}
spec: {{supervisor: s1, storagePolicies: [{{name: gold}}]}}
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {{name: web, namespace: {name}}}
spec:
  kind: Deployment
  replicas: {replicas}
  containers:
    - name: web
      image: web:1
      resources: {{requests: {{cpu: 250m, memory: 128Mi}}, limits: {{cpu: 500m, memory: 256Mi}}}}
  service: {{type: ClusterIP, ports: [{{port: 80}}]}}
"""
T = TypeVar("T")


def choose() -> dict[str, Any]:
    """CPU seconds from the documents to the stacks that a changed file concerns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "supervisor.yaml").write_text(SUPERVISOR)
        for number in range(NAMESPACES):
            write(folder, number, replicas=1)
        before = digests(folder)[0]
        write(folder, 7, replicas=2)
        after, steps = digests(folder)
        changed = [stack for stack, digest in after.items() if before.get(stack) != digest]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "documents": 2 * NAMESPACES + 1,
        "stacks": len(after),
        "to preview": len(changed),
        **steps,
        "peak MiB": peak,
    }


def write(folder: Path, number: int, *, replicas: int) -> None:
    """Write the file of one namespace."""
    text = NAMESPACE.format(name=f"n{number:04}", replicas=replicas)
    (folder / f"n{number:04}.yaml").write_text(text)


def digests(folder: Path) -> tuple[dict[str, str], dict[str, float]]:
    """A digest of each stack's slice, and the CPU seconds of each step."""
    steps: dict[str, float] = {}

    def step(text: str, call: Callable[[], T]) -> T:
        start = time.process_time()
        result = call()
        steps[f"{text}, CPU s"] = round(time.process_time() - start, 2)
        return result

    graph = step("load and graph", lambda: build_graph(load_estate([folder])))
    split = step("split", lambda: partition(graph, "prod", PartitionRule()))
    result = step("slices and digests", split.digests)
    steps["all, CPU s"] = round(sum(steps.values()), 2)
    return dict(result), steps


def scheduler() -> dict[str, Any]:
    """What the real queue and real worker processes cost a stack, with work that ends at once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "supervisor.yaml").write_text(SUPERVISOR)
        for number in range(NAMESPACES):
            write(folder, number, replicas=1)
        split = partition(build_graph(load_estate([folder])), "prod", PartitionRule(size=1))
        queue = StackQueue(split.stacks, {stack: float(len(nodes)) for stack, nodes in split.members.items()})
        pool = LocalWorkers(AT_A_TIME, folder / "logs")
        before = os.times()
        with pool.interruptible(lambda _times: None):
            while True:
                while not pool.busy and (stack := queue.next()) is not None:
                    pool.begin(stack, memory)
                if not pool.names:
                    break
                outcome = pool.wait()
                queue.done(outcome.name)
        after = os.times()
    cpu = after.user + after.system + after.children_user + after.children_system
    cpu -= before.user + before.system + before.children_user + before.children_system
    return {
        "stacks": len(split.members),
        "workers": AT_A_TIME,
        "CPU ms a stack": round(1000 * cpu / len(split.members), 1),
        "MiB of the scheduler": round(psutil.Process().memory_info().rss / 2**20),
        "MiB of a worker's own, as it begins": round(outcome.value / 2**20),
    }


def memory() -> int:
    """Bytes that this process shares with no other."""
    return int(psutil.Process().memory_full_info().uss)


def workers() -> dict[str, Any]:
    """The simulated time of all stacks, and how it compares with no order taking less."""
    rng = random.Random(SEED)  # noqa: S311 - a workload, not a secret
    later = STACKS // 10 - 1
    needs: dict[str, tuple[str, ...]] = {"base": ()}
    needs |= {f"n{number:03}": ("base",) for number in range(STACKS - 1 - later)}
    needs |= {f"m{number:03}": ("base", f"n{number:03}") for number in range(later)}
    stacks = graph_of_ids(needs)
    costs = {stack: rng.uniform(*MEASURED) for stack in stacks.order}
    whole = schedule(stacks, costs)
    rows = {
        str(number): row(simulated_makespan(stacks, costs, number), lower_bound(whole, number)) for number in WORKERS
    }
    return {"stacks": len(needs), "seconds a stack": MEASURED, "workers": rows}


def row(seconds: float, bound: float) -> dict[str, float]:
    """One line of the table."""
    return {"minutes": round(seconds / 60, 1), "over the least": round(seconds / bound, 3)}


def main() -> None:
    """Measure, and write the result file."""
    write_result("fleets", {"choose": choose(), "scheduler": scheduler(), "simulated": workers()})


if __name__ == "__main__":
    main()
