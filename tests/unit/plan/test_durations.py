"""Durations measured before, and what they say of the next run."""

from pathlib import Path

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.plan.durations import KEPT, Estimate, History, forecast, remaining

WEB, CATALOGUE = "CrxWorkload/shop/web", "VirtualMachine/shop/catalogue"


@pytest.fixture(scope="module")
def demo() -> DependencyGraph:
    return build_graph(load_estate([Path(__file__).parents[3] / "stacks" / "estate" / "documents"]))


def measured(demo: DependencyGraph, seconds: float = 5.0) -> History:
    history = History()
    for node in demo.order:
        history.add(node, "create", seconds)
    return history


def test_percentiles_of_a_kind_and_operation() -> None:
    history = History()
    for seconds in range(1, 11):
        history.add(f"VirtualMachine/shop/vm-{seconds}", "create", float(seconds))
    assert history.estimate(CATALOGUE, "create") == Estimate(5.0, 9.0, 10)
    assert history.estimate(CATALOGUE, "update") == Estimate(5.0, 9.0, 10)
    assert history.estimate("Unknown/shop/f", "create") == Estimate(30.0, 60.0, 0)


def test_only_the_latest_are_kept_and_a_file_keeps_them(tmp_path: Path) -> None:
    history = History()
    for seconds in range(KEPT + 5):
        history.add(WEB, "create", float(seconds))
    history.write(tmp_path / "new" / "durations.json")
    again = History.read(tmp_path / "new" / "durations.json")
    assert again.seconds == {"CrxWorkload/create": [float(seconds) for seconds in range(5, KEPT + 5)]}


@pytest.mark.parametrize("text", ["", "[1]", '{"seconds": [1]}', '{"seconds": {"a": ["x"]}}'])
def test_a_damaged_file_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "durations.json").write_text(text)
    assert History.read(tmp_path / "durations.json").seconds == {}


def test_a_forecast_is_the_critical_path_of_what_changes(demo: DependencyGraph) -> None:
    result = forecast(demo, dict.fromkeys(demo.order, "create"), measured(demo))
    assert result.likely.makespan == 25.0  # five waves
    assert result.guessed == []
    assert forecast(demo, {WEB: "update"}, measured(demo)).likely.makespan == 5.0
    assert forecast(demo, {WEB: "update"}, History()).guessed == [WEB]


def test_what_is_left_shrinks_as_things_run(demo: DependencyGraph) -> None:
    history = measured(demo)
    assert remaining(demo, {}, [CATALOGUE, WEB], history).makespan == 10.0
    assert remaining(demo, {CATALOGUE: 3.0}, [CATALOGUE, WEB], history).makespan == 7.0
    assert remaining(demo, {CATALOGUE: 30.0}, [CATALOGUE, WEB], history).makespan == 8.0
