"""The same documents on several vCenters, changed wave after wave: what comes next, and what stops it."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, Self, TypeAlias

from pacific_infra.converge.estate_file import SiteWave
from pacific_infra.errors import PacificError
from pacific_infra.steady_time import steady_time

LOOK_EVERY = 30.0
"""Seconds between two looks at the health of sites that have to stay healthy."""
SiteState: TypeAlias = Literal["unchanged", "done", "failed", "unhealthy", "waiting", "rolled back", "not begun"]
"""``waiting``: for a person's approval. ``rolled back``: to the run before, after a failure of its wave."""


class Sites(Protocol):
    """The stacks of the sites."""

    def changes(self, stack: str) -> Mapping[str, int]:
        """What a run would do, as counts of resources; empty: nothing. Raises PacificError where that is not known."""

    def converge(self, stacks: Sequence[str]) -> Mapping[str, str]:
        """Run ``up`` of these at the same time; the error of each that failed."""

    def illness(self, stack: str) -> str | None:
        """A document that is not as it should be, with its reason; None: all are."""

    def changed_at(self, stack: str) -> float | None:
        """When a run changed something for the last time, in seconds since the epoch; None: never."""

    def go_back(self, stack: str) -> str | None:
        """Converge the documents of the run before. The error; None: it is done."""


@dataclass
class Rollout:
    """How far it came."""

    states: dict[str, SiteState]
    """The state of each stack, in the order of the waves."""
    changes: dict[str, Mapping[str, int]] = field(default_factory=dict)
    """What was planned for each stack that was looked at and had something to do."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Why, for each stack that failed, is unhealthy, or could not be rolled back."""

    @classmethod
    def of(cls, waves: Sequence[SiteWave]) -> Self:
        """One that has not begun."""
        return cls({stack: "not begun" for wave in waves for stack in wave.stacks})

    @property
    def result(self) -> Literal["done", "waiting", "failed"]:
        """How it ended."""
        states = {*self.states.values()}
        if states <= {"done", "unchanged"}:
            return "done"
        return "waiting" if states <= {"done", "unchanged", "waiting", "not begun"} else "failed"

    def look_at(self, sites: Sites, stack: str) -> bool:
        """Note what is to be done for a stack; whether that could be found out."""
        try:
            changes = sites.changes(stack)
        except PacificError as error:
            self.fail("failed", {stack: str(error)})
            return False
        if changes:
            self.changes[stack] = changes
        else:
            self.states[stack] = "unchanged"
        return True

    def fail(self, state: SiteState, reasons: Mapping[str, str]) -> None:
        """Note why these stacks are not as they should be."""
        self.reasons.update(reasons)
        self.states.update(dict.fromkeys(reasons, state))


@dataclass(frozen=True)
class Clock:
    """How time passes."""

    now: Callable[[], float] = steady_time
    sleep: Callable[[float], object] = time.sleep


@dataclass(frozen=True)
class Director:
    """Leads a rollout through its waves."""

    sites: Sites
    say: Callable[[str], object]
    approved: Collection[str] = ()
    """Sites that a person has named."""
    roll_back: bool = False
    """Whether the sites of a wave that fails go back to the run before."""
    clock: Clock = Clock()

    def roll_out(self, waves: Sequence[SiteWave], confirm: Callable[[Sequence[str]], object]) -> Rollout:
        """Change the sites, wave after wave, and stop where one fails, is unhealthy, or waits for a person.

        Sites with nothing to do are looked at too, so that the result is ``done`` only where all are healthy.

        ``confirm`` gets the stacks of a wave that something is to be done for, before it is; it may raise.
        """
        rollout = Rollout.of(waves)
        before: list[str] = []
        for wave in waves:
            if not all(rollout.look_at(self.sites, stack) for stack in wave.stacks):
                break
            if changed := [stack for stack in wave.stacks if stack in rollout.changes]:
                if not self._approved(wave, changed, before, rollout):
                    break
                if not self._healthy(before, wave.after.soak, rollout):
                    break
                confirm(changed)
                if not self._converge(changed, rollout):
                    break
            before += wave.stacks
        else:
            self._healthy([stack for stack in before if rollout.states[stack] == "unchanged"], 0, rollout)
        return rollout

    def _approved(self, wave: SiteWave, changed: Sequence[str], before: Sequence[str], rollout: Rollout) -> bool:
        """Whether all is approved that has to be; nobody is asked to while a site before is ill."""
        missing = [stack for stack in changed if stack not in self.approved] if wave.after.approval else []
        if missing and self._healthy(before, 0, rollout):
            rollout.states.update(dict.fromkeys(missing, "waiting"))
        return not missing

    def _healthy(self, stacks: Sequence[str], soak: int, rollout: Rollout) -> bool:
        """Whether they are healthy until ``soak`` seconds after their last change."""
        last = max((self.sites.changed_at(stack) or 0.0 for stack in stacks), default=0.0)
        announced = False
        while True:
            ill = {stack: illness for stack in stacks if (illness := self.sites.illness(stack)) is not None}
            if ill:
                rollout.fail("unhealthy", ill)
                return False
            left = last + soak - self.clock.now()
            if not stacks or left <= 0:
                return True
            if not announced:
                self.say(f"waiting until {', '.join(stacks)} stayed healthy for {left:.0f} seconds more")
                announced = True
            self.clock.sleep(min(LOOK_EVERY, left))

    def _converge(self, stacks: Sequence[str], rollout: Rollout) -> bool:
        errors = self.sites.converge(stacks)
        rollout.states.update({stack: "done" for stack in stacks if stack not in errors})
        rollout.fail("failed", errors)
        ill = {stack: self.sites.illness(stack) for stack in stacks if stack not in errors}
        rollout.fail("unhealthy", {stack: illness for stack, illness in ill.items() if illness is not None})
        if all(rollout.states[stack] == "done" for stack in stacks):
            return True
        for stack in stacks if self.roll_back else ():
            self.say(f"{stack}: going back to the run before")
            error = self.sites.go_back(stack)
            if error is None:
                rollout.states[stack] = "rolled back"
            else:
                rollout.reasons[stack] = f"{rollout.reasons.get(stack, 'its wave failed')}; not rolled back: {error}"
        return False
