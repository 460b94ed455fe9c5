"""kill -9 of a part of ``up`` of an estate in several stacks at random; one more ``up`` has to converge.

    ./run python -m tests.faults.kill_fleets --times 50 --seed 1

Each round changes, adds, removes and moves namespaces, begins ``up`` with two workers, and kills the command, a worker
(with it the record service, which is a part of it), an engine or a provider, or begins a second ``up``, which has to be
refused. After one more ``up`` all documents are live and no others; what was live before and is still declared was not
made again; each object is recorded once, in one stack; nothing is pending.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from pacific_infra.settings import Settings
from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.faults.by_seed import write_run
from tests.support.estate_project import EstateProject
from tests.support.split_estate import RULE, checkpoints, host_of, namespace_documents, objects_of, split_project

NAMESPACES = ("fleet-a", "fleet-b", "fleet-c")
PARTS = ("command", "worker", "engine", "provider", "second up")
WITHIN = 540.0
"""Seconds that an ``up`` may take on a busy machine."""
LOCKED = "is locked by another run: process "
_LISTED = ("Namespace ", "Deployment ", "Service ")
_NOT_OURS = ("pulumi:pulumi:", "pulumi:providers:")


@dataclass
class Round:
    """One kill and what came of it."""

    part: str
    at: float
    """Seconds after which it was to be killed."""
    hit: bool = False
    """Whether ``up`` ran then."""
    first_up: int | None = None
    """Exit code of the ``up`` that was hit."""
    moved: bool = False
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


class Estate:
    """The project, and what its documents say."""

    def __init__(self, project: EstateProject, chance: random.Random) -> None:
        self.project = project
        self.chance = chance
        self.replicas = dict.fromkeys(NAMESPACES, 1)
        self.pinned = False
        self.usual = 20.0
        """Seconds that the last ``up`` took."""

    def change(self) -> bool:
        """Write other documents and another rule; whether a namespace moves."""
        absent = self.chance.choice((*NAMESPACES[1:], None, None))
        self.replicas = {name: self.chance.randrange(1, 4) for name in NAMESPACES if name != absent}
        for name in NAMESPACES:
            file = self.project.documents / f"{name}.yaml"
            file.unlink(missing_ok=True)
            if name in self.replicas:
                variables = host_of(NAMESPACES[0]) if name == NAMESPACES[1] else ""
                file.write_text(namespace_documents(name, variables, replicas=self.replicas[name]))
        pinned, self.pinned = self.pinned, self.chance.random() < 0.4
        pins = f"stacks: {{store: [{NAMESPACES[0]}]}}\n" if self.pinned else ""
        (self.project.folder / "pacific.yaml").write_text(RULE + pins)
        return pinned != self.pinned

    def up(self) -> subprocess.Popen[str]:
        """Begin ``up``."""
        return self.project.start("up", "--yes", "--workers", "2")

    def converge(self) -> str | None:
        """Run ``up`` to its end; what went wrong."""
        began = time.monotonic()
        process = self.up()
        output, messages = process.communicate(timeout=WITHIN)
        self.usual = time.monotonic() - began
        return None if process.returncode == 0 else f"up ended with {process.returncode}: {output}{messages}"

    def live(self) -> dict[str, str]:
        """The UID of each object in the namespaces, and of these."""
        objects = {name.replace("None/", ""): uid for name, uid in objects_of(self.project).items()}
        return {name: uid for name, uid in objects.items() if "fleet-" in name}

    def disagreements(self, before: dict[str, str]) -> Iterator[str]:
        """What is not as it should be. ``before``: UIDs of the objects before the kill."""
        present = self.live()
        declared = {
            name
            for namespace in self.replicas
            for name in (f"Namespace {namespace}", f"Deployment {namespace}/web", f"Service {namespace}/web")
        }
        if present.keys() != declared:
            yield f"declared and live differ: {sorted(present.keys() ^ declared)}"
        if made_again := [name for name in present if name in before and present[name] != before[name]]:
            yield f"made again: {sorted(made_again)}"
        recorded: Counter[str] = Counter()
        for stack, file in checkpoints(self.project).items():
            deployment = json.loads(file.read_text())["checkpoint"]["latest"] or {}
            if deployment.get("pending_operations"):
                yield f"pending in {stack}: {deployment['pending_operations']}"
            recorded.update(
                f"{resource['type']} {resource['id']}"
                for resource in deployment.get("resources") or ()
                if resource.get("id") and not resource.get("external") and not resource["type"].startswith(_NOT_OURS)
            )
        if twice := [name for name, count in recorded.items() if count > 1]:
            yield f"recorded more than once: {twice}"
        objects = {f"{kind.rpartition(':')[2]} {name}" for kind, _, name in (text.partition(" ") for text in recorded)}
        if {name for name in objects if name.startswith(_LISTED)} != declared:
            yield f"recorded are {sorted(objects)}"


def play(estate: Estate, *, engine: bool) -> Round:
    """One round. ``engine``: whether the engine has to find no change at the end too."""
    before, began = estate.live(), time.monotonic()
    moved = estate.change()
    chosen = Round(estate.chance.choice(PARTS), round(estate.chance.uniform(1.0, 1.1 * estate.usual), 1), moved=moved)
    process = estate.up()
    time.sleep(chosen.at)
    others = descendants(process)
    chosen.hit = process.poll() is None and hit(estate, process, chosen)
    process.communicate(timeout=WITHIN)
    chosen.first_up = process.returncode
    # The workers of a command that was killed end as after an interrupt.
    _, alive = psutil.wait_procs(others, timeout=WITHIN)
    if alive:
        chosen.problems.append(f"still running: {[running.name() for running in alive]}")
    if (error := estate.converge()) is not None:
        chosen.problems.append(error)
    chosen.problems += estate.disagreements(before)
    if (
        engine
        and (changes := estate.project.json("plan", "--engine", "--workers", "2")["counts"])
        and any(count for operation, count in changes.items() if operation != "same")
    ):
        chosen.problems.append(f"the engine finds changes: {changes}")
    chosen.seconds = round(time.monotonic() - began, 1)
    return chosen


def descendants(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """What ``up`` has begun."""
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def hit(estate: Estate, process: subprocess.Popen[str], chosen: Round) -> bool:
    """Kill what was chosen, when there is one; False where ``up`` ended before."""
    if chosen.part == "second up":
        second = estate.up()
        output, messages = second.communicate(timeout=WITHIN)
        if process.poll() is None and (second.returncode != 1 or LOCKED not in messages):
            chosen.problems.append(f"a second up ended with {second.returncode}: {output}{messages}")
        return process.poll() is None
    while process.poll() is None:
        victims = [psutil.Process(process.pid)] if chosen.part == "command" else victims_of(process, chosen.part)
        if victims:
            estate.chance.choice(victims).kill()
            return True
        time.sleep(0.05)
    return False


def victims_of(process: subprocess.Popen[str], part: str) -> list[psutil.Process]:
    """The workers, engines or providers of ``up``."""
    try:
        workers = psutil.Process(process.pid).children()
        if part == "worker":
            return workers
        programs = [child for worker in workers for child in worker.children(recursive=True)]
        commands = {child: " ".join(child.cmdline()[:2]) for child in programs}
    except psutil.NoSuchProcess:
        return []
    if part == "provider":
        return [child for child, command in commands.items() if "pulumi-resource-" in command]
    return [child for child, command in commands.items() if command.split(" ")[0].endswith("/pulumi")]


def rounds(times: int, seed: int, toolchain: BuiltToolchain) -> Iterator[Round]:
    """The rounds, as they end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sandbox = Sandbox(folder / "sandbox", toolchain)
        sandbox.up()
        try:
            variables = {NAMESPACES[1]: host_of(NAMESPACES[0])}
            project = split_project(sandbox, folder, {name: variables.get(name, "") for name in NAMESPACES})
            estate = Estate(project, random.Random(seed))  # noqa: S311 - the same choices for a seed
            if (error := estate.converge()) is not None:
                raise AssertionError(error)
            estate.converge()
            for number in range(1, times + 1):
                yield play(estate, engine=number % 10 == 0)
        finally:
            sandbox.reset()


def summary(results: list[Round], seconds: float) -> dict[str, Any]:
    """What the result file says of one seed."""
    hits = [result for result in results if result.hit]
    return {
        "times": len(results),
        "converged": sum(not result.problems for result in results),
        "hit while up ran": dict(sorted(Counter(result.part for result in hits).items())),
        "with a move": sum(result.moved for result in hits),
        "up that was hit ended well all the same": sum(result.first_up == 0 for result in hits),
        "seconds": round(seconds),
        "load": [round(load, 1) for load in os.getloadavg()],
        "failed": [asdict(result) for result in results if result.problems],
    }


def main() -> None:
    """Run the rounds, print one line for each and write the result beside this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1, help="Results of other seeds stay in the file.")
    arguments = parser.parse_args()
    file = Path(__file__).with_suffix(".json")
    began, results = time.monotonic(), list[Round]()
    for number, result in enumerate(rounds(arguments.times, arguments.seed, BuiltToolchain(Settings.read())), 1):
        results.append(result)
        print(f"{number}/{arguments.times} {result}", flush=True)  # noqa: T201
        write_run(file, arguments.seed, summary(results, time.monotonic() - began))
    sys.exit(any(result.problems for result in results))


if __name__ == "__main__":
    main()
