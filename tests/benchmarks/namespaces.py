"""Time and requests of N vSphere Namespaces: `pulumi up` with the provider beside plain concurrent REST calls.

    ./run python -m tests.benchmarks.namespaces --count 200

Makes a sandbox for each way, one after the other, and enables a Supervisor there. Both ways create the namespaces and
wait until they are RUNNING, read them (`pulumi refresh`; a GET each), go over them once more without a change (`pulumi
up`), delete them and wait until they are gone. The plain calls go over as many connections, and look again after as
long, as the provider does. What `pulumi` needs to start, a refresh of an empty stack, is measured by itself. Results:
results/namespaces.json.
"""

import argparse
import asyncio
import os
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2

from pacific_infra.converge.stack import ENGINE_SETTINGS
from pacific_infra.settings import Settings
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_sandbox.faults.sandbox_faults import SandboxFaults
from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.benchmarks.peers.measured import Measured, measured
from tests.benchmarks.result import timed, write_result
from tests.support.sandbox_clients import VCenter

NAMESPACES = "/api/vcenter/namespaces/instances"
CONNECTIONS = 32
LIMIT = 1200
"""Seconds that one command may take."""
FIRST_LOOK, LONGEST_PAUSE = 0.2, 5.0
LIMITS = {"cpu_limit": 4000, "memory_limit": 8192, "pod_count": 60}


class Requests:
    """Counts what vCenter's REST API is asked, by a fault that delays each request by its least, a millisecond."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._faults = SandboxFaults(sandbox)
        self._faults.declare(api="rest", effect="slow", value=0.001)

    def total(self) -> int:
        """Up to now."""
        return self._faults.list()[0].applied or 0


class PlainCalls:
    """The same namespaces with nothing of ours in between."""

    def __init__(self, settings: VCenterSettings, supervisor: str, count: int) -> None:
        self._settings = settings
        self._supervisor = supervisor
        self._names = [f"plain-{number:04}" for number in range(count)]

    async def create(self, client: httpx2.AsyncClient, name: str) -> None:
        """Until it is RUNNING."""
        body = {"supervisor": self._supervisor, "namespace": name, "resource_spec": LIMITS}
        (await client.post(f"{NAMESPACES}/v2", json=body)).raise_for_status()
        await self._until(client, name, lambda answer: answer.json()["config_status"] == "RUNNING")

    async def read(self, client: httpx2.AsyncClient, name: str) -> None:
        """Once."""
        (await client.get(f"{NAMESPACES}/v2/{name}")).raise_for_status()

    async def delete(self, client: httpx2.AsyncClient, name: str) -> None:
        """Until it is gone."""
        (await client.delete(f"{NAMESPACES}/{name}")).raise_for_status()
        await self._until(client, name, lambda answer: answer.status_code == 404)

    def over_all(self, step: Any) -> None:
        """One step for every namespace, each as soon as a connection is free."""

        async def body() -> None:
            context = ssl.create_default_context(cafile=str(self._settings.ca_file))
            limits = httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
            server = f"https://{self._settings.server}"
            async with httpx2.AsyncClient(
                base_url=server, verify=context, limits=limits, trust_env=False, timeout=LIMIT
            ) as client:
                login = (self._settings.username, self._settings.read_password())
                client.headers["vmware-api-session-id"] = (await client.post("/api/session", auth=login)).json()
                await asyncio.gather(*(step(client, name) for name in self._names))

        asyncio.run(body())

    @staticmethod
    async def _until(client: httpx2.AsyncClient, name: str, holds: Any) -> None:
        pause = FIRST_LOOK
        while not holds(await client.get(f"{NAMESPACES}/v2/{name}")):
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)


class Engine:
    """`pulumi` on a program of nothing but the namespaces."""

    def __init__(self, folder: Path, toolchain: BuiltToolchain, settings: VCenterSettings, count: int) -> None:
        self._folder = folder
        self._pulumi = str(toolchain.program("pulumi"))
        self._environment = {
            **os.environ,
            **ENGINE_SETTINGS,
            **toolchain.environment(),
            "PULUMI_BACKEND_URL": f"file://{folder}",
            "PULUMI_CONFIG_PASSPHRASE": "benchmark",
        }
        self._environment.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
        (folder / "Pulumi.yaml").write_text(program(count))
        self.run("stack", "init", "benchmark")
        configuration = {
            "pacific:server": settings.server,
            "pacific:username": settings.username,
            "pacific:passwordFile": str(settings.password_file),
            "pacific:caFile": str(settings.ca_file),
        }
        pairs = [word for name, value in configuration.items() for word in ("--plaintext", f"{name}={value}")]
        self.run("config", "set-all", *pairs)

    def run(self, *arguments: str) -> Measured:
        """A command of Pulumi, and what it took."""
        return measured([self._pulumi, *arguments, "--non-interactive"], cwd=self._folder, env=self._environment)


def program(count: int) -> str:
    """A program in YAML."""
    limits = "{cpuLimit: 4000, memoryLimit: 8192, podCount: 60}"
    lines = ["name: namespaces", "runtime: yaml", "resources:"]
    for number in range(count):
        lines.append(f"  namespace-{number:04}:")
        lines.append("    type: pacific:vcenter:Namespace")
        lines.append(f"    properties: {{supervisor: supervisor-01, deletionPolicy: Delete, resourceSpec: {limits}}}")
    return "\n".join([*lines, ""])


@contextmanager
def site(toolchain: BuiltToolchain) -> Iterator[tuple[Sandbox, VCenterSettings, str]]:
    """A sandbox with a Supervisor, and the Supervisor's identifier."""
    with tempfile.TemporaryDirectory() as temporary:
        sandbox = Sandbox(Path(temporary) / "sandbox", toolchain)
        try:
            settings = sandbox.up()
            vcenter = VCenter(settings)
            supervisor = vcenter.enable("supervisor-01", "cluster-01")
            vcenter.close()
            yield sandbox, settings, supervisor
        finally:
            sandbox.reset()


