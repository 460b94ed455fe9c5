import random

from pacific_sandbox.faults.api_fault import ApiFault, ApiRequest
from pacific_sandbox.faults.decision import Decision, Use, decide

REQUEST = ApiRequest("rest", "GET", "/api/vcenter/cluster")


class Uses:
    """Keeps the use of each fault."""

    def __init__(self) -> None:
        self.kept: dict[str, Use] = {}

    def __call__(self, fault: ApiFault) -> Use:
        return self.kept.setdefault(fault.id, Use(random.Random(fault.seed)))  # noqa: S311


def rest(identifier: str, effect: str, **values: object) -> ApiFault:
    return ApiFault(identifier, "rest", effect, **values)  # type: ignore[arg-type]


def test_nothing_declared_nothing_happens() -> None:
    assert decide(REQUEST, [], Uses()) == Decision()


def test_delays_add_up_and_the_first_other_effect_ends_it() -> None:
    faults = [rest("1", "slow", value=1), rest("2", "slow", value=2), rest("3", "fail", value=503), rest("4", "hang")]
    decision = decide(REQUEST, faults, Uses())
    assert decision == Decision(3.0, faults[2], ("1", "2", "3"))


def test_a_count_ends_a_fault_and_the_next_one_takes_over() -> None:
    faults, uses = [rest("1", "fail", value=503, count=2), rest("2", "fail", value=500, method="GET")], Uses()
    ends = [decide(REQUEST, faults, uses).ending for _ in range(4)]
    assert ends == [faults[0], faults[0], faults[1], faults[1]]
    assert {name: use.applied for name, use in uses.kept.items()} == {"1": 2, "2": 2}


def test_only_requests_that_are_met_count() -> None:
    faults, uses = [rest("1", "hang", method="POST", count=1)], Uses()
    assert decide(REQUEST, faults, uses).ending is None
    assert decide(ApiRequest("rest", "POST", "/api/x"), faults, uses).ending is faults[0]


def test_a_probability_meets_about_its_share_and_the_same_ones_by_seed() -> None:
    def met(seed: int) -> list[bool]:
        uses = Uses()
        fault = rest("1", "fail", value=503, probability=0.05, seed=seed)
        return [decide(REQUEST, [fault], uses).ending is not None for _ in range(2000)]

    assert 60 <= sum(met(1)) <= 140
    assert met(1) == met(1)
    assert met(1) != met(2)
