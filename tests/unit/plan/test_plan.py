import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from pacific_infra.documents import load_estate
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.plan import (
    Counts,
    Operation,
    Plan,
    PropertyChange,
    ResourceChange,
    Standing,
    assess,
    build_plan,
    document_id_of,
    plan_json,
    plan_json_text,
    render_markdown,
    render_tree,
    resource_of,
)
from pacific_infra.plan.html import render_html
from pacific_infra.plan.removal import Fate, RemovedPart

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden"


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch) -> DependencyGraph:
    monkeypatch.chdir(ROOT)
    return build_graph(load_estate(["stacks/estate/documents"]))


def urn(type_token: str, name: str) -> str:
    return f"urn:pulumi:demo::estate::{type_token}::{name}"


def of_document(document_id: str, operation: Operation = "same") -> ResourceChange:
    type_token, name = resource_of(document_id)
    return ResourceChange(urn(type_token, name), type_token, name, operation)


def child(
    document_id: str,
    type_token: str,
    name: str,
    operation: Operation = "same",
    changes: tuple[PropertyChange, ...] = (),
    *,
    retained: bool = False,
) -> ResourceChange:
    parent = of_document(document_id).urn
    return ResourceChange(urn(type_token, name), type_token, name, operation, parent, changes, retained)


SERVICE = "kubernetes:core/v1:Service"
PROVIDER = "pulumi:providers:pacific"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"


@pytest.fixture
def changes(graph: DependencyGraph) -> list[ResourceChange]:
    """An edited web workload, a replaced disk, a new VM, and a namespace of which the document is gone."""
    kept = [of_document(node) for node in graph.order if node != "VirtualMachine/shop/catalogue"]
    return [
        ResourceChange(urn("pulumi:pulumi:Stack", "estate-demo"), "pulumi:pulumi:Stack", "estate-demo", "same"),
        ResourceChange(urn("pulumi:providers:pacific", "vcenter"), "pulumi:providers:pacific", "vcenter", "update"),
        *kept,
        child("CrxWorkload/shop/web", SERVICE, "shop/web-service"),
        child(
            "CrxWorkload/shop/web",
            DEPLOYMENT,
            "shop/web-deployment",
            "update",
            (
                PropertyChange("spec.replicas", "update", 3, 5),
                PropertyChange("spec.template.metadata.labels.team", "add", None, "blue"),
                PropertyChange("spec.paused", "delete", True),
                PropertyChange("stringData.password", "update", "[secret]", "[secret]"),
            ),
        ),
        child(
            "VirtualMachine/data/accounts",
            CLAIM,
            "data/accounts-log",
            "replace",
            (PropertyChange("spec.storageClassName", "update", "gold", "silver", replaces=True),),
        ),
        of_document("VirtualMachine/shop/catalogue", "create"),
        child("VirtualMachine/shop/catalogue", CLAIM, "shop/catalogue-data", "create"),
        of_document("Namespace/old", "delete"),
        child("Namespace/old", "pacific:vcenter:Namespace", "old-namespace", "delete"),
        of_document("VirtualMachine/old/db", "delete"),
        child("VirtualMachine/old/db", CLAIM, "old/db-data", "delete", retained=True),
    ]


@pytest.fixture
def plan(graph: DependencyGraph, changes: list[ResourceChange]) -> Plan:
    return build_plan(graph, changes)


def rendered(plan: Plan) -> str:
    output = io.StringIO()
    Console(file=output, width=160, no_color=True).print(render_tree(plan))
    return "".join(f"{line.rstrip()}\n" for line in output.getvalue().splitlines())


def test_names_lead_there_and_back(graph: DependencyGraph) -> None:
    for node in graph.order:
        assert document_id_of(*resource_of(node)) == node
    assert resource_of("VirtualMachine/shop/catalogue") == ("pacific:index:VirtualMachine", "shop/catalogue")
    assert resource_of("Namespace/shop") == ("pacific:index:SupervisorNamespace", "shop")
    assert document_id_of("pacific:vcenter:Namespace", "shop") is None


