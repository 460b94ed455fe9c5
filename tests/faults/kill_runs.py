"""kill -9 of a run at random: the engine, its plugins and the state service; then one more run has to converge.

    ./run python -m tests.faults.kill_runs --times 200 --seed 1

Each round declares other objects, kills a part of ``up`` or ``destroy``, or all of it, when its journal has a random
size, and looks at what is live: each object is recorded or pending, and after the next run recorded and live are the
same, with nothing pending. Where a plugin alone was killed, what it was making is a failed step to the engine, which
records nothing of it (`pacific` notes it as unsettled): it is counted, and the next run has to take it over. Plain
``pulumi`` reads the state after each kill.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pacific_infra.record.journal import settle
from pacific_infra.settings import Settings
from pacific_sandbox.toolchain import BuiltToolchain
from tests.faults.by_seed import write_run
from tests.support.recorded_program import (
    PARTS,
    RecordedProgram,
    is_object,
    kill_in_the_middle,
    name_of,
    recorded_program,
)

MOST_OBJECTS = 40
LARGEST_JOURNAL = 40_000
"""Bytes; a run of the most objects writes about as much."""


@dataclass
class Round:
    """One kill and what came of it."""

    command: str
    part: str
    """What was killed: the service is the process that has started the engine, as the command is."""
    objects: int
    at: int
    """Bytes of the journal when the run was killed, or more."""
    killed: bool = False
    """Whether the run had not ended by then."""
    live: int = 0
    pending: int = 0
    failed: int = 0
    """Objects whose plugin was killed before it had told of them."""
    problems: list[str] = field(default_factory=list)


def play(program: RecordedProgram, chance: random.Random) -> Round:
    """One round. Raises AssertionError with the engine's output where a run that was not killed fails."""
    command = chance.choice(("up", "up", "destroy"))
    count, value = chance.randrange(1, MOST_OBJECTS), chance.choice("abc")
    chosen = Round(command, chance.choice(PARTS), count, chance.randrange(300, LARGEST_JOURNAL))
    program.declare({f"object-{chance.randrange(MOST_OBJECTS)}": {"value": value} for _ in range(count)})
    arguments = (command, "--yes", "--skip-preview")
    chosen.killed = kill_in_the_middle(program, chosen.at, *arguments, part=chosen.part, chance=chance)
    settle(program.files)
    operations = program.deployment().get("pending_operations") or []
    pending = {name_of(operation["resource"]) for operation in operations if is_object(operation["resource"])}
    live = program.live()
    chosen.live, chosen.pending = len(live), len(operations)
    lost = live - program.recorded() - pending
    if chosen.part == "plugin":
        chosen.failed = len(lost)
    elif lost:
        chosen.problems.append(f"live and not recorded: {sorted(lost)}")
    program.run_recorded(*arguments)
    if program.recorded() != program.live():
        chosen.problems.append("after the next run, recorded and live differ")
    if command == "destroy" and program.live():
        chosen.problems.append("after the next destroy something is left")
    if program.deployment().get("pending_operations"):
        chosen.problems.append("after the next run something is pending")
    return chosen


def rounds(times: int, seed: int, toolchain: BuiltToolchain) -> Iterator[Round]:
    """The rounds, as they end."""
    chance = random.Random(seed)  # noqa: S311 - the same kills for a seed
    with tempfile.TemporaryDirectory() as folder:
        program = recorded_program(Path(folder), toolchain)
        for _ in range(times):
            yield play(program, chance)


def main() -> None:
    """Run the rounds, print one line for each and write the result beside this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="Results of other seeds stay in the file.")
    arguments = parser.parse_args()
    began, results = time.monotonic(), list[Round]()
    for result in rounds(arguments.times, arguments.seed, BuiltToolchain(Settings.read())):
        results.append(result)
        print(f"{len(results)}/{arguments.times} {result}", flush=True)  # noqa: T201
        bad = [asdict(round_) for round_ in results if round_.problems]
        run = {
            "times": len(results),
            "killed": dict(sorted(Counter(round_.part for round_ in results if round_.killed).items())),
            "ended before": sum(not round_.killed for round_ in results),
            "converged": len(results) - len(bad),
            "pending operations after kills": sum(round_.pending for round_ in results),
            "made by a plugin that was killed before it told": sum(round_.failed for round_ in results),
            "seconds": round(time.monotonic() - began),
            "failed": bad,
        }
        write_run(Path(__file__).with_suffix(".json"), arguments.seed, run)
    sys.exit(any(round_.problems for round_ in results))


if __name__ == "__main__":
    main()
