"""What the state records of the declared nodes."""

from typing import Any

from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.converge.recorded_nodes import recorded_nodes
from pacific_infra.converge.unsettled import UnsettledStep
from pacific_infra.documents import Estate, VirtualMachineClass
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.record.urns import split_urn

STACK = "urn:pulumi:dev::estate::pulumi:pulumi:Stack::estate-dev"
WEB = "urn:pulumi:dev::estate::pacific:index:CrxWorkload::shop/web"


def test_a_urn_is_split_into_type_and_name_even_where_the_name_holds_colons() -> None:
    assert split_urn("urn:pulumi:dev::estate::a:b:C$d:e:F::x::y") == ("d:e:F", "x::y")


def test_resources_belong_to_the_document_at_their_head() -> None:
    finder = NodeFinder()
    assert finder.node(STACK, None) is None
    assert finder.node(WEB, STACK) == "CrxWorkload/shop/web"
    child = "urn:pulumi:dev::estate::pacific:index:CrxWorkload$kubernetes:core/v1:Service::shop/web-service"
    assert finder.node(child, WEB) == "CrxWorkload/shop/web"
    assert finder.known_node(child) == "CrxWorkload/shop/web"


def test_other_resources_are_nodes_by_themselves_and_providers_none() -> None:
    finder = NodeFinder()
    assert finder.node("urn:pulumi:dev::e::pulumi:providers:pacific::vcenter", STACK) is None
    assert finder.node("urn:pulumi:dev::e::kubernetes:core/v1:ConfigMap::settings", STACK) == "ConfigMap/settings"


def _graph() -> DependencyGraph:
    document = {
        "apiVersion": "pacific.infra/v1alpha1",
        "kind": "VirtualMachineClass",
        "metadata": {"name": "small"},
        "spec": {"cpuCount": 2, "memory": "4Gi"},
    }
    return build_graph(Estate((VirtualMachineClass.model_validate(document),)))


def recorded(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"urn": f"urn:pulumi:dev::estate::{kind}::{name}", "type": kind, "parent": STACK, **fields}


def test_a_component_whose_outputs_are_not_recorded_was_made_in_part() -> None:
    first = recorded("pacific:index:SupervisorCluster", "acme")
    assert recorded_nodes(_graph(), [first])["SupervisorCluster/acme"].errors == ["not all of its objects were created"]
    whole = {**first, "outputs": {"supervisor": "id"}}
    assert recorded_nodes(_graph(), [whole])["SupervisorCluster/acme"].errors == []


def test_what_was_refused_or_interrupted_is_recorded_in_part() -> None:
    recording = recorded("pacific:vcenter:VirtualMachineClass", "small", outputs={"id": "small"})
    assert recorded_nodes(_graph(), [recording])["VirtualMachineClass/small"].state == "converged"
    step = UnsettledStep(recording["urn"], "update", STACK, "4 CPUs are too many\nsee above")
    node = recorded_nodes(_graph(), [recording], [step])["VirtualMachineClass/small"]
    assert (node.state, node.errors) == ("partly", ["small: update failed: 4 CPUs are too many"])
    removed = recorded_nodes(_graph(), [], [UnsettledStep(recording["urn"], "create", STACK)])[
        "VirtualMachineClass/small"
    ]
    assert (removed.state, removed.errors) == ("missing", ["small: create was interrupted"])
