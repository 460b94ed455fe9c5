"""kill -9 of MongoDB's controller at random while its database changes; then the database has to converge.

    ./run python -m tests.faults.kill_mongodb_controller --times 50 --seed 1

Each round asks for another number of members, a newer version, more storage, or deletes a member; the controller is
killed 0 to 3 s later and started again. Then the database is Ready as asked, each member is there once, and each volume
that was there is there still, unchanged. Simulated pods.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pacific_infra.settings import Settings
from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.mongodb_controller import MongoDBController, is_ready, namespace_of
from tests.support.sandbox_clients import SupervisorClient, VCenter

LATEST_KILL = 3.0
"""Seconds after the change, up to which the controller is hit."""
CONVERGED_WITHIN = 120.0
_NAME = "orders"


@dataclass
class Round:
    """One change, one kill and what came of it. Times in seconds."""

    change: str
    at: float
    seconds: float = 0.0
    """From the kill until the database was as asked."""
    problems: list[str] = field(default_factory=list)


@dataclass
class DesiredDatabase:
    """What the database should be."""

    members: int = 1
    patch: int = 0
    gibibytes: int = 1

    @property
    def spec(self) -> dict[str, Any]:
        size = {"size": f"{self.gibibytes}Gi", "storageClassName": "gold"}
        return {"members": self.members, "version": f"7.0.{self.patch}", "storage": size}


def change(expected: DesiredDatabase, chance: random.Random, controller: MongoDBController) -> str:
    """Ask for something else, in ``expected`` and of the API server; what it was."""
    kind = chance.choice(("members", "members", "version", "storage", "deleted"))
    if kind == "members":
        expected.members = chance.choice([item for item in (1, 2, 3) if item != expected.members])
    elif kind == "version":
        expected.patch += 1
    elif kind == "storage" and expected.gibibytes < 6:
        expected.gibibytes += 1
    else:
        kind = "deleted"
        controller.kubectl("delete", "pod", f"{_NAME}-{chance.randrange(expected.members)}", "--wait=false")
    controller.apply(_NAME, **expected.spec)
    return f"{kind} {expected}"


def run(times: int, seed: int, controller: MongoDBController) -> Iterator[Round]:
    """The rounds, as they end."""
    chance = random.Random(seed)  # noqa: S311
    expected = DesiredDatabase()
    controller.apply(_NAME, **expected.spec)
    controller.start()
    controller.until_ready(_NAME, 1)
    for _ in range(times):
        before = volumes(controller)
        item = Round(change(expected, chance, controller), round(chance.uniform(0, LATEST_KILL), 2))
        time.sleep(item.at)
        controller.kill()
        began = time.monotonic()
        controller.start()
        while True:
            item.problems = list(problems(controller, expected, before))
            item.seconds = round(time.monotonic() - began, 1)
            if not item.problems or item.seconds > CONVERGED_WITHIN:
                break
            time.sleep(0.5)
        yield item


def problems(controller: MongoDBController, expected: DesiredDatabase, before: dict[str, str]) -> Iterator[str]:
    """What is not as asked."""
    result = controller.get("mongodb", _NAME)
    if not is_ready(result, expected.members) or result["status"].get("version") != expected.spec["version"]:
        yield f"not ready: {result['status'].get('conditions')}"
    pods = [item["metadata"]["name"] for item in controller.items("pods")]
    if sorted(pods) != [f"{_NAME}-{index}" for index in range(expected.members)]:
        yield f"members {pods}"
    sets = controller.items("statefulsets")
    if len(sets) != 1:
        yield f"{len(sets)} StatefulSets"
    now = volumes(controller)
    if any(now.get(name) != uid for name, uid in before.items()):
        yield f"volumes {before} became {now}"


def volumes(controller: MongoDBController) -> dict[str, str]:
    """Each volume claim with the identifier of what is bound to it."""
    return {item["metadata"]["name"]: item["spec"].get("volumeName", "") for item in controller.items("pvc")}


def main() -> None:
    """Run, and write kill_mongodb_controller.json beside this file; exit code 1 where a round did not converge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".json"))
    options = parser.parse_args()
    rounds: list[Round] = []
    with tempfile.TemporaryDirectory() as temporary:
        sandbox = Sandbox(Path(temporary) / "sandbox", BuiltToolchain(Settings.read()))
        try:
            vcenter = VCenter(sandbox.up())
            supervisor = vcenter.enable("supervisor-01", "cluster-01")
            endpoint = str(vcenter.wait_running(supervisor)["APIEndpoint"])
            ca_file = sandbox.settings().ca_file
            assert ca_file is not None
            client = SupervisorClient(endpoint, ca_file, sandbox.directory / "users.json")
            namespace_of(vcenter, supervisor, "databases")
            controller = MongoDBController(client, client.token(), "databases", Path(temporary))
            controller.install()
            for item in run(options.times, options.seed, controller):
                rounds.append(item)
                print(f"{len(rounds):>2} {json.dumps(asdict(item))}", flush=True)  # noqa: T201
                options.output.write_text(json.dumps(summary(rounds, options.seed), indent=1) + "\n")
            controller.kill()
        finally:
            sandbox.reset()
    if any(item.problems for item in rounds):
        sys.exit(1)


def summary(rounds: list[Round], seed: int) -> dict[str, Any]:
    """What is kept of a run."""
    times = sorted(item.seconds for item in rounds)
    converged = sum(not item.problems for item in rounds)
    return {
        "seed": seed,
        "rounds": len(rounds),
        "converged": converged,
        "seconds": {"median": times[len(times) // 2], "longest": times[-1]},
        "each": [asdict(item) for item in rounds],
    }


if __name__ == "__main__":
    main()
