"""What an estate asks of what others own: which login it takes, and what is said to be lacking."""

from pathlib import Path

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.graph.drawing import dot, graph_json, mermaid
from pacific_infra.graph.external import Facts, NamespaceFacts, lacking, needing_vcenter, not_named

EXTERNAL = """\
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: shared}
spec: {external: true}
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: shop}
spec: {external: true, supervisor: shared}
---
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachineClass
metadata: {name: small}
spec: {external: true}
---
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachine
metadata: {name: stock, namespace: shop}
spec:
  class: small
  image: debian-12
  storagePolicy: Gold Disks
"""


@pytest.fixture
def graph(tmp_path: Path) -> DependencyGraph:
    (tmp_path / "estate.yaml").write_text(EXTERNAL)
    return build_graph(load_estate([tmp_path / "estate.yaml"]))


def messages(graph: DependencyGraph, facts: Facts) -> list[str]:
    return [str(error).rpartition("estate.yaml:")[2] for error in lacking(graph.estate, facts)]


PRESENT = {"shared": None}
CLASSES = frozenset({"small"})
SHOP = NamespaceFacts(storage_classes=frozenset({"gold-disks"}), virtual_machine_classes=CLASSES)


def test_nothing_is_lacking_where_all_is_there(graph: DependencyGraph) -> None:
    assert messages(graph, Facts(PRESENT, {"shop": SHOP}, CLASSES)) == []


def test_what_is_not_known_is_not_lacking(graph: DependencyGraph) -> None:
    assert messages(graph, Facts(PRESENT, {"shop": NamespaceFacts()})) == []


def test_the_first_stack_has_not_been_brought_up(graph: DependencyGraph) -> None:
    assert messages(graph, Facts({}, {}, frozenset({"large"}))) == [
        "3: the Supervisor shared is not in vCenter yet: got 'shared'; allowed: none; "
        "fix: bring up the stack that makes it first, or correct the name",
        "13: the VirtualMachineClass small is not in vCenter yet: got 'small'; allowed: large; "
        "fix: bring up the stack that makes it first, or correct the name",
    ]


def test_the_stack_that_is_named_is_to_be_brought_up(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text(EXTERNAL.replace("external: true", "external: {stack: platform/dev}"))
    graph = build_graph(load_estate([tmp_path / "estate.yaml"]))
    assert messages(graph, Facts(PRESENT, {"store": SHOP}, CLASSES)) == [
        "8: the Namespace shop is not on the Supervisor shared yet, or not for you: got 'shop'; "
        "fix: bring up platform/dev first, or correct the name"
    ]


def test_what_is_there_and_cannot_be_used(graph: DependencyGraph) -> None:
    assert messages(graph, Facts({"shared": "it is CONFIGURING"}, {"shop": SHOP}, CLASSES)) == [
        "3: the Supervisor shared cannot be used yet: it is CONFIGURING: "
        "fix: wait until it is RUNNING and READY, then run the same command again"
    ]
    assert messages(graph, Facts(PRESENT, {"shop": NamespaceFacts(going=True)}, CLASSES)) == [
        "8: the Namespace shop is being deleted: fix: wait until it is gone and its owner has made it again"
    ]


def test_what_the_namespace_does_not_allow(graph: DependencyGraph) -> None:
    poor = NamespaceFacts(
        storage_classes=frozenset({"silver"}),
        virtual_machine_classes=frozenset(),
    )
    assert messages(graph, Facts(PRESENT, {"shop": poor}, CLASSES)) == [
        "22: Namespace/shop, which is external, does not have this in its storagePolicies: got 'Gold Disks'; "
        "allowed: silver; fix: take one of these, or ask the owner of Namespace/shop to add it",
        "20: Namespace/shop, which is external, does not have this in its virtualMachineClasses: got 'small'; "
        "allowed: none; fix: take one of these, or ask the owner of Namespace/shop to add it",
    ]


def test_with_a_kubeconfig_no_external_document_asks_vcenter(graph: DependencyGraph) -> None:
    assert [document.id for document in needing_vcenter(graph.estate, kubeconfig=True)] == []
    assert [document.id for document in needing_vcenter(graph.estate, kubeconfig=False)] == ["SupervisorCluster/shared"]


def test_external_documents_have_a_look_of_their_own(graph: DependencyGraph) -> None:
    every = set(graph.order)
    assert '  "Namespace/shop" [style=dashed, color=gray40];' in dot(graph, every)
    assert '"VirtualMachine/shop/stock" [style' not in dot(graph, every)
    drawn = mermaid(graph, every)
    assert '["Namespace/shop"]:::external' in drawn
    assert '["VirtualMachine/shop/stock"]\n' in drawn
    external = {node["id"] for node in graph_json(graph, every)["nodes"] if node["external"]}
    assert external == every - {"VirtualMachine/shop/stock"}


def test_another_stack_must_name_what_is_taken_from_it(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text(EXTERNAL.replace("external: true", "external: {stack: platform/dev}"))
    graph = build_graph(load_estate([tmp_path / "estate.yaml"]))
    stack = "organization/platform/dev"
    every = {"kubeconfigs": {"shared": ""}, "namespaces": {"shop": "shared"}, "virtualMachineClasses": {"small": {}}}
    assert list(not_named(graph.estate, {stack: every})) == []
    errors = not_named(graph.estate, {stack: {**every, "namespaces": {"store": "shared"}}})
    assert [str(error).rpartition("estate.yaml:")[2] for error in errors] == [
        "9: the stack platform/dev has no Namespace shop in its outputs: got 'shop'; allowed: store; "
        "fix: bring up platform/dev first, or correct the name"
    ]
    assert [error.value for error in not_named(graph.estate, {stack: {}})] == ["shared", "shop", "small"]
