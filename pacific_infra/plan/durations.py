"""How long nodes took before, and how long the next ones will take."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pacific_infra.documents.kinds import KINDS
from pacific_infra.graph import DependencyGraph
from pacific_infra.graph.critical_path import Schedule, schedule

KEPT = 50
"""Latest durations that are kept of each kind and operation."""
UNKNOWN_KIND = 30.0
"""Guessed seconds for a node whose kind this version does not know, such as one that a newer version recorded."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long one node takes, in seconds."""

    p50: float
    p90: float
    samples: int
    """Measurements behind it; 0: a first guess."""


@dataclass
class History:
    """Durations by ``Kind/operation``, oldest first."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Self:
        """What the file holds; nothing where it is not there or is damaged: an estimate is not worth an error."""
        try:
            content = json.loads(file.read_text())
            return cls({str(key): [float(number) for number in values] for key, values in content["seconds"].items()})
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def write(self, file: Path) -> None:
        """Write it in one step."""
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.write_text(json.dumps({"seconds": self.seconds}, indent=1) + "\n")
        new.replace(file)

    def add(self, node: str, operation: str, seconds: float) -> None:
        """Take in one measurement."""
        kept = self.seconds.setdefault(_key(node, operation), [])
        kept.append(round(seconds, 1))
        del kept[:-KEPT]

    def estimate(self, node: str, operation: str) -> Estimate:
        """From the same kind and operation, else from the kind's creations, else a first guess."""
        for key in (_key(node, operation), _key(node, "create")):
            samples = self.seconds.get(key)
            if samples:
                return Estimate(_percentile(samples, 0.5), _percentile(samples, 0.9), len(samples))
        kind = KINDS.get(node.partition("/")[0])
        guess = kind.first_guess if kind else UNKNOWN_KIND
        return Estimate(guess, 2 * guess, 0)


def durations_file(state_directory: Path, project: str, stack: str) -> Path:
    """Where the durations of a stack's nodes are kept."""
    return state_directory / "durations" / f"{project}-{stack}.json"


@dataclass(frozen=True)
class Forecast:
    """How long a converge takes."""

    likely: Schedule
    """With every node at its p50."""
    late: Schedule
    """With every node at its p90."""
    guessed: Sequence[str]
    """Nodes of which nothing has been measured yet."""


def forecast(graph: DependencyGraph, operations: Mapping[str, str], history: History) -> Forecast:
    """For the nodes in ``operations`` (id to operation); those that stay the same take no time."""
    estimates = {node: history.estimate(node, operation) for node, operation in operations.items()}
    return Forecast(
        schedule(graph, {node: estimate.p50 for node, estimate in estimates.items()}),
        schedule(graph, {node: estimate.p90 for node, estimate in estimates.items()}),
        [node for node, estimate in estimates.items() if not estimate.samples],
    )


def remaining(
    graph: DependencyGraph,
    spent: Mapping[str, float],
    open_nodes: Iterable[str],
    history: History,
    operation: str = "create",
) -> Schedule:
    """What is left: ``open_nodes`` are not done, ``spent`` says how long those that run have run."""
    left = {}
    for node in open_nodes:
        estimate = history.estimate(node, operation)
        run = spent.get(node, 0.0)
        # One that is late is expected to need a little more, not to be over.
        left[node] = max(estimate.p50 - run, 0.1 * run if run else estimate.p50)
    return schedule(graph, left)


def _key(node: str, operation: str) -> str:
    return f"{node.partition('/')[0]}/{operation}"


def _percentile(samples: Sequence[float], share: float) -> float:
    ordered = sorted(samples)
    return ordered[math.ceil(share * len(ordered)) - 1]