def test_operations_of_documents(plan: Plan) -> None:
    changed = {node.id: node.operation for node in plan.nodes if node.operation != "same"}
    assert changed == {
        "VirtualMachine/data/accounts": "replace",
        "VirtualMachine/shop/catalogue": "create",
        "CrxWorkload/shop/web": "update",
    }


def test_counts(plan: Plan) -> None:
    assert plan.counts == Counts(create=2, update=2, replace=1, delete=4, same=11)
    assert plan.counts.changes == 9


def test_removed_documents_go_from_the_inside_out(plan: Plan) -> None:
    assert [(node.id, len(node.resources)) for node in plan.removed] == [
        ("VirtualMachine/old/db", 2),
        ("Namespace/old", 2),
    ]


def test_destroyed_data_is_all_that_goes_with_a_namespace(plan: Plan) -> None:
    """What is retained stays, but not in a namespace that goes."""
    assert [(resource.name, resource.goes_with) for _, resource in plan.destroyed_data] == [
        ("old/db-data", "Namespace/old"),
        ("old-namespace", None),
        ("data/accounts-log", None),
    ]


def test_tree(plan: Plan, tmp_path: Path) -> None:
    text = rendered(plan)
    (tmp_path / "plan.txt").write_text(text)
    assert text == (GOLDEN / "plan.txt").read_text(), f"if that is meant: copy {tmp_path}/plan.txt to tests/golden"


def test_json(plan: Plan, tmp_path: Path) -> None:
    assert json.loads("".join(plan_json_text(plan))) == json.loads(json.dumps(plan_json(plan)))
    text = json.dumps(plan_json(plan), indent=1) + "\n"
    (tmp_path / "plan.json").write_text(text)
    assert text == (GOLDEN / "plan.json").read_text(), f"if that is meant: copy {tmp_path}/plan.json to tests/golden"


def test_nothing_to_do(graph: DependencyGraph) -> None:
    plan = build_plan(graph, [of_document(node) for node in graph.order])
    lines = rendered(plan).splitlines()
    assert lines[0] == "Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 10 unchanged"
    assert "\N{BOX DRAWINGS LIGHT VERTICAL AND RIGHT}" in lines[1] or lines[1].endswith("Wave 1")
    assert plan.counts.changes == 0
    assert plan.removed == ()


def test_component_of_no_document_is_left_alone(graph: DependencyGraph) -> None:
    other = of_document("CrxWorkload/elsewhere/x", "create")
    plan = build_plan(graph, [other])
    assert plan.others == (other,)
    assert plan.removed == ()


def test_long_values_are_cut(graph: DependencyGraph) -> None:
    change = PropertyChange("data", "update", "x" * 100, ["y" * 100])
    plan = build_plan(
        graph, [child("CrxWorkload/shop/web", SERVICE, "s", "update", (change,)), of_document("CrxWorkload/shop/web")]
    )
    assert f'~ data: "{"x" * 56}... -> ["{"y" * 55}...' in rendered(plan)


def test_markup_in_names_stays_text(graph: DependencyGraph) -> None:
    change = PropertyChange("[bold]a[/bold]", "update", "[red]", "[/red]")
    web = of_document("CrxWorkload/shop/web")
    plan = build_plan(graph, [child("CrxWorkload/shop/web", SERVICE, "s", "update", (change,)), web])
    assert '~ [bold]a[/bold]: "[red]" -> "[/red]"' in rendered(plan)


def test_parents_in_a_circle_end(graph: DependencyGraph) -> None:
    resource_change = ResourceChange("a", SERVICE, "a", "same", "b")
    two = ResourceChange("b", SERVICE, "b", "same", "a")
    assert build_plan(graph, [resource_change, two]).others == (resource_change, two)


