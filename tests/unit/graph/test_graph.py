from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacific_infra.documents import Document, Estate, Namespace, VirtualMachineClass, load_estate
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import DependencyGraph, build_graph
from tests.support.refusals import refusals

VERSION = "pacific.infra/v1alpha1"
SUPERVISOR = f"""\
apiVersion: {VERSION}
kind: SupervisorCluster
metadata: {{name: s}}
spec:
  cluster: cluster-01
  storagePolicy: gold
  managementNetwork: {{network: management}}
  workloadNetwork: {{type: NSXT, nsx: {{distributedSwitch: dvs-01}}}}
---
"""
NAMESPACE = f"""\
apiVersion: {VERSION}
kind: Namespace
metadata: {{name: shop}}
spec:
  supervisor: s
  virtualMachineClasses: [small]
  storagePolicies: [{{name: gold}}]
---
"""


def machine(name: str, depends_on: str = "[]", more: str = "") -> str:
    return (
        f"apiVersion: {VERSION}\nkind: VirtualMachine\nmetadata: {{name: {name}, namespace: shop}}\n"
        f"spec:\n  class: small\n  image: debian-12\n  storagePolicy: gold\n  dependsOn: {depends_on}\n{more}---\n"
    )


def workload(environment: str) -> str:
    return (
        f"apiVersion: {VERSION}\nkind: CrxWorkload\nmetadata: {{name: web, namespace: shop}}\nspec:\n"
        f"  kind: Deployment\n  containers:\n  - name: web\n    image: web:1\n"
        f"    environment:\n      URL: {environment}\n---\n"
    )


@pytest.fixture
def graph_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], DependencyGraph]:
    monkeypatch.chdir(tmp_path)

    def build(text: str) -> DependencyGraph:
        Path("a.yaml").write_text(text)
        return build_graph(load_estate(["a.yaml"]))

    return build


def errors(build: Callable[[str], DependencyGraph], text: str) -> list[str]:
    return refusals(lambda: build(text))


def test_waves_and_reasons(graph_of: Callable[[str], DependencyGraph]) -> None:
    graph = graph_of(
        workload("{from: VirtualMachine/b, output: address}")
        + machine("b", "[VirtualMachine/a]")
        + machine("a")
        + NAMESPACE
        + SUPERVISOR
        + f"apiVersion: {VERSION}\nkind: VirtualMachineClass\nmetadata: {{name: small}}\n"
        + "spec: {cpuCount: 1, memory: 1Gi}\n"
    )
    assert graph.waves == (
        ("SupervisorCluster/s", "VirtualMachineClass/small"),
        ("Namespace/shop",),
        ("VirtualMachine/shop/a",),
        ("VirtualMachine/shop/b",),
        ("CrxWorkload/shop/web",),
    )
    assert graph.wave_of["VirtualMachine/shop/b"] == 4
    result = [
        (item.target, item.reason, item.field, item.place) for item in graph.dependencies("VirtualMachine/shop/b")
    ]
    assert result == [
        ("Namespace/shop", "containment", "metadata.namespace", "a.yaml:14"),
        ("VirtualMachine/shop/a", "order", "spec.dependsOn[0]", "a.yaml:19"),
        ("VirtualMachineClass/small", "reference", "spec.class", "a.yaml:16"),
    ]
    assert graph.container("CrxWorkload/shop/web") == "Namespace/shop"
    assert graph.container("SupervisorCluster/s") is None
    assert graph.needs("CrxWorkload/shop/web") == ("Namespace/shop", "VirtualMachine/shop/b")
    assert graph.needed_by("VirtualMachine/shop/a") == ("VirtualMachine/shop/b",)


def test_a_class_may_be_the_vcenters_own(graph_of: Callable[[str], DependencyGraph]) -> None:
    graph = graph_of(SUPERVISOR + NAMESPACE + machine("a"))
    assert graph.needs("Namespace/shop") == ("SupervisorCluster/s",)


def test_unknown_reference(graph_of: Callable[[str], DependencyGraph]) -> None:
    text = SUPERVISOR + NAMESPACE + machine("catalogue") + machine("b", "[VirtualMachine/catalog, CrxWorkload/x/y]")
    assert errors(graph_of, text) == [
        "a.yaml:34: VirtualMachine/shop/b names a document that does not exist: got 'VirtualMachine/shop/catalog'; "
        "allowed: VirtualMachine/shop/catalogue; "
        "fix: write one of them, or add the document VirtualMachine/shop/catalog",
        "a.yaml:34: VirtualMachine/shop/b names a document that does not exist: got 'CrxWorkload/x/y'; "
        "fix: add the document CrxWorkload/x/y",
    ]