def by_plain_calls(count: int, toolchain: BuiltToolchain) -> dict[str, dict[str, float]]:
    """Seconds and requests of each step."""
    used = {}
    with site(toolchain) as (sandbox, settings, supervisor):
        plain = PlainCalls(settings, supervisor, count)
        requests = Requests(sandbox)
        steps = {"create": plain.create, "read": plain.read, "no change": plain.read, "delete": plain.delete}
        for name, step in steps.items():
            before = requests.total()
            seconds = timed(partial(plain.over_all, step))
            used[name] = {"s": seconds, "requests": (requests.total() - before) / count}
            print("plain calls", name, used[name], file=sys.stderr, flush=True)  # noqa: T201
    return used


def by_pulumi(count: int, toolchain: BuiltToolchain) -> dict[str, dict[str, float]]:
    """Seconds, CPU seconds and requests of each step, and what a start takes."""
    used = {}
    with site(toolchain) as (sandbox, settings, _supervisor), tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder), toolchain, settings, count)
        requests = Requests(sandbox)
        updating = ("--yes", "--skip-preview")
        steps = {
            "start": ("refresh", *updating),
            "create": ("up", *updating),
            "read": ("refresh", *updating),
            "no change": ("up", *updating, "--expect-no-changes"),
            "delete": ("destroy", *updating),
        }
        for name, command in steps.items():
            before = requests.total()
            run = engine.run(*command)
            used[name] = {
                "s": round(run.wall, 2),
                "CPU s": round(run.cpu, 2),
                "requests": (requests.total() - before) / count,
            }
            print("pulumi", name, used[name], file=sys.stderr, flush=True)  # noqa: T201
    return used


def measure(count: int) -> dict[str, Any]:
    """Each step both ways, and their ratio."""
    toolchain = BuiltToolchain(Settings.read())
    plain, pulumi = by_plain_calls(count, toolchain), by_pulumi(count, toolchain)
    start = pulumi.pop("start")
    steps = {
        name: {
            "pulumi, s": pulumi[name]["s"],
            "pulumi, CPU s": pulumi[name]["CPU s"],
            "plain calls, s": plain[name]["s"],
            "pulumi / plain calls": round(pulumi[name]["s"] / plain[name]["s"], 2),
            "without the start / plain calls": round((pulumi[name]["s"] - start["s"]) / plain[name]["s"], 2),
            "pulumi, requests an object": round(pulumi[name]["requests"], 2),
            "plain calls, requests an object": round(plain[name]["requests"], 2),
        }
        for name in plain
    }
    return {"start of pulumi, s": start["s"], "steps": steps}


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    count = parser.parse_args().count
    write_result("namespaces", {"count": count, **measure(count)})


if __name__ == "__main__":
    main()