def test_the_three_words_in_every_form_of_the_plan(graph: DependencyGraph) -> None:
    changes = [
        of_document("CrxWorkload/shop/web", "create"),
        child("CrxWorkload/shop/web", SERVICE, "shop/web-service", "create"),
        child("CrxWorkload/shop/web", DEPLOYMENT, "shop/web-deployment", "create"),
        of_document("VirtualMachine/shop/catalogue", "create"),
        child("VirtualMachine/shop/catalogue", CLAIM, "shop/catalogue-data", "create"),
        of_document("Namespace/shop", "create"),
        child("Namespace/shop", "pacific:vcenter:Namespace", "shop-namespace", "create"),
    ]
    standing = {
        urn(CLAIM, "shop/catalogue-data"): Standing("adopt", "it carries this stack's mark, and its record was lost"),
        urn(DEPLOYMENT, "shop/web-deployment"): Standing("refused", "Deployment shop/web belongs to other/dev"),
    }
    plan = build_plan(graph, changes, standing)
    operations = {node.id: node.operation for node in plan.nodes if node.changes}
    assert operations == {
        "Namespace/shop": "create",
        "VirtualMachine/shop/catalogue": "adopt",
        "CrxWorkload/shop/web": "refused",
    }
    assert (plan.counts.create, plan.counts.adopt, plan.counts.refused, plan.counts.changes) == (4, 2, 1, 7)
    tree = rendered(plan)
    assert tree.startswith("Plan: 4 to create, 2 to adopt, 1 refused, 0 to update, 0 to replace, 0 to delete")
    adopted = f"<+ {CLAIM} shop/catalogue-data  adopt: it carries this stack's mark, and its record was lost"
    refused = f"! {DEPLOYMENT} shop/web-deployment  refused: Deployment shop/web belongs to other/dev"
    assert adopted in tree
    assert refused in tree
    markdown = render_markdown(plan)
    assert f"+ adopt {CLAIM} shop/catalogue-data (it carries this stack's mark, and its record was lost)" in markdown
    assert f"! refused {DEPLOYMENT} shop/web-deployment (Deployment shop/web belongs to other/dev)" in markdown
    resources = [resource for node in plan_json(plan)["nodes"] for resource in node["resources"]]
    message = {
        resource["name"]: (resource["operation"], resource["remark"]) for resource in resources if resource["remark"]
    }
    assert message == {
        "shop/catalogue-data": ("adopt", "it carries this stack's mark, and its record was lost"),
        "shop/web-deployment": ("refused", "Deployment shop/web belongs to other/dev"),
    }
    page = render_html(plan, graph, assess(graph, (), date(2026, 1, 1)), None, title="Plan")
    assert 'class="box refused' in page
    assert 'class="box adopt' in page


def test_after_a_lost_record_nothing_is_said_to_be_created(graph: DependencyGraph) -> None:
    changes = [
        ResourceChange(urn(PROVIDER, "vcenter"), PROVIDER, "vcenter", "create"),
        of_document("Namespace/shop", "create"),
        child("Namespace/shop", "pacific:vcenter:Namespace", "shop-namespace", "create"),
        child("Namespace/shop", "kubernetes:core/v1:NamespacePatch", "shop-pod-security", "create"),
    ]
    lost = {urn("pacific:vcenter:Namespace", "shop-namespace"): Standing("adopt", "its record was lost")}
    counts = build_plan(graph, changes, lost).counts
    assert (counts.create, counts.adopt) == (0, 4)
    web = [
        of_document("CrxWorkload/shop/web", "create"),
        child("CrxWorkload/shop/web", SERVICE, "shop/web-service", "create"),
    ]
    counts = build_plan(graph, [*changes, *web], lost).counts
    assert (counts.create, counts.adopt) == (3, 3)


def test_what_is_in_no_record_and_goes_along(graph: DependencyGraph) -> None:
    left = (RemovedPart("Namespace/old", (Fate(CLAIM, "old/db-data", None, data=True),)),)
    plan = replace(build_plan(graph, [of_document("Namespace/old", "delete")]), left=left)
    assert f"In no record, deleted together with Namespace/old\n│   └── - {CLAIM} old/db-data\n" in rendered(plan)
    assert "Goes along with `Namespace/old`, and is in no record: `old/db-data`" in render_markdown(plan)
    assert plan_json(plan)["left"] == [{"node": "Namespace/old", "type": CLAIM, "name": "old/db-data"}]