def test_cycle_is_printed_as_the_path(graph_of: Callable[[str], DependencyGraph]) -> None:
    text = (
        SUPERVISOR
        + NAMESPACE
        + machine("a", "[VirtualMachine/c]")
        + machine("b", "[VirtualMachine/a]")
        + machine("c", "[VirtualMachine/b]")
        + machine("d", "[VirtualMachine/c, VirtualMachine/d]")
    )
    item, two, three, four = (f"VirtualMachine/shop/{name}" for name in "abcd")
    assert errors(graph_of, text) == [
        f"a.yaml:25: these documents wait for each other: got '{item} -> {three} -> {two} -> {item}'; "
        f"fix: remove one of: {item} needs {three} (order at a.yaml:25), {three} needs {two} (order at a.yaml:43), "
        f"{two} needs {item} (order at a.yaml:34)",
        f"a.yaml:52: these documents wait for each other: got '{four} -> {four}'; fix: remove one of: "
        f"{four} needs {four} (order at a.yaml:52)",
    ]


def test_what_the_namespace_does_not_have(graph_of: Callable[[str], DependencyGraph]) -> None:
    volumes = "  volumes: [{name: data, size: 1Gi, storagePolicy: silver}]\n"
    text = SUPERVISOR + NAMESPACE + machine("a", more=volumes).replace("class: small", "class: large")
    assert errors(graph_of, text) == [
        "a.yaml:26: Namespace/shop does not have this in its storagePolicies: got 'silver'; allowed: gold; "
        "fix: add it to spec.storagePolicies at a.yaml:16",
        "a.yaml:22: Namespace/shop does not have this in its virtualMachineClasses: got 'large'; allowed: small; "
        "fix: add it to spec.virtualMachineClasses at a.yaml:15",
    ]


def test_owner_of_another_domain(graph_of: Callable[[str], DependencyGraph]) -> None:
    text = SUPERVISOR + NAMESPACE.replace("---\n", "  access:\n  - {user: a, domain: corp.example, role: OWNER}\n")
    assert errors(graph_of, text) == [
        "a.yaml:18: only users and groups of the SSO domain can be OWNER: got 'corp.example'; allowed: vsphere.local; "
        "fix: set role: EDIT"
    ]


def test_output_of_a_service_that_is_not_there(graph_of: Callable[[str], DependencyGraph]) -> None:
    text = SUPERVISOR + NAMESPACE + machine("a") + workload("{from: VirtualMachine/a, output: serviceAddress}")
    assert errors(graph_of, text) == [
        "a.yaml:36: VirtualMachine/shop/a has no service, and so not this output: got 'serviceAddress'; "
        "fix: add spec.service to it at a.yaml:21"
    ]


def class_document(number: int, needs: list[int]) -> VirtualMachineClass:
    return VirtualMachineClass.model_validate(
        {
            "apiVersion": VERSION,
            "kind": "VirtualMachineClass",
            "metadata": {"name": f"n{number}"},
            "spec": {"cpuCount": 1, "memory": "1Gi", "dependsOn": [f"VirtualMachineClass/n{need}" for need in needs]},
        }
    )


@st.composite
def acyclic(draw: st.DrawFn) -> list[Document]:
    """Documents that depend only on ones of a lower number, in any order."""
    size = draw(st.integers(1, 25))
    needs = [draw(st.lists(st.integers(0, number - 1), max_size=3)) if number else [] for number in range(size)]
    return draw(st.permutations([class_document(number, result) for number, result in enumerate(needs)]))


@given(acyclic())
def test_waves_respect_every_edge_and_are_minimal(documents: list[Document]) -> None:
    graph = build_graph(Estate(tuple(documents)))
    for node in graph.order:
        waves = [graph.wave_of[need] for need in graph.needs(node)]
        assert graph.wave_of[node] == max(waves, default=0) + 1
    assert sorted(graph.order) == sorted(document.id for document in documents)
    assert graph.waves == build_graph(Estate(tuple(reversed(documents)))).waves


@given(st.lists(st.lists(st.integers(0, 9), max_size=3), min_size=10, max_size=10))
def test_a_reported_cycle_is_one(needs: list[list[int]]) -> None:
    estate = Estate(tuple(class_document(number, result) for number, result in enumerate(needs)))
    name = "VirtualMachineClass/n{}".format
    edges = {(name(number), name(need)) for number, result in enumerate(needs) for need in result}
    network: networkx.DiGraph[str] = networkx.DiGraph(edges)
    if networkx.is_directed_acyclic_graph(network):
        build_graph(estate)
        return
    with pytest.raises(PacificErrors) as raised:
        build_graph(estate)
    groups = networkx.strongly_connected_components(network)
    circles = [group for group in groups if len(group) > 1 or network.has_edge(*(tuple(group) * 2))]
    result = [str(error.value).split(" -> ") for error in raised.value.errors]
    assert [way[0] for way in result] == sorted(min(group) for group in circles)
    for error in raised.value.errors:
        way = str(error.value).split(" -> ")
        assert way[0] == way[-1]
        assert len(set(way)) == len(way) - 1
        assert set(pairwise(way)) <= edges


def test_namespace_type_is_kept(graph_of: Callable[[str], DependencyGraph]) -> None:
    assert isinstance(graph_of(SUPERVISOR + NAMESPACE).document("Namespace/shop"), Namespace)
