"""Sites are changed wave after wave: what comes next, what stops it, and what goes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from pacific_infra.converge.estate_file import EstateFile, SiteWave
from pacific_infra.converge.rollout import Clock, Director, Rollout
from pacific_infra.errors import PacificError

WAVES = EstateFile.model_validate(
    {
        "sites": [
            {"stacks": ["lab"]},
            {"stacks": ["oslo", "paris"], "after": {"soak": 100}},
            {"stacks": ["prod"], "after": {"approval": True}},
        ]
    }
).sites


@dataclass
class SiteTable:
    """Sites in memory, on a clock of their own."""

    planned: dict[str, Mapping[str, int]] = field(
        default_factory=lambda: {stack: {"update": 1} for wave in WAVES for stack in wave.stacks}
    )
    failures: dict[str, str] = field(default_factory=dict)
    ill: dict[str, str] = field(default_factory=dict)
    ill_from: float = 0.0
    unreadable: set[str] = field(default_factory=set)
    no_way_back: set[str] = field(default_factory=set)
    time: float = 1000.0
    changed: dict[str, float] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def changes(self, stack: str) -> Mapping[str, int]:
        if stack in self.unreadable:
            raise PacificError("vCenter does not answer", value=stack)
        return self.planned[stack]

    def converge(self, stacks: Sequence[str]) -> Mapping[str, str]:
        self.log.append(f"up {' '.join(stacks)} at {self.time:.0f}")
        for stack in stacks:
            if stack not in self.failures:
                self.planned[stack], self.changed[stack] = {}, self.time
        return {stack: error for stack, error in self.failures.items() if stack in stacks}

    def illness(self, stack: str) -> str | None:
        return self.ill.get(stack) if self.time >= self.ill_from else None

    def changed_at(self, stack: str) -> float | None:
        return self.changed.get(stack)

    def go_back(self, stack: str) -> str | None:
        self.log.append(f"back {stack}")
        return "there is no run to go back to" if stack in self.no_way_back else None

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def roll_out(self, *approved: str, roll_back: bool = False, waves: Sequence[SiteWave] = WAVES) -> Rollout:
        clock = Clock(lambda: self.time, self.sleep)
        return Director(self, self.log.append, approved, roll_back, clock).roll_out(waves, lambda _: None)


def test_each_wave_waits_for_those_before_and_for_its_gate() -> None:
    sites = SiteTable()
    rollout = sites.roll_out()
    assert sites.log == [
        "up lab at 1000",
        "waiting until lab stayed healthy for 100 seconds more",
        "up oslo paris at 1100",
    ]
    assert (rollout.result, rollout.states["prod"]) == ("waiting", "waiting")
    # With its approval it goes on, and does nothing twice.
    again = sites.roll_out("prod")
    assert sites.log[3:] == ["up prod at 1100"]
    assert again.states == {"lab": "unchanged", "oslo": "unchanged", "paris": "unchanged", "prod": "done"}
    assert again.result == "done"


def test_nobody_is_asked_to_approve_while_a_site_before_is_ill() -> None:
    sites = SiteTable(
        planned={"lab": {}, "oslo": {}, "paris": {}, "prod": {"update": 1}}, ill={"oslo": "web is degraded"}
    )
    rollout = sites.roll_out()
    assert (rollout.result, rollout.states["oslo"]) == ("failed", "unhealthy")
    assert rollout.states["prod"] != "waiting"


def test_where_nothing_is_to_do_no_gate_is_waited_for() -> None:
    sites = SiteTable(planned={stack: {} for wave in WAVES for stack in wave.stacks})
    assert sites.roll_out().result == "done"
    assert sites.log == []


def test_a_site_that_is_unhealthy_is_a_failure_also_where_nothing_is_to_do() -> None:
    sites = SiteTable(planned={stack: {} for wave in WAVES for stack in wave.stacks}, ill={"prod": "web is degraded"})
    rollout = sites.roll_out()
    assert (rollout.result, rollout.states["prod"]) == ("failed", "unhealthy")
    assert rollout.reasons == {"prod": "web is degraded"}


def test_a_failure_stops_the_waves_behind_it() -> None:
    sites = SiteTable(failures={"paris": "no such image"})
    rollout = sites.roll_out("prod")
    assert rollout.states == {"lab": "done", "oslo": "done", "paris": "failed", "prod": "not begun"}
    assert (rollout.result, rollout.reasons) == ("failed", {"paris": "no such image"})


def test_the_sites_of_a_wave_that_fails_go_back_and_others_do_not() -> None:
    sites = SiteTable(failures={"paris": "no such image"}, no_way_back={"oslo"})
    rollout = sites.roll_out(roll_back=True)
    assert sites.log[-2:] == ["back paris", "paris: going back to the run before"][::-1]
    assert [line for line in sites.log if line.startswith("back ")] == ["back oslo", "back paris"]
    assert (rollout.states["lab"], rollout.states["paris"]) == ("done", "rolled back")
    assert rollout.reasons["oslo"] == "its wave failed; not rolled back: there is no run to go back to"
    assert rollout.result == "failed"


def test_a_site_that_becomes_unhealthy_while_it_is_waited_for_stops_the_rollout() -> None:
    sites = SiteTable(ill={"lab": "CrxWorkload/shop/web is degraded: 1/3 replicas ready"}, ill_from=1050)
    rollout = sites.roll_out()
    assert [line for line in sites.log if line.startswith("up ")] == ["up lab at 1000"]
    assert (rollout.states["lab"], rollout.states["oslo"]) == ("unhealthy", "not begun")
    assert rollout.reasons == {"lab": "CrxWorkload/shop/web is degraded: 1/3 replicas ready"}


def test_a_site_that_is_unhealthy_after_its_up_has_failed() -> None:
    sites = SiteTable(ill={"lab": "Namespace/shop is missing"})
    rollout = sites.roll_out(roll_back=True)
    assert (rollout.states["lab"], rollout.result) == ("rolled back", "failed")


def test_a_site_that_cannot_be_planned_stops_the_rollout_before_its_wave() -> None:
    sites = SiteTable(unreadable={"oslo"})
    rollout = sites.roll_out()
    assert sites.log == ["up lab at 1000"]
    assert rollout.reasons == {"oslo": "vCenter does not answer: got 'oslo'"}
    assert rollout.states["paris"] == "not begun"


def test_a_wave_is_not_begun_that_the_user_does_not_confirm() -> None:
    sites = SiteTable()

    def refuse(_: Sequence[str]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Director(sites, sites.log.append).roll_out(WAVES, refuse)
    assert sites.log == []
