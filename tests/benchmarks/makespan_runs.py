"""How near real runs of the engine come to the shortest time there is, on the four families of makespan.py.

    ./run python -m tests.benchmarks.makespan_runs

Each node is a resource whose provider sleeps for the node's duration; the program registers them as an estate's does
(longest way first, with the durations that a run before has measured) and as where nothing was measured (by wave and
name). The engine journals its steps as in `pacific up`. A makespan is from the first creation's begin to the last one's
end, as the provider saw them: the engine's start is not in it. Results: results/makespan_runs.json.
"""

import os
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]  # no stubs are installed
import pulumi
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]  # as above
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer, add_ResourceProviderServicer_to_server

from pacific_infra.converge.inline_program import serving_program
from pacific_infra.converge.stack import ENGINE_SETTINGS
from pacific_infra.graph import DependencyGraph
from pacific_infra.graph.critical_path import longest_first, schedule
from pacific_infra.record.backend import StackFiles
from pacific_infra.record.service import serve_stack
from pacific_infra.settings import Settings
from pacific_sandbox.toolchain import BuiltToolchain
from tests.benchmarks.makespan import FAMILIES, SEED, graph_of
from tests.benchmarks.result import write_result
from tests.benchmarks.simulated_runs import lower_bound

PARALLEL = 16
LIMIT = 600
"""Seconds after which a run is given up."""


class Sleeping(ResourceProviderServicer):
    """A provider whose resources take as long as their input ``seconds`` says."""

    def __init__(self) -> None:
        self.began: list[float] = []
        self.ended: list[float] = []

    def Attach(self, _request: Any, _call: Any) -> Empty:  # noqa: N802 - names of methods in gRPC, as below
        return Empty()

    def GetPluginInfo(self, _request: Any, _call: Any) -> plugin_pb2.PluginInfo:  # noqa: N802
        return plugin_pb2.PluginInfo(version="1.0.0")

    def CheckConfig(self, request: Any, _call: Any) -> provider_pb2.CheckResponse:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def Configure(self, _request: Any, _call: Any) -> provider_pb2.ConfigureResponse:  # noqa: N802
        return provider_pb2.ConfigureResponse()

    def Check(self, request: Any, _call: Any) -> provider_pb2.CheckResponse:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def Create(self, request: Any, _call: Any) -> provider_pb2.CreateResponse:  # noqa: N802
        self.began.append(time.monotonic())
        time.sleep(request.properties["seconds"])
        self.ended.append(time.monotonic())
        return provider_pb2.CreateResponse(id=request.urn, properties=request.properties)

    def Cancel(self, _request: Any, _call: Any) -> Empty:  # noqa: N802
        return Empty()

    @property
    def makespan(self) -> float:
        """Seconds from the first begin to the last end."""
        return max(self.ended) - min(self.began)


class Sleep(pulumi.CustomResource):
    """One node."""

    def __init__(self, name: str, seconds: float, needs: Sequence[pulumi.Resource]) -> None:
        options = pulumi.ResourceOptions(depends_on=needs, version="1.0.0")
        super().__init__("sleeping:index:Sleep", name, {"seconds": seconds}, options)


@contextmanager
def provider() -> Iterator[tuple[Sleeping, int]]:
    """A provider in this process, and its port."""
    sleeping, server = Sleeping(), grpc.server(ThreadPoolExecutor(2 * PARALLEL))
    add_ResourceProviderServicer_to_server(sleeping, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield sleeping, port
    finally:
        server.stop(None)


def run(graph: DependencyGraph, durations: Mapping[str, float], order: Sequence[str]) -> float:
    """Seconds that the engine takes to make all nodes, which the program registers in ``order``."""

    def program() -> None:
        resources: dict[str, pulumi.Resource] = {}
        for node in order:
            needs = [resources[needed] for needed in graph.predecessors[node]]
            resources[node] = Sleep(node.rpartition("/")[2], durations[node], needs)

    toolchain = BuiltToolchain(Settings.read())
    with tempfile.TemporaryDirectory() as temporary, provider() as (sleeping, port):
        folder = Path(temporary)
        (folder / "Pulumi.yaml").write_text("name: makespan\nruntime: python\n")
        (folder / "state").mkdir()
        environment = {
            **os.environ,
            **toolchain.environment(),
            **ENGINE_SETTINGS,
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "benchmark",
            "PULUMI_DEBUG_PROVIDERS": f"sleeping:{port}",
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_PARALLEL": str(PARALLEL),
        }
        environment.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
        pulumi_program = str(toolchain.program("pulumi"))
        subprocess.run([pulumi_program, "stack", "init", "dev"], cwd=folder, env=environment, check=True, timeout=LIMIT)
        files = StackFiles(folder / "state", "makespan", "dev")
        with serving_program(program, folder) as address, serve_stack(files) as variables:
            command = [pulumi_program, "up", "--yes", "--skip-preview", "--stack", "dev", f"--client={address}"]
            subprocess.run(
                command,
                cwd=folder,
                env={**environment, **variables},
                check=True,
                timeout=LIMIT,
                stdout=subprocess.DEVNULL,
            )
        if len(sleeping.ended) != len(order):
            raise RuntimeError(f"{len(sleeping.ended)} of {len(order)} resources were made")
        return sleeping.makespan


def measure(family: str) -> dict[str, float]:
    """Makespans of one family divided by the bound."""
    rng = random.Random(SEED)  # noqa: S311 - a workload, not a secret
    graph = graph_of(FAMILIES[family](rng))
    durations = {node: min(5.0, 0.05 * rng.paretovariate(0.8)) for node in sorted(graph.order)}
    bound = lower_bound(schedule(graph, durations), PARALLEL)
    return {
        "bound, s": round(bound, 2),
        "longest first": round(run(graph, durations, longest_first(graph, durations)) / bound, 2),
        "first come": round(run(graph, durations, graph.order) / bound, 2),
    }


def main() -> None:
    """Measure all, write the result file and print it."""
    families = {name: {str(PARALLEL): measure(name)} for name in FAMILIES}
    write_result("makespan_runs", {"seed": SEED, "families": families})


if __name__ == "__main__":
    main()
