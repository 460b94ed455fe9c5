"""An estate in several stacks against the same in one: real runs in a sandbox.

    ./run python -m tests.benchmarks.fleet_runs --count 2000 10000

Namespaces with 95 CustomResource documents of 1 KB are added to an estate, in one stack, and in a stack for each
namespace, two stacks at a time: seconds, CPU seconds and MiB written by `up`, by `up` where nothing changes, by `up`
after one namespace has changed, and by the `up` that removes the documents. Measure on a quiet machine. Results:
results/fleet_runs.json.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.apply_objects import PACIFIC, TEXT, Site, document
from tests.benchmarks.peers.measured import measured
from tests.benchmarks.result import write_result

IN_A_NAMESPACE = 95
FIGURES = ("s", "CPU s", "MiB written")


def namespaces_of(count: int, prefix: str) -> list[str]:
    """Names of the namespaces for so many documents."""
    return [f"{prefix}-{number:03}" for number in range(-(-count // IN_A_NAMESPACE))]


def write_namespaces(site: Site, names: list[str]) -> None:
    """A file with a document each; no names: none."""
    documents = [
        document(
            "Namespace",
            name,
            None,
            supervisor="bench-supervisor",
            storagePolicies=[{"name": "gold"}],
            deletionPolicy="Delete",
        )
        for name in names
    ]
    write(site, "many.json", documents)


def write(site: Site, name: str, documents: Sequence[Mapping[str, Any]]) -> None:
    """A file of documents; without any, there is none."""
    file = site.project / "documents" / name
    file.unlink(missing_ok=True)
    if documents:
        file.write_text(json.dumps(documents))


def write_notes(site: Site, names: list[str], count: int, *, changed: str | None = None) -> None:
    """A file of documents for each namespace; those of ``changed`` have another text."""
    for index, name in enumerate(names):
        numbers = range(index * IN_A_NAMESPACE, min(count, (index + 1) * IN_A_NAMESPACE))
        notes = [
            document(
                "CustomResource",
                f"note-{number:05}",
                name,
                definition="notes",
                resource={"spec": {"text": TEXT.format(number + (name == changed)) * 200}},
                deletionPolicy="Delete",
            )
            for number in numbers
        ]
        write(site, f"{name}-notes.json", notes)


def partitions(count: int) -> dict[str, Any]:
    """Both ways, with ``count`` documents, in a new sandbox."""
    ways: dict[str, Any] = {}
    with sandbox_site() as site:
        for way, rule, more in (("one stack", "none", ()), ("several stacks", "namespace", ("--workers", "2"))):
            names = namespaces_of(count, rule)
            (site.project / "pacific.yaml").write_text(f"partition: {rule}\n")
            steps: dict[str, Any] = {}
            write_namespaces(site, names)
            write_notes(site, names, count)
            steps["up"] = step(way, site, "up", "--yes", *more)
            steps["second up"] = step(way, site, "up", "--yes", *more)
            write_notes(site, names, count, changed=names[0])
            steps["one namespace changed"] = step(way, site, "up", "--yes", *more)
            for name in names:
                (site.project / "documents" / f"{name}-notes.json").unlink()
            steps["down"] = step(way, site, "up", "--yes", *more)
            write_namespaces(site, [])
            site.pacific("up", "--yes")
            ways[way] = steps
    single, several = ways["one stack"], ways["several stacks"]
    ratios = {
        name: {
            figure: round(several[name][figure] / max(single[name][figure], 0.1), 2)
            for figure in ("s", "CPU s", "MiB written")
        }
        for name in single
    }
    cpu = {way: round(1000 * steps["up"]["CPU s"] / count, 1) for way, steps in ways.items()}
    return {
        "documents": count,
        "stacks": len(namespaces_of(count, "")) + 1,
        "ways": ways,
        "several / one": ratios,
        "CPU ms a resource, up": cpu,
    }


def step(way: str, site: Site, *command: str) -> dict[str, float]:
    """One command, said on standard error."""
    print(f"{way}: {' '.join(command)}", file=sys.stderr)  # noqa: T201
    return site.pacific(*command)


@contextmanager
def sandbox_site() -> Iterator[Site]:
    """A sandbox with a Supervisor and a definition, stopped afterwards."""
    with tempfile.TemporaryDirectory() as temporary:
        site = Site(Path(temporary))
        try:
            site.make()
            yield site
        finally:
            measured([*PACIFIC, "sandbox", "down"], env=site.environment)


def main() -> None:
    """Measure, and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, nargs="+", default=[2000], help="Documents.")
    options = parser.parse_args()
    write_result("fleet_runs", {"partitions": [partitions(count) for count in options.count]})


if __name__ == "__main__":
    main()
