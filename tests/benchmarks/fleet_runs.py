"""An estate in several stacks against the same in one, and what more workers bring: real runs in a sandbox.

    ./run python -m tests.benchmarks.fleet_runs --count 2000 10000

"partitions": namespaces with 95 CustomResource documents of 1 KB are added to an estate, in one stack and in a stack for
each namespace, two at a time: seconds, CPU seconds and MiB written by `up`, by `up` where nothing changes, by `up` after
one namespace has changed, and by the `up` that removes the documents. "workers": eight namespaces of two workloads, by 1, 2 and 4
workers, each of which has the same share of a core by a cgroup (version 1 of Linux, which needs root; without it only
the times stand in the file); efficiency is the speed-up over one worker divided by the number. Measure on a quiet
machine. Results: results/fleet_runs.json.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.apply_objects import PACIFIC, TEXT, Site, document
from tests.benchmarks.peers.measured import measured
from tests.benchmarks.result import write_result

IN_A_NAMESPACE = 95
FIGURES = ("s", "CPU s", "MiB written")
WORKERS = (1, 2, 4)
STACKS = 8
SHARE = 0.15
"""Of a core, each worker."""
PERIOD = 100_000
CGROUPS = Path("/sys/fs/cgroup/cpu")
SHARED_WORKERS = """
import fcntl, os, sys
from pathlib import Path
from pacific_infra.cli import workers
from pacific_infra.cli.main import main
run = workers._run
def run_in_a_share(sending, work, log):
    for group in sys.argv[1].split(":"):
        file = os.open(group.replace("/", "_") + ".lock", os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        Path(group, "cgroup.procs").write_text(str(os.getpid()))
        break
    run(sending, work, log)
if sys.argv[1]:
    workers._run = run_in_a_share
main(sys.argv[2:])
"""
"""`pacific` whose workers are each in a cgroup of their own while they live."""


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


def workers() -> dict[str, Any]:
    """Each number of workers, one after the other in one sandbox."""
    rows: dict[str, Any] = {}
    names = [f"share-{number}" for number in range(STACKS)]
    with sandbox_site() as site:
        (site.project / "pacific.yaml").write_text("partition: namespace\nsize: 1\n")
        site.pacific("up", "--yes")
        for number in WORKERS:
            with shares(number) as groups:
                command = [sys.executable, "-c", SHARED_WORKERS, ":".join(map(str, groups))]

                def up(command: list[str] = command, number: int = number) -> Mapping[str, float]:
                    words = ["up", "--yes", "--workers", str(number)]
                    return measured([*command, *words], cwd=site.project, env=site.environment).as_json()

                print(f"{number} workers", file=sys.stderr)  # noqa: T201
                write_namespaces(site, names)
                write_workloads(site, names)
                created = up()
                write_namespaces(site, [])
                write_workloads(site, [])
                rows[str(number)] = {
                    "up": created,
                    "down": up(),
                    "in cgroups": bool(groups),
                    "load": os.getloadavg()[0],
                }
    for text, row in rows.items():
        for name in ("up", "down"):
            row[f"efficiency, {name}"] = round(rows["1"][name]["s"] / row[name]["s"] / int(text), 2)
    return {"stacks": STACKS, "share of a core": SHARE, "workers": rows}


def write_workloads(site: Site, names: list[str]) -> None:
    """Two of each namespace."""
    container = {"name": "web", "image": "sandbox/web:1"}
    workloads = [
        document(
            "CrxWorkload",
            workload,
            name,
            kind="Deployment",
            containers=[container],
            service={"type": "ClusterIP", "ports": [{"port": 80}]},
        )
        for name in names
        for workload in ("web", "orders")
    ]
    write(site, "workloads.json", workloads)


@contextmanager
def shares(number: int) -> Iterator[list[Path]]:
    """A cgroup for each worker; none where this process may not make any."""
    groups = [CGROUPS / f"pacific-benchmark-{os.getpid()}-{worker}" for worker in range(number)]
    present: list[Path] = []
    try:
        for group in groups:
            group.mkdir()
            present.append(group)
            (group / "cpu.cfs_period_us").write_text(str(PERIOD))
            (group / "cpu.cfs_quota_us").write_text(str(int(SHARE * PERIOD)))
        yield present
    except OSError as error:
        print(f"no cgroups: {error}", file=sys.stderr)  # noqa: T201
        yield []
    finally:
        for group in present:
            remove_group(group)


def remove_group(group: Path) -> None:
    """Once nothing runs in it any more."""
    for _ in range(100):
        try:
            group.rmdir()
        except OSError:
            time.sleep(0.1)
        else:
            return


def main() -> None:
    """Measure, and write the result file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, nargs="*", default=[2000], help="Documents; none: no partitions.")
    parser.add_argument("--without-workers", action="store_true", help="Measure the partitions alone.")
    options = parser.parse_args()
    result: dict[str, Any] = {"partitions": [partitions(count) for count in options.count]}
    if not options.without_workers:
        result["workers"] = workers()
    write_result("fleet_runs", result)


if __name__ == "__main__":
    main()
