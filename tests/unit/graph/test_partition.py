"""How an estate is split into stacks, and what each stack is told of the others."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pacific_infra.documents import load_estate
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.graph.partition import Partition, PartitionRule, partition

HEAD = "apiVersion: pacific.infra/v1alpha1\n"
SUPERVISOR = f"""{HEAD}kind: SupervisorCluster
metadata: {{name: s1}}
spec:
  cluster: c1
  storagePolicy: gold
  managementNetwork: {{network: m, addressing: {{mode: DHCP}}}}
  workloadNetwork: {{type: VSPHERE, network: w, addressing: {{mode: DHCP}}}}
  loadBalancer: {{provider: VSPHERE_FOUNDATION}}
"""


def namespace(name: str) -> str:
    return f"---\n{HEAD}kind: Namespace\nmetadata: {{name: {name}}}\nspec: {{supervisor: s1}}\n"


def workload(place: str, needs: Sequence[str] = (), variables: str = "") -> str:
    where, _, name = place.partition("/")
    environment = f", environment: {{{variables}}}" if variables else ""
    return (
        f"---\n{HEAD}kind: CrxWorkload\nmetadata: {{name: {name}, namespace: {where}}}\n"
        f"spec:\n  kind: Deployment\n  dependsOn: [{', '.join(needs)}]\n  service: {{ports: [{{port: 80}}]}}\n"
        f"  containers: [{{name: c, image: 'c:1'{environment}}}]\n"
    )


def graph_of(folder: Path, *documents: str) -> DependencyGraph:
    (folder / "estate.yaml").write_text("".join((SUPERVISOR, *documents)))
    return build_graph(load_estate([folder / "estate.yaml"]))


def stacks_of(split: Partition) -> Mapping[str, Sequence[str]]:
    return {stack: [node.partition("/")[2] for node in nodes] for stack, nodes in split.members.items()}


@pytest.fixture
def shop(tmp_path: Path) -> DependencyGraph:
    """Three namespaces, of which one takes a value from another."""
    return graph_of(
        tmp_path,
        *map(namespace, ("data", "shop", "site")),
        workload("data/orders"),
        workload("shop/web", variables="ORDERS: {from: CrxWorkload/data/orders, output: host}"),
        workload("site/pages"),
    )


def test_what_lies_in_no_namespace_is_in_the_first_stack_and_each_namespace_has_one(shop: DependencyGraph) -> None:
    split = partition(shop, "prod", PartitionRule(size=1))
    assert stacks_of(split) == {
        "prod": ["s1"],
        "prod-data": ["data", "data/orders"],
        "prod-shop": ["shop", "shop/web"],
        "prod-site": ["site", "site/pages"],
    }
    assert split.stacks.waves == (("prod",), ("prod-data", "prod-site"), ("prod-shop",))


def test_small_namespaces_share_a_stack_unless_one_waits_for_the_other(shop: DependencyGraph) -> None:
    split = partition(shop, "prod", PartitionRule(size=100))
    assert set(split.members["prod-data"]) == {
        "Namespace/data",
        "Namespace/site",
        "CrxWorkload/data/orders",
        "CrxWorkload/site/pages",
    }
    assert set(split.members) == {"prod", "prod-data", "prod-shop"}


def test_a_slice_has_its_documents_and_what_they_need_of_others(shop: DependencyGraph) -> None:
    split = partition(shop, "prod", PartitionRule(size=1))
    part = split.slice_of("prod-shop")
    assert set(part.declared) == {"Namespace/shop", "CrxWorkload/shop/web"}
    assert part.elsewhere == {
        "CrxWorkload/data/orders": "prod-data",
        "Namespace/data": "prod-data",
        "SupervisorCluster/s1": "prod",
    }
    assert split.slice_of("prod-data").shared == {"CrxWorkload/data/orders": {"host"}}
    assert split.slice_of("prod").shared == {"SupervisorCluster/s1": {"supervisor", "endpoint", "kubeconfig"}}


def test_namespaces_that_wait_for_each_other_are_in_one_stack_and_it_is_said(tmp_path: Path) -> None:
    graph = graph_of(
        tmp_path,
        *map(namespace, ("a", "b")),
        workload("a/first"),
        workload("b/second", ["CrxWorkload/a/first"]),
        workload("a/third", ["CrxWorkload/b/second"]),
    )
    split = partition(graph, "prod", PartitionRule(size=1))
    assert set(split.members) == {"prod", "prod-a"}
    assert [joined.text.replace(f"{tmp_path}/", "") for joined in split.joined] == [
        "these are in one stack, prod-a, because they wait for each other: "
        "CrxWorkload/b/second needs CrxWorkload/a/first (order at estate.yaml:35), "
        "CrxWorkload/a/third needs CrxWorkload/b/second (order at estate.yaml:44)"
    ]


def test_what_the_first_stack_waits_for_is_in_it(tmp_path: Path) -> None:
    machine_class = (
        f"---\n{HEAD}kind: VirtualMachineClass\nmetadata: {{name: big}}\n"
        "spec: {cpuCount: 2, memory: 4Gi, dependsOn: [CrxWorkload/a/first]}\n"
    )
    graph = graph_of(
        tmp_path, namespace("a"), workload("a/first"), workload("a/third", ["VirtualMachineClass/big"]), machine_class
    )
    split = partition(graph, "prod", PartitionRule(size=1))
    assert set(split.members) == {"prod"}
    assert len(split.joined) == 1


def test_a_namespace_is_where_it_is_pinned_to(shop: DependencyGraph) -> None:
    split = partition(shop, "prod", PartitionRule(size=1, pinned={"shop": "web", "site": "web"}))
    assert {node for node in split.members["prod-web"] if node.startswith("Namespace")} == {
        "Namespace/shop",
        "Namespace/site",
    }


def test_the_namespaces_of_an_application_are_in_one_stack(tmp_path: Path) -> None:
    application = f"---\n{HEAD}kind: Application\nmetadata: {{name: shop}}\nspec: {{parts: [a/first, b/second]}}\n"
    graph = graph_of(
        tmp_path,
        *map(namespace, ("a", "b", "c")),
        workload("a/first"),
        workload("b/second", ["CrxWorkload/a/first"]),
        application.replace("a/first", "CrxWorkload/a/first").replace("b/second", "CrxWorkload/b/second"),
    )
    split = partition(graph, "prod", PartitionRule("application", size=1))
    assert set(split.members) == {"prod", "prod-a", "prod-c"}


def test_a_number_says_into_how_many_stacks(tmp_path: Path) -> None:
    names = [f"n{number:02}" for number in range(20)]
    split = partition(graph_of(tmp_path, *map(namespace, names)), "prod", PartitionRule(4))
    assert len(split.members) == 5


def test_none_is_one_stack(shop: DependencyGraph) -> None:
    split = partition(shop, "prod", PartitionRule("none"))
    assert list(split.members) == ["prod"]
    assert split.slice_of("prod").elsewhere == {}


def test_what_is_in_a_stack_stays_in_it_when_others_come(tmp_path: Path) -> None:
    names = ["b", "c", "d"]
    before = partition(graph_of(tmp_path, *map(namespace, names)), "prod", PartitionRule(size=6))
    after = partition(
        graph_of(tmp_path, *map(namespace, ["a", *names])), "prod", PartitionRule(size=6), before.stack_of
    )
    assert {node: after.stack_of[node] for node in before.stack_of} == before.stack_of
    assert "Namespace/a" in after.stack_of


def test_namespaces_that_outgrow_their_stack_leave_it(tmp_path: Path) -> None:
    names, rule = ["b", "c", "d"], PartitionRule(size=14)
    before = partition(graph_of(tmp_path, *map(namespace, names)), "prod", rule)
    assert {*before.stack_of.values()} == {"prod", "prod-b"}
    texts = [workload(f"{name}/w{number}") for name in names for number in range(3)]
    small = graph_of(tmp_path, *map(namespace, names), *texts[:3])
    assert {*partition(small, "prod", rule, before.stack_of).stack_of.values()} == {"prod", "prod-b"}
    grown = graph_of(tmp_path, *map(namespace, names), *texts)
    after = partition(grown, "prod", rule, before.stack_of)
    assert [after.stack_of[f"Namespace/{name}"] for name in names] == ["prod-b", "prod-c", "prod-d"]
    assert partition(grown, "prod", rule, after.stack_of).stack_of == after.stack_of
    unmoved = partition(grown, "prod", replace(rule, moves=False), before.stack_of)
    assert {*unmoved.stack_of.values()} == {"prod", "prod-b"}
    pinned = PartitionRule(size=14, pinned=dict.fromkeys(names, "b"))
    assert {*partition(grown, "prod", pinned, before.stack_of).stack_of.values()} == {"prod", "prod-b"}


EDGES = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20)


@settings(max_examples=25)
@given(
    edges=EDGES,
    more=EDGES,
    size=st.integers(1, 12),
    by=st.sampled_from(["namespace", "application", 1, 3]),
)
def test_stacks_never_wait_for_each_other_and_no_document_is_lost(
    tmp_path_factory: pytest.TempPathFactory,
    edges: list[tuple[int, int]],
    more: list[tuple[int, int]],
    size: int,
    by: object,
) -> None:
    folder = tmp_path_factory.mktemp("estate")
    rule = PartitionRule(by, size)  # type: ignore[arg-type]  # one of those that are allowed
    before: Mapping[str, str] = {}
    for pairs in (edges, [*edges, *more]):
        # Twelve workloads in four namespaces; each waits for earlier ones only, so that documents have no cycle.
        needs = {
            later: [f"CrxWorkload/n{e % 4}/w{e}" for e, x in pairs if x == later and e < later] for later in range(12)
        }
        texts = [workload(f"n{number % 4}/w{number}", sorted(set(needs[number]))) for number in range(12)]
        graph = graph_of(folder, *(namespace(f"n{number}") for number in range(4)), *texts)
        split = partition(graph, "prod", rule, before)
        assert len(split.stacks.order) == len(split.members)
        assert sorted(node for nodes in split.members.values() for node in nodes) == sorted(graph.order)
        assert split.stack_of["SupervisorCluster/s1"] == "prod"
        for stack in split.members:
            assert split.slice_of(stack).declared == tuple(
                node for node in split.slice_of(stack).order if split.stack_of[node] == stack
            )
        before = split.stack_of
        assert partition(graph, "prod", rule, before).stack_of == before  # and nothing moves again
