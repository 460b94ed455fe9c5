"""Time of up, second up and down for N small objects: `pacific`, plain default `pulumi`, peers, and bare calls.

    ./run python -m tests.benchmarks.apply_objects --count 500 2000 --peers

In a sandbox of its own for each size, made and removed; measure on a quiet machine. Ways to the same API server:
`plain pulumi`: a program with N ConfigMaps of 1 KB in a namespace. `pacific, program`: `pacific up` of that program.
`pacific, documents`: an estate to which N CustomResource documents of 1 KB are added, and from which they are removed.
With `--peers` also the same ConfigMaps by other programs (peers/appliers.py); what is not installed is built first.
The floor is the same number of server-side applies, a list, and deletes over 8 kept-alive connections. For each
command: seconds, CPU seconds and MiB written by the command with what it starts (not by the API server), and requests
for the objects that the API server counted, by verb. Results: results/apply_objects.json.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from kubernetes import client, config, dynamic

from pacific_infra.converge.stack import ENGINE_SETTINGS
from pacific_infra.settings import Settings
from pacific_sandbox.toolchain import BuiltToolchain
from tests.benchmarks.peers.appliers import PEERS, versions
from tests.benchmarks.peers.measured import measured
from tests.benchmarks.result import timed, write_result

PROGRAM = Path(__file__).parent / "config_maps"
PACIFIC = [sys.executable, "-m", "pacific_infra.cli"]
TEXT = "{:04} "
STEPS = ("up", "second up", "down")
_UNCACHED = "PYTHONDONTWRITEBYTECODE"
"""With it each command compiles all of its modules anew, half a second that users do not have."""
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "notes.benchmark.pacific.infra"},
    "spec": {
        "group": "benchmark.pacific.infra",
        "scope": "Namespaced",
        "names": {"kind": "Note", "listKind": "NoteList", "plural": "notes", "singular": "note"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "properties": {"text": {"type": "string"}}}},
                    }
                },
            }
        ],
    },
}


class Site:
    """A sandbox with a Supervisor, a namespace and a definition, made by an estate in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "bench"
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith("PULUMI_") and name != _UNCACHED
            },
            "XDG_STATE_HOME": str(folder / "state"),
            "PACIFIC_SANDBOX": str(folder / "sandbox"),
            "NO_COLOR": "1",
        }
        self.kubeconfig = Path()

    def make(self) -> None:
        """Converge the estate without objects."""
        measured([*PACIFIC, "init", str(self.project)], env=self.environment)
        documents = self.project / "documents"
        for file in ("catalogue", "frontend"):
            (documents / "web" / f"{file}.yaml").unlink()
        (documents / "notes.crd.yaml").write_text(json.dumps(DEFINITION))
        definition = document("CustomResourceDefinition", "notes", None, supervisor="bench-supervisor")
        definition["spec"] |= {"manifest": {"file": "notes.crd.yaml"}, "deletionPolicy": "Delete"}
        (documents / "definition.json").write_text(json.dumps(definition))
        self.pacific("up", "--yes")
        outputs = json.loads(measured([*PACIFIC, "outputs", "--json"], cwd=self.project, env=self.environment).output)
        self.kubeconfig = Path(next(iter(outputs["kubeconfigs"].values())))

    def pacific(self, *arguments: str, folder: Path | None = None) -> dict[str, float]:
        """Run a command; what it took."""
        return measured([*PACIFIC, *arguments], cwd=folder or self.project, env=self.environment).as_json()

    def requests(self, resource: str) -> Counter[str]:
        """Requests for a kind of object since the API server's start, by verb."""
        api = config.new_client_from_config(str(self.kubeconfig))
        text = dynamic.DynamicClient(api).request("GET", "/metrics")
        counted: Counter[str] = Counter()
        for labels, value in re.findall(r"^apiserver_request_total\{([^}]*)\} (\S+)$", text, re.MULTILINE):
            if f'resource="{resource}"' in labels:
                counted[re.search(r'verb="(\w+)"', labels)[1]] += int(float(value))  # type: ignore[index]
        return counted


