"""How many simulated pods start in a second, what they take in memory, and what the sandbox does afterwards.

    ./run python -m tests.benchmarks.spherelet_scale --hosts 100 --pods 5000

Makes a sandbox of its own, enables a Supervisor, creates Deployments of 500 pods each, waits until all are available,
looks on for a minute and deletes them. Results: results/spherelet_scale.json.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from pacific_infra.settings import Settings
from pacific_sandbox.kubernetes_api import KubernetesAPI, Resource
from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.benchmarks.result import write_result
from tests.support.sandbox_clients import VCenter

NAMESPACE = "scale"
PODS_OF_A_DEPLOYMENT = 500
"""Pods of a Deployment."""
IDLE = 60.0
"""Seconds over which the CPU of the idle sandbox is measured."""
NAMESPACES = Resource("v1", "namespaces", namespaced=False)
NODES = Resource("v1", "nodes", namespaced=False)
DEPLOYMENTS = Resource("apps/v1", "deployments")


def deployment(number: int, replicas: int) -> dict[str, Any]:
    labels = {"app": f"scale-{number}"}
    container = {
        "name": "c",
        "image": "registry.test/web:1",
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "200m", "memory": "128Mi"}},
        "readinessProbe": {"httpGet": {"port": 80}},
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": f"scale-{number}", "namespace": NAMESPACE}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def memory(sandbox: Sandbox) -> dict[str, int]:
    """MiB of each part."""
    return {part.name: part.memory for part in sandbox.status().processes}


def cpu_seconds(sandbox: Sandbox) -> dict[str, float]:
    """CPU seconds that each part has used."""
    used = {}
    for part in sandbox.status().processes:
        if part.pid is not None:
            times = psutil.Process(part.pid).cpu_times()
            used[part.name] = times.user + times.system
    return used


def differences(before: dict[str, float], after: dict[str, float], seconds: float) -> dict[str, float]:
    """CPUs that each part used in the mean."""
    return {name: round((after[name] - before.get(name, 0.0)) / seconds, 3) for name in after}


async def until_available(api: KubernetesAPI, pods: int, within: float) -> list[tuple[float, int]]:
    """Available pods by time (seconds), until all are; what there is after ``within`` seconds ends the program."""
    start = time.monotonic()
    series: list[tuple[float, int]] = []
    while True:
        result = await api.list(DEPLOYMENTS, NAMESPACE)
        available = sum(item.get("status", {}).get("availableReplicas", 0) for item in result)
        series.append((round(time.monotonic() - start, 1), available))
        print(f"{series[-1][0]:7.1f} s  {available} of {pods}", flush=True)  # noqa: T201
        if available >= pods:
            return series
        if time.monotonic() - start > within:
            sys.exit(f"only {available} of {pods} pods were available within {within:.0f} s")
        await asyncio.sleep(2.0)


async def measure(sandbox: Sandbox, kubeconfig: Path, hosts: int, pods: int, within: float) -> dict[str, Any]:
    """Start the pods, watch the idle sandbox, delete the pods."""
    async with KubernetesAPI.from_kubeconfig(kubeconfig, field_manager="benchmark") as api:
        start = time.monotonic()
        while len(await api.list(NODES)) < hosts and time.monotonic() - start < within:  # noqa: ASYNC110 - a poll
            await asyncio.sleep(0.2)
        nodes_after = round(time.monotonic() - start, 1)
        await api.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        await asyncio.sleep(5.0)
        before, cpu = memory(sandbox), cpu_seconds(sandbox)
        start = time.monotonic()
        sizes = [min(PODS_OF_A_DEPLOYMENT, pods - result) for result in range(0, pods, PODS_OF_A_DEPLOYMENT)]
        for number, size in enumerate(sizes):
            await api.create(DEPLOYMENTS, deployment(number, size))
        series = await until_available(api, pods, within)
        took = time.monotonic() - start
        busy = differences(cpu, cpu_seconds(sandbox), took)
        after = memory(sandbox)
        await asyncio.sleep(15.0)
        cpu, start = cpu_seconds(sandbox), time.monotonic()
        await asyncio.sleep(IDLE)
        idle = differences(cpu, cpu_seconds(sandbox), time.monotonic() - start)
        start = time.monotonic()
        for number, _ in enumerate(sizes):
            await api.delete(DEPLOYMENTS, f"scale-{number}", NAMESPACE)
        pods_left = Resource("v1", "pods")
        while time.monotonic() - start < within:
            left = len(await api.list(pods_left, NAMESPACE))
            print(f"{time.monotonic() - start:7.1f} s  {left} left", flush=True)  # noqa: T201
            if not left:
                break
            await asyncio.sleep(4.0)
        deleted_after = time.monotonic() - start
    return {
        "nodes_ready_s": nodes_after,
        "start_s": round(took, 1),
        "pods_per_s": round(pods / took, 1),
        "available_by_time": series[:: max(1, len(series) // 20)],
        "memory_mib": {"before": before, "after": after},
        "memory_total_mib": {"before": sum(before.values()), "after": sum(after.values())},
        "cpu_while_starting": busy,
        "cpu_idle": idle,
        "cpu_idle_total": round(sum(idle.values()), 3),
        "delete_s": round(deleted_after, 1),
        "deleted_per_s": round(pods / deleted_after, 1),
    }


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--pods", type=int, default=5000)
    parser.add_argument("--within", type=float, default=1500.0, help="seconds for each step")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        sandbox = Sandbox(Path(temporary) / "scale", BuiltToolchain(Settings.read()), hosts=options.hosts)
        try:
            start = time.monotonic()
            vcenter = VCenter(sandbox.up())
            up = time.monotonic() - start
            supervisor = vcenter.enable("supervisor-01", "cluster-01")
            enabled = time.monotonic() - start - up
            vcenter.close()
            kubeconfig = sandbox.directory / "supervisors" / supervisor / "admin.kubeconfig"
            result = asyncio.run(measure(sandbox, kubeconfig, options.hosts, options.pods, options.within))
        finally:
            sandbox.reset()
    measured = {
        "hosts": options.hosts,
        "pods": options.pods,
        "up_s": round(up, 1),
        "enable_s": round(enabled, 1),
        **result,
    }
    write_result("spherelet_scale", measured)


if __name__ == "__main__":
    main()
