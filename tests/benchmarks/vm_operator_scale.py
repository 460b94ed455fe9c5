"""How many VirtualMachines VM Operator brings up in a second, what they take in memory, what is used afterwards.

    ./run python -m tests.benchmarks.vm_operator_scale --hosts 100 --machines 1000

Makes a sandbox of its own, enables a Supervisor, creates VirtualMachines in a namespace over 16 connections, waits
until all have an address, looks on for half a minute and deletes them. Results: results/vm_operator_scale.json.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pacific_infra.settings import Settings
from pacific_sandbox.kubernetes_api import KubernetesAPI, Resource
from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.benchmarks.result import write_result
from tests.benchmarks.spherelet_scale import cpu_seconds, differences, memory
from tests.support.sandbox_clients import VCenter
from tests.support.waiting import wait_until

NAMESPACE = "machines"
CONNECTIONS = 16
IDLE = 30.0
"""Seconds over which the CPU of the idle sandbox is measured."""
NAMESPACES = "/api/vcenter/namespaces/instances/v2"
MACHINES = Resource("vmoperator.vmware.com/v1alpha5", "virtualmachines")


def make_namespace(vcenter: VCenter, supervisor: str) -> None:
    """A namespace without limits."""
    policies = {item["name"]: item["policy"] for item in vcenter.call("GET", "/api/vcenter/storage/policies")}
    library = vcenter.call("GET", "/api/content/library")[0]
    spec = {
        "supervisor": supervisor,
        "namespace": NAMESPACE,
        "storage_specs": [{"policy": policies["gold"]}],
        "vm_service_spec": {"vm_classes": ["best-effort-small"]},
        "content_libraries": [{"content_library": library}],
    }
    vcenter.call("POST", NAMESPACES, spec)
    path = f"{NAMESPACES}/{NAMESPACE}"
    wait_until(NAMESPACE, lambda: vcenter.call("GET", path)["config_status"] == "RUNNING")


def machine(number: int) -> dict[str, Any]:
    """The smallest VirtualMachine."""
    spec = {"className": "best-effort-small", "imageName": "debian-12", "storageClass": "gold"}
    metadata = {"name": f"vm-{number}", "namespace": NAMESPACE}
    return {"apiVersion": MACHINES.api_version, "kind": "VirtualMachine", "metadata": metadata, "spec": spec}


async def measure(sandbox: Sandbox, kubeconfig: Path, count: int, within: float) -> dict[str, Any]:
    """Create, watch, delete."""
    slots = asyncio.Semaphore(CONNECTIONS)
    async with KubernetesAPI.from_kubeconfig(kubeconfig, field_manager="benchmark") as api:

        async def create(number: int) -> None:
            async with slots:
                await api.create(MACHINES, machine(number))

        async def delete(number: int) -> None:
            async with slots:
                await api.delete(MACHINES, f"vm-{number}", NAMESPACE)

        async def until(subject: str, expected: int, holds: Any) -> float:
            start = time.monotonic()
            while True:
                result = sum(1 for item in await api.list(MACHINES, NAMESPACE) if holds(item))
                print(f"{time.monotonic() - start:7.1f} s  {result} {subject}", flush=True)  # noqa: T201
                if result == expected:
                    return time.monotonic()
                if time.monotonic() - start > within:
                    sys.exit(f"{result} {subject} after {within:.0f} s, not {expected}")
                await asyncio.sleep(2.0)

        before, cpu, start = memory(sandbox), cpu_seconds(sandbox), time.monotonic()
        await asyncio.gather(*(create(number) for number in range(count)))
        created = time.monotonic() - start
        took = await until("have an address", count, lambda item: _address(item) is not None) - start
        busy, after = differences(cpu, cpu_seconds(sandbox), took), memory(sandbox)
        await asyncio.sleep(10.0)
        cpu, idle_start = cpu_seconds(sandbox), time.monotonic()
        await asyncio.sleep(IDLE)
        idle = differences(cpu, cpu_seconds(sandbox), time.monotonic() - idle_start)
        start = time.monotonic()
        await asyncio.gather(*(delete(number) for number in range(count)))
        deleted = await until("left", 0, lambda item: True) - start
    return {
        "created_s": round(created, 1),
        "with_address_s": round(took, 1),
        "machines_per_s": round(count / took, 1),
        "memory_total_mib": {"before": sum(before.values()), "after": sum(after.values())},
        "cpu_while_starting": busy,
        "cpu_idle_total": round(sum(idle.values()), 3),
        "deleted_s": round(deleted, 1),
    }


def _address(item: dict[str, Any]) -> str | None:
    result: str | None = item.get("status", {}).get("network", {}).get("primaryIP4")
    return result


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--machines", type=int, default=1000)
    parser.add_argument("--within", type=float, default=900.0, help="seconds for each step")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        sandbox = Sandbox(Path(temporary) / "scale", BuiltToolchain(Settings.read()), hosts=options.hosts)
        try:
            vcenter = VCenter(sandbox.up())
            supervisor = vcenter.enable("supervisor-01", "cluster-01")
            make_namespace(vcenter, supervisor)
            vcenter.close()
            kubeconfig = sandbox.directory / "supervisors" / supervisor / "admin.kubeconfig"
            result = asyncio.run(measure(sandbox, kubeconfig, options.machines, options.within))
        finally:
            sandbox.reset()
    write_result("vm_operator_scale", {"hosts": options.hosts, "machines": options.machines, **result})


if __name__ == "__main__":
    main()
