"""Parts of a graph, reasons, schedules: on the demo estate and, for their rules, on random graphs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacific_infra.documents import Estate, VirtualMachineClass, load_estate
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.graph.critical_path import longest_first, schedule
from pacific_infra.graph.drawing import dot, graph_json, mermaid
from pacific_infra.graph.naming import find_node
from pacific_infra.graph.slices import after, before, neighbourhood
from pacific_infra.graph.why import common_needs, why_after
from tests.benchmarks.simulated_runs import lower_bound, simulated_makespan

DOCUMENTS = Path(__file__).parents[3] / "stacks" / "estate" / "documents"
WEB, CATALOGUE, ACCOUNTS = "CrxWorkload/shop/web", "VirtualMachine/shop/catalogue", "VirtualMachine/data/accounts"


@pytest.fixture(scope="module")
def demo() -> DependencyGraph:
    return build_graph(load_estate([DOCUMENTS]))


def random_estate(edges: set[tuple[int, int]], size: int) -> DependencyGraph:
    """VM classes of which each may wait for any with a lower number."""
    documents = [
        VirtualMachineClass.model_validate(
            {
                "apiVersion": "pacific.infra/v1alpha1",
                "kind": "VirtualMachineClass",
                "metadata": {"name": f"c{number}"},
                "spec": {
                    "cpuCount": 1,
                    "memory": "1Gi",
                    "dependsOn": [f"VirtualMachineClass/c{low}" for low, high in sorted(edges) if high == number],
                },
            }
        )
        for number in range(size)
    ]
    return build_graph(Estate(tuple(documents)))


def edges(graph: DependencyGraph) -> list[tuple[str, str]]:
    return [(needed, needing) for needing, result in graph.predecessors.items() for needed in result]


def distances(start: str, steps: list[tuple[str, str]]) -> dict[str, int]:
    """Least numbers of steps from ``start``, by trying every step as often as a way can be long."""
    result = {start: 0}
    for _ in steps:
        for step, other in steps:
            if step in result:
                result[other] = min(result.get(other, len(steps)), result[step] + 1)
    return result


@st.composite
def graphs(draw: st.DrawFn) -> DependencyGraph:
    size = draw(st.integers(1, 12))
    pairs = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(lambda pair: pair[0] < pair[1])
    return random_estate(draw(st.sets(pairs, max_size=24)) if size > 1 else set(), size)


def test_slices_of_the_demo(demo: DependencyGraph) -> None:
    assert neighbourhood(demo, WEB, 1) == {
        WEB,
        "Namespace/shop",
        CATALOGUE,
        "CrxWorkload/data/orders",
        "CrxWorkload/data/prepare",
    }
    assert after(demo, ACCOUNTS) == {ACCOUNTS, "CrxWorkload/data/prepare", WEB}
    assert before(demo, CATALOGUE) == {
        CATALOGUE,
        "Namespace/shop",
        "SupervisorCluster/supervisor-01",
        "VirtualMachineClass/shop-small",
    }


def test_why(demo: DependencyGraph) -> None:
    result = why_after(demo, "VirtualMachineClass/shop-small", WEB)
    assert (result.later, result.earlier) == (WEB, "VirtualMachineClass/shop-small")
    assert [(step[0].target, step[0].reason, step[0].field) for step in result.steps] == [
        ("Namespace/shop", "containment", "metadata.namespace"),
        ("VirtualMachineClass/shop-small", "reference", "spec.virtualMachineClasses[0]"),
    ]
    assert why_after(demo, CATALOGUE, ACCOUNTS).steps == ()
    assert common_needs(demo, CATALOGUE, ACCOUNTS) == {"SupervisorCluster/supervisor-01"}


def test_names_on_the_command_line(demo: DependencyGraph) -> None:
    assert find_node(demo, "web") == find_node(demo, "shop/web") == find_node(demo, WEB) == WEB
    assert find_node(demo, "shop") == "Namespace/shop"
    with pytest.raises(PacificError) as caught:
        find_node(demo, "catalog")
    assert str(caught.value) == (
        "no such document in the estate: got 'catalog'; allowed: VirtualMachine/shop/catalogue"
    )


@pytest.mark.parametrize("text", ["store", "Application/store"])
def test_an_application_is_asked_for_by_its_parts(demo: DependencyGraph, text: str) -> None:
    estate = replace(demo.estate, applications={"store": (WEB, CATALOGUE)})
    with pytest.raises(PacificError) as caught:
        find_node(build_graph(estate), text)
    assert str(caught.value) == (
        f"this is an application: name one of its parts: got '{text}'; allowed: {WEB}, {CATALOGUE}"
    )


def test_drawings_hold_every_node_and_edge(demo: DependencyGraph) -> None:
    everything = frozenset(demo.order)
    form = graph_json(demo, everything)
    assert {node["id"] for node in form["nodes"]} == everything
    assert len(form["edges"]) == sum(len(demo.dependencies(node)) for node in demo.order)
    pairs = {(edge["from"], edge["to"]) for edge in form["edges"]}
    drawn = [line for line in dot(demo, everything).splitlines() if "->" in line]
    assert {tuple(json.loads(part) for part in line.split("[label")[0].split(" -> ")) for line in drawn} == pairs
    assert sum("-->" in line for line in mermaid(demo, everything).splitlines()) == len(pairs)


def test_the_critical_path_of_the_demo(demo: DependencyGraph) -> None:
    durations = dict.fromkeys(demo.order, 1.0) | {CATALOGUE: 30.0}
    result = schedule(demo, durations)
    assert result.critical_path == ("SupervisorCluster/supervisor-01", "Namespace/shop", CATALOGUE, WEB)
    assert result.makespan == 33.0
    assert result.spans[CATALOGUE].slack == 0.0
    assert result.spans[ACCOUNTS].slack == 28.0
    assert lower_bound(result, 1) == result.work == 39.0


@given(graphs(), st.data())
def test_slices_are_exact(graph: DependencyGraph, data: st.DataObject) -> None:
    node = data.draw(st.sampled_from(graph.order))
    depth = data.draw(st.integers(0, 4))
    for slice_, steps in (
        (after, distances(node, edges(graph))),
        (before, distances(node, [(needing, needed) for needed, needing in edges(graph)])),
    ):
        assert slice_(graph, node) == set(steps)
        assert slice_(graph, node, depth) == {item for item, number in steps.items() if number <= depth}
    assert neighbourhood(graph, node, depth) == before(graph, node, depth) | after(graph, node, depth)


@given(graphs(), st.data())
def test_schedules_keep_every_edge_and_their_bounds(graph: DependencyGraph, data: st.DataObject) -> None:
    seconds = st.integers(0, 50).map(float)
    durations = {node: data.draw(seconds) for node in graph.order}
    parallel = data.draw(st.integers(1, 4))
    result = schedule(graph, durations)
    for needed, needing in edges(graph):
        assert result.spans[needed].end <= result.spans[needing].start
    path = result.critical_path
    assert sum(durations[node] for node in path) == result.makespan
    assert all(result.spans[node].slack == 0 for node in path)
    assert all(span.end + span.slack <= result.makespan for span in result.spans.values())
    assert lower_bound(result, parallel) <= simulated_makespan(graph, durations, parallel) <= result.work
    assert simulated_makespan(graph, durations, len(graph.order)) == result.makespan
    order = longest_first(graph, durations)
    assert sorted(order) == sorted(graph.order)
    assert all(order.index(needed) < order.index(needing) for needed, needing in edges(graph))
    assert lower_bound(result, parallel) <= simulated_makespan(graph, durations, parallel, graph.order) <= result.work


@given(graphs(), st.data())
def test_reasons_are_a_real_way(graph: DependencyGraph, data: st.DataObject) -> None:
    item, other = data.draw(st.sampled_from(graph.order)), data.draw(st.sampled_from(graph.order))
    result = why_after(graph, item, other)
    related = item != other and (item in before(graph, other) or other in before(graph, item))
    assert bool(result.steps) == related
    position = result.later
    for step in result.steps:
        assert {reason.document.id for reason in step} == {position}
        (position,) = {reason.target for reason in step}
    assert position == (result.earlier if related else result.later)


def test_the_longest_way_first_is_faster_than_wave_by_wave() -> None:
    # A long chain whose first has the greatest name, beside many short ones.
    graph = random_estate({(8, 9), (9, 10), (10, 11)}, 12)
    durations = {node: 10.0 if int(node.rpartition("/c")[2]) >= 8 else 5.0 for node in graph.order}
    names = tuple(sorted(graph.order, key=lambda node: (graph.wave_of[node], int(node.rpartition("/c")[2]))))
    assert simulated_makespan(graph, durations, 2, names) == 60.0
    assert simulated_makespan(graph, durations, 2) == 40.0 == lower_bound(schedule(graph, durations), 2)
