"""What more workers bring to an estate in several stacks: real runs in a sandbox.

    ./run python -m tests.benchmarks.fleet_workers

Eight namespaces of two workloads, a stack each, by 1, 2 and 4 workers, each of which has the same share of a core by a
cgroup (version 1 of Linux, which needs root; without it only the times stand in the file). Efficiency is the speed-up
over one worker divided by the number. Measure on a quiet machine. Results: results/fleet_workers.json.
"""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks.apply_objects import Site, document
from tests.benchmarks.fleet_runs import sandbox_site, write, write_namespaces
from tests.benchmarks.peers.measured import measured
from tests.benchmarks.result import write_result

WORKERS = (1, 2, 4)
STACKS = 8
SHARE = 0.15
"""The share of a core that each worker gets."""
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


if __name__ == "__main__":
    write_result("fleet_workers", workers())
