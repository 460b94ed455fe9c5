"""Time of up, second up and down for N ConfigMaps: `pacific` beside plain default `pulumi`, same API server.

    ./run python -m tests.benchmarks.apply_config_maps --count 500

Needs a converged estate (its Supervisor's API server takes the objects). The floor is the same number of server-side
applies, a list and deletes over 8 kept-alive connections: what is left above it is the engine's work.
Results: results/apply_config_maps.json.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from kubernetes import client, config, dynamic

from pacific_infra.cli.outputs import read_outputs
from pacific_infra.cli.session import begin
from pacific_infra.converge.stack import ENGINE_SETTINGS
from pacific_infra.settings import Settings
from pacific_sandbox.toolchain import BuiltToolchain
from tests.benchmarks.result import timed, write_result

PROGRAM = Path(__file__).parent / "config_maps"
LIMIT = 1200
"""Seconds that one command may take."""


def run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Run a command quietly; its output is shown when it fails."""
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


def engine_case(kubeconfig: str, count: int, toolchain: BuiltToolchain, *, tuned: bool) -> dict[str, float]:
    """up, second up and down of the program: by `pacific` (tuned) or by plain `pulumi` with its defaults."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "config-maps"
        shutil.copytree(PROGRAM, folder)
        backend = Path(temporary) / "state"
        backend.mkdir()
        environment = {
            **{name: value for name, value in os.environ.items() if name not in ENGINE_SETTINGS},
            **{name: value for name, value in toolchain.environment().items() if name not in ENGINE_SETTINGS},
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "PULUMI_CONFIG_PASSPHRASE": "benchmark",
        }
        environment.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
        stack = "tuned" if tuned else "plain"
        pulumi = str(toolchain.program("pulumi"))
        run([pulumi, "stack", "init", stack], folder, environment)
        settings = {
            "count": str(count),
            "tuned": str(tuned).lower(),
            "kubernetesPluginVersion": toolchain.kubernetes_plugin_version(),
            "pacific:server": "none",
        }
        for name, value in settings.items():
            run([pulumi, "config", "set", "--stack", stack, name, value], folder, environment)
        run(
            [pulumi, "config", "set", "--stack", stack, "--secret", "kubeconfig", "--", kubeconfig], folder, environment
        )
        if tuned:
            up = [sys.executable, "-m", "pacific_infra.cli", "up", "--yes", "--stack", stack]
            down = [sys.executable, "-m", "pacific_infra.cli", "down", "--yes", "--stack", stack]
        else:
            up = [pulumi, "up", "--yes", "--skip-preview", "--stack", stack]
            down = [pulumi, "destroy", "--yes", "--skip-preview", "--stack", stack]
        commands = {"up": up, "second up": up, "down": down}
        return {name: timed(partial(run, command, folder, environment)) for name, command in commands.items()}


def floor(kubeconfig_file: str, count: int) -> dict[str, float]:
    """The same objects by plain API calls over 8 kept-alive connections."""
    api = dynamic.DynamicClient(config.new_client_from_config(kubeconfig_file))
    namespaces = api.resources.get(api_version="v1", kind="Namespace")
    config_maps = api.resources.get(api_version="v1", kind="ConfigMap")
    name = "config-maps-floor"
    namespaces.create(body={"metadata": {"name": name}})

    def apply(number: int) -> None:
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": f"config-map-{number:04}", "namespace": name},
            "data": {"text": f"{number:04} " * 200},
        }
        config_maps.server_side_apply(body=body, field_manager="floor")

    def delete(number: int) -> None:
        config_maps.delete(name=f"config-map-{number:04}", namespace=name)

    try:
        with ThreadPoolExecutor(8) as threads:
            return {
                "up": timed(lambda: list(threads.map(apply, range(count)))),
                "second up": timed(lambda: config_maps.get(namespace=name)),
                "down": timed(lambda: list(threads.map(delete, range(count)))),
            }
    finally:
        try:
            namespaces.delete(name=name)
        except client.ApiException as error:
            print(error.reason, file=sys.stderr)  # noqa: T201


def main() -> None:
    """Run the three cases, print the table and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    count = parser.parse_args().count
    toolchain = BuiltToolchain(Settings.read())
    files = read_outputs(begin(Path(), None))["kubeconfigs"]
    file = next(iter(files.values()))
    kubeconfig = Path(file).read_text()
    cases = {
        "plain pulumi": engine_case(kubeconfig, count, toolchain, tuned=False),
        "pacific": engine_case(kubeconfig, count, toolchain, tuned=True),
        "floor": floor(file, count),
    }
    ratios = {step: round(cases["plain pulumi"][step] / cases["pacific"][step], 2) for step in cases["pacific"]}
    write_result("apply_config_maps", {"count": count, "seconds": cases, "plain pulumi / pacific": ratios})


if __name__ == "__main__":
    main()