def document(kind: str, name: str, namespace: str | None, /, **spec: Any) -> dict[str, Any]:
    """A document as it is read from a file."""
    metadata = {"name": name} if namespace is None else {"name": name, "namespace": namespace}
    return {"apiVersion": "pacific.infra/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def steps(site: Site, resource: str, calls: Mapping[str, Callable[[], dict[str, float]]]) -> dict[str, Any]:
    """Each step with the requests that it made for objects of ``resource``."""
    used = {}
    for step, call in calls.items():
        before = site.requests(resource)
        print(f"{resource}: {step}", file=sys.stderr)  # noqa: T201
        result: dict[str, Any] = call()
        used[step] = {**result, "requests": dict(sorted((site.requests(resource) - before).items()))}
    return used


def by_documents(site: Site, count: int) -> dict[str, Any]:
    """Documents added to the estate, compared, and removed."""
    file = site.project / "documents" / "notes.json"
    notes = [
        document(
            "CustomResource",
            f"note-{number:05}",
            "bench-web",
            definition="notes",
            resource={"spec": {"text": TEXT.format(number) * 200}},
            deletionPolicy="Delete",
        )
        for number in range(count)
    ]

    def up() -> dict[str, float]:
        file.write_text(json.dumps(notes))
        return site.pacific("up", "--yes")

    def down() -> dict[str, float]:
        file.unlink()
        return site.pacific("up", "--yes")

    return steps(site, "notes", {"up": up, "second up": lambda: site.pacific("up", "--yes"), "down": down})


@contextmanager
def program(site: Site, toolchain: BuiltToolchain, count: int, stack: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with the program of ConfigMaps, and the environment of its commands."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "config-maps"
        shutil.copytree(PROGRAM, folder)
        backend = Path(temporary) / "state"
        backend.mkdir()
        environment = {
            **site.environment,
            **{name: value for name, value in toolchain.environment().items() if name not in ENGINE_SETTINGS},
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "PULUMI_CONFIG_PASSPHRASE": "benchmark",
        }
        environment.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
        pulumi = str(toolchain.program("pulumi"))
        settings = [
            ["stack", "init", stack],
            ["config", "set", "count", str(count)],
            ["config", "set", "tuned", str(stack == "tuned").lower()],
            ["config", "set", "kubernetesPluginVersion", toolchain.kubernetes_plugin_version()],
            ["config", "set", "--secret", "kubeconfig", "--", site.kubeconfig.read_text()],
        ]
        for arguments in settings:
            measured([pulumi, *arguments], cwd=folder, env=environment)
        yield folder, environment


def by_program(
    site: Site, toolchain: BuiltToolchain, count: int, stack: str, *, up: list[str], down: list[str]
) -> dict[str, Any]:
    """The program of ConfigMaps on ``stack``, by the commands ``up`` and ``down``."""
    with program(site, toolchain, count, stack) as (folder, environment):

        def run(command: list[str]) -> dict[str, float]:
            return measured([*command, "--yes", "--stack", stack], cwd=folder, env=environment).as_json()

        return steps(
            site, "configmaps", {"up": partial(run, up), "second up": partial(run, up), "down": partial(run, down)}
        )


def config_map(number: int, namespace: str) -> dict[str, Any]:
    """A ConfigMap of 1 KB."""
    metadata = {"name": f"config-map-{number:05}", "namespace": namespace}
    data = {"text": TEXT.format(number) * 200}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def by_peers(site: Site, count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each of the other programs, with a namespace of its own."""
    for number, (name, peer) in enumerate(PEERS.items()):
        namespace = f"config-maps-peer-{number}"
        objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}]
        with peer(site.kubeconfig, [*objects, *(config_map(index, namespace) for index in range(count))]) as calls:
            yield name, steps(site, "configmaps", calls)


def floor(site: Site, count: int) -> dict[str, Any]:
    """ConfigMaps by plain calls over 8 kept-alive connections; the namespace comes and goes outside the clock."""
    api = dynamic.DynamicClient(config.new_client_from_config(str(site.kubeconfig)))
    namespaces = api.resources.get(api_version="v1", kind="Namespace")
    config_maps = api.resources.get(api_version="v1", kind="ConfigMap")
    name = "config-maps-floor"
    namespaces.create(body={"metadata": {"name": name}})

    def apply(number: int) -> None:
        config_maps.server_side_apply(body=config_map(number, name), field_manager="floor")

    def delete(number: int) -> None:
        config_maps.delete(name=config_map(number, name)["metadata"]["name"], namespace=name)

    try:
        with ThreadPoolExecutor(8) as threads:
            return {
                "up": {"s": timed(lambda: list(threads.map(apply, range(count))))},
                "second up": {"s": timed(lambda: config_maps.get(namespace=name))},
                "down": {"s": timed(lambda: list(threads.map(delete, range(count))))},
            }
    finally:
        try:
            namespaces.delete(name=name)
        except client.ApiException as error:
            print(error.reason, file=sys.stderr)  # noqa: T201


def measure(count: int, *, pulumi: bool, peers: bool) -> dict[str, Any]:
    """All ways with ``count`` objects, in a new sandbox."""
    toolchain = BuiltToolchain(Settings.read())
    with tempfile.TemporaryDirectory() as temporary:
        site = Site(Path(temporary))
        try:
            site.make()
            ways: dict[str, Any] = {"floor": floor(site, count)}
            ways["pacific, documents"] = by_documents(site, count)
            ways["pacific, program"] = by_program(
                site, toolchain, count, "tuned", up=[*PACIFIC, "up"], down=[*PACIFIC, "down"]
            )
            if peers:
                ways.update(by_peers(site, count))
            if pulumi:
                command = [str(toolchain.program("pulumi"))]
                ways["plain pulumi"] = by_program(
                    site,
                    toolchain,
                    count,
                    "plain",
                    up=[*command, "up", "--skip-preview"],
                    down=[*command, "destroy", "--skip-preview"],
                )
        finally:
            measured([*PACIFIC, "sandbox", "down"], env=site.environment)
    ratios = {
        step: {
            f"{way} / floor": round(ways[way][step]["s"] / max(ways["floor"][step]["s"], 0.01), 1)
            for way in ways
            if way != "floor"
        }
        for step in STEPS
    }
    return {"count": count, "ways": ways, "ratios": ratios}


def main() -> None:
    """Run the cases, print the table and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, nargs="+", default=[500])
    parser.add_argument("--without-pulumi", action="store_true", help="Leave out plain pulumi, which takes minutes.")
    parser.add_argument("--peers", action="store_true", help="Measure kubectl, Helm and OpenTofu as well.")
    text = "Leave out plain pulumi and the peers, which take minutes, above so many objects."
    parser.add_argument("--alone-above", type=int, metavar="COUNT", default=sys.maxsize, help=text)
    options = parser.parse_args()
    peers = versions() if options.peers else {}
    sizes = [
        measure(
            count,
            pulumi=not options.without_pulumi and count <= options.alone_above,
            peers=options.peers and count <= options.alone_above,
        )
        for count in options.count
    ]
    write_result("apply_objects", {"peers": peers, "sizes": sizes})


if __name__ == "__main__":
    main()
