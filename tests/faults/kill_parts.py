"""kill -9 of a part of the sandbox at random while ``pacific up`` runs; then everything has to converge.

    ./run python -m tests.faults.kill_parts --times 20 --seed 1

Each round is a new sandbox and a new stack: ``up``, in the midst of it the kill, ``up`` again until it succeeds (twice
at most), then an ``up`` that changes nothing; at the end each pod has its VM, each pod VM its pod, none is there twice.
``--kills 2``: two parts in the same ``up``.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from pacific_infra.errors import PacificError
from pacific_sandbox.faults.sandbox_faults import SandboxFaults
from tests.faults.machines import disagreements, machines
from tests.support.estate_project import EstateProject

KINDS = (
    "daemon",
    "vcenter-simulator",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "front",
    "controllers",
)
"""The parts that an estate's sandbox has, without the prefix of the cluster."""
LATEST_KILL = 25.0
"""Seconds after its beginning, up to which the first ``up`` is hit."""
_UP_WITHIN = 600.0
_AGREE_WITHIN = 90.0
_RERUNS = 2


@dataclass
class Round:
    """What was killed and what came of it. Times in seconds."""

    part: str
    """Several: in the order of their kills."""
    at: float
    """When the last was killed."""
    first_up: int | None = None
    """Exit code of the ``up`` that was hit; None where it had ended before."""
    reruns: int = 0
    """How many more it took until one succeeded."""
    seconds: float = 0.0
    """From the kill until everything had converged."""
    problems: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """What the ``up`` that was hit said."""


def order(times: int, draws: random.Random) -> Iterator[str]:
    """Which parts are killed: each of them once before one is a second time, shuffled."""
    while times > 0:
        parts = draws.sample(KINDS, len(KINDS))
        yield from parts[:times]
        times -= len(parts)


def run_round(project: EstateProject, kills: Sequence[tuple[str, float]]) -> Round:
    """One round on an empty project. ``kills``: parts, and the seconds after which each is killed."""
    with project.start("up", "--yes", "--json") as first:
        try:
            return _hit(project, first, kills)
        finally:
            if first.poll() is None:
                first.kill()


def _hit(project: EstateProject, first: subprocess.Popen[str], kills: Sequence[tuple[str, float]]) -> Round:
    began = time.monotonic()
    parts = []
    for kind, delay in sorted(kills, key=lambda kill: kill[1]):
        while time.monotonic() - began < delay and first.poll() is None:
            time.sleep(0.05)
        parts.append(_kill(project, kind, first))
        killed = time.monotonic()
        was_running = first.poll() is None
        if kind == "daemon":
            # What an init system would do: nothing else starts it again.
            project.sandbox.up()
    result = Round(", ".join(parts), round(killed - began, 1))
    stdout, _ = first.communicate(timeout=_UP_WITHIN)
    if was_running:
        result.first_up = first.returncode
    if first.returncode:
        result.errors = _errors(stdout)
        while not _up(project):
            result.reruns += 1
            if result.reruns == _RERUNS:
                result.problems.append(f"up failed {1 + result.reruns} times")
                return result
        result.reruns += 1
    problems = _until_empty(lambda: _disagreements(project))
    result.seconds = round(time.monotonic() - killed, 1)
    again = project.json("up", "--yes")
    if set(again["changes"]) != {"same"}:
        problems.append(f"another up changed something: {again['changes']}")
    result.problems += [*problems, *_until_empty(lambda: _disagreements(project))]
    return result


def _kill(project: EstateProject, kind: str, first: subprocess.Popen[str]) -> str:
    """Kill the part as soon as it runs; its name."""
    faults, deadline = SandboxFaults(project.sandbox), time.monotonic() + _UP_WITHIN
    while True:
        for part in project.sandbox.status().processes:
            if part.name == kind or part.name.endswith(f"-{kind}"):
                try:
                    faults.kill(part.name)
                except PacificError:
                    break  # It is just being started.
                return part.name
        if time.monotonic() > deadline or first.poll() not in (None, 0):
            raise RuntimeError(f"{kind} never ran")
        time.sleep(0.1)


def _up(project: EstateProject) -> bool:
    process = project.start("up", "--yes", "--json")
    stdout, stderr = process.communicate(timeout=_UP_WITHIN)
    if process.returncode:
        print(stdout[-3000:], stderr[-3000:], file=sys.stderr)  # noqa: T201
    return process.returncode == 0


def _errors(stdout: str) -> list[str]:
    try:
        return [str(error["message"])[:300] for error in json.loads(stdout)["errors"]]
    except (ValueError, KeyError, TypeError):
        return [stdout[-300:]]


def _disagreements(project: EstateProject) -> list[str]:
    # Not by `pacific outputs`, as a user would: it takes seconds, and this looks again and again.
    kubeconfig = next(project.sandbox.directory.glob("supervisors/*/admin.kubeconfig"))

    def items(resource: str) -> list[dict[str, Any]]:
        kubectl = [str(project.toolchain.program("kubectl")), f"--kubeconfig={kubeconfig}"]
        command = [*kubectl, "get", resource, "--all-namespaces", "-o", "json", "--request-timeout=30s"]
        result = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
        return list(json.loads(result)["items"])

    try:
        return disagreements(machines(project.sandbox.settings()), items("pods"), items("virtualmachines"))
    except (subprocess.SubprocessError, OSError) as error:
        return [f"no answer: {error}"]


def _until_empty(look: Callable[[], list[str]]) -> list[str]:
    """What ``look`` still finds when it was given some time."""
    deadline = time.monotonic() + _AGREE_WITHIN
    while True:
        result = look()
        if not result or time.monotonic() > deadline:
            return result
        time.sleep(1)


def run(times: int, seed: int, kills: int = 1) -> Iterator[Round]:
    """One round after the other, each in a folder of its own that is then removed. ``kills``: how many in each."""
    draws = random.Random(seed)  # noqa: S311
    parts = order(times * kills, draws)
    for _ in range(times):
        moments = [(part, draws.uniform(0.5, LATEST_KILL)) for part in islice(parts, kills)]
        with tempfile.TemporaryDirectory(prefix="kill-parts-", ignore_cleanup_errors=True) as folder:
            project = EstateProject(Path(folder) / "project", Path(folder) / "state")
            try:
                yield run_round(project, moments)
            finally:
                project.sandbox.reset()


def summary(rounds: Sequence[Round], seed: int) -> dict[str, Any]:
    """The result file."""
    return {
        "seed": seed,
        "rounds": len(rounds),
        "converged": sum(not item.problems for item in rounds),
        "up bore the kill": sum(item.first_up == 0 for item in rounds),
        "up ended before the kill": sum(item.first_up is None for item in rounds),
        "seconds from kill to converged": {
            "median": sorted(item.seconds for item in rounds)[len(rounds) // 2],
            "longest": max(item.seconds for item in rounds),
        },
        "cores": os.cpu_count(),
        "kills": [asdict(item) for item in rounds],
    }


def main() -> None:
    """Run, and write kill_parts.json beside this file; exit code 1 where a round did not converge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".json"))
    options = parser.parse_args()
    rounds: list[Round] = []
    for item in run(options.times, options.seed, options.kills):
        rounds.append(item)
        print(f"{len(rounds):>2} {json.dumps(asdict(item))}", flush=True)  # noqa: T201
        options.output.write_text(json.dumps(summary(rounds, options.seed), indent=1) + "\n")
    if any(item.problems for item in rounds):
        sys.exit(1)


if __name__ == "__main__":
    main()
