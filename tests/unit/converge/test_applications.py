"""Taking down and bringing up one application: what goes, what is kept and why, and what stands in the way."""

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pacific_infra.converge.applications import plan_removal, plan_removal_of_all, unmet_needs
from pacific_infra.converge.recorded_nodes import recorded_nodes, waits_for
from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.graph.applications import parts_of
from pacific_infra.plan.removal import Removal, removal_json, render_removal

ESTATE = Path(__file__).parents[2] / "golden" / "hybrid-estate"
HEAD = "urn:pulumi:dev::estate::"
STACK = f"{HEAD}pulumi:pulumi:Stack::estate-dev"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
FRONTEND = "CrxWorkload/pictures/frontend"


def graph_with(tmp_path: Path, *parts: str) -> DependencyGraph:
    """The golden estate with an application of these parts."""
    file = tmp_path / "application.yaml"
    file.write_text(
        "apiVersion: pacific.infra/v1alpha1\nkind: Application\nmetadata: {name: shop}\n"
        f"spec: {{parts: [{', '.join(parts)}]}}\n"
    )
    return build_graph(load_estate([ESTATE, file]))


def component(kind: str, name: str) -> dict[str, Any]:
    token = f"pacific:index:{kind}"
    return {"urn": f"{HEAD}{token}::{name}", "type": token, "parent": STACK, "outputs": {"name": name}}


def child(of: dict[str, Any], kind: str, name: str, **more: Any) -> dict[str, Any]:
    head, _, _ = of["urn"].rpartition("::")
    return {"urn": f"{head}${kind}::{name}", "type": kind, "parent": of["urn"], **more}


NAMESPACE = component("SupervisorNamespace", "pictures")
FRONT = component("CrxWorkload", "pictures/frontend")
FUNCTION = component("Function", "pictures/thumbnails")
INSTANCE = child(NAMESPACE, "pacific:vcenter:Namespace", "pictures-namespace", inputs={"deletionPolicy": "Delete"})


def removal_of(graph: DependencyGraph, *resources: dict[str, Any]) -> Removal:
    removal, problems = plan_removal(graph, "shop", parts_of(graph, "shop"), resources)
    assert problems == []
    return removal


def drawn(removal: Removal) -> str:
    console = Console(width=200, record=True)
    with console.capture() as capture:
        console.print(render_removal(removal, "estate/dev"))
    return capture.get()


def test_data_is_kept_and_the_plan_says_why(tmp_path: Path) -> None:
    claim = child(FRONT, CLAIM, "pictures/frontend-data", retainOnDelete=True)
    spec = {"volumeClaimTemplates": [{"metadata": {"name": "logs"}}]}
    inputs = {"metadata": {"name": "frontend"}, "spec": spec}
    pods = child(FRONT, STATEFUL_SET, "pictures/frontend-stateful-set", inputs=inputs, dependencies=[claim["urn"]])
    named = {"metadata": {"name": "logs-frontend-0"}}
    logs = child(FRONT, CLAIM, "pictures/frontend-logs-0", inputs=named, retainOnDelete=True)
    removal = removal_of(graph_with(tmp_path, FRONTEND), NAMESPACE, INSTANCE, FRONT, claim, logs, pods, FUNCTION)
    assert drawn(removal) == (
        "Taking down Application/shop: 1 to delete, 2 kept\n"
        "├── Keeps\n"
        f"│   ├── = {CLAIM} pictures/frontend-stateful-set: logs of each replica  of {FRONTEND}: "
        "deletionPolicy: Retain\n"
        f"│   └── = {CLAIM} pictures/frontend-data  of {FRONTEND}: deletionPolicy: Retain\n"
        f"├── - {FRONTEND}\n"
        f"│   └── - {STATEFUL_SET} pictures/frontend-stateful-set\n"
        "└── 2 other documents stay as they are\n"
    )
    assert removal.targets == (FRONT["urn"], claim["urn"], logs["urn"], pods["urn"])
    assert removal_json(removal)["others"] == ["Namespace/pictures", "Function/pictures/thumbnails"]
    assert removal_json(removal)["kept"][1] == {
        "node": FRONTEND,
        "type": CLAIM,
        "name": "pictures/frontend-data",
        "urn": claim["urn"],
        "reason": "deletionPolicy: Retain",
    }


def test_what_is_protected_stays_with_what_it_needs(tmp_path: Path) -> None:
    claim = child(FRONT, CLAIM, "pictures/frontend-data")
    pods = child(FRONT, DEPLOYMENT, "pictures/frontend-deployment", protect=True, dependencies=[claim["urn"]])
    service = child(FRONT, "kubernetes:core/v1:Service", "pictures/frontend-service", dependencies=[pods["urn"]])
    removal = removal_of(graph_with(tmp_path, FRONTEND), FRONT, claim, pods, service)
    assert [(fate.name, fate.kept) for _, fate in removal.fates()] == [
        ("pictures/frontend-service", None),
        ("pictures/frontend-deployment", "it is protected"),
        ("pictures/frontend-data", "pictures/frontend-deployment needs it, which stays"),
    ]
    assert removal.targets == (service["urn"],)


def test_deleted_data_is_said_first_also_what_goes_with_its_namespace(tmp_path: Path) -> None:
    graph = graph_with(
        tmp_path,
        "Namespace/pictures",
        FRONTEND,
        "Function/pictures/thumbnails",
        "WorkloadCluster/pictures/recommender",
    )
    claim = child(FRONT, CLAIM, "pictures/frontend-data", retainOnDelete=True)
    removal = removal_of(graph, NAMESPACE, INSTANCE, FRONT, claim)
    assert set(removal.operations.values()) == {"delete"}
    text = drawn(removal)
    assert text.splitlines()[:4] == [
        "Taking down Application/shop: 2 to delete, 0 kept",
        "├── Destroys data",
        f"│   ├── - {CLAIM} pictures/frontend-data  of {FRONTEND}",
        "│   └── - pacific:vcenter:Namespace pictures-namespace  of Namespace/pictures",
    ]
    kept = child(NAMESPACE, "pacific:vcenter:Namespace", "pictures-namespace", inputs={"deletionPolicy": "Retain"})
    assert [fate.kept for _, fate in removal_of(graph, NAMESPACE, kept, FRONT, claim).fates()] == [
        "deletionPolicy: Retain",
        "deletionPolicy: Retain",
    ]


def test_documents_outside_that_need_a_part_are_named(tmp_path: Path) -> None:
    graph = graph_with(tmp_path, "Function/pictures/thumbnails")
    old = component("CrxWorkload", "pictures/old")
    pods = child(old, DEPLOYMENT, "pictures/old-deployment", dependencies=[FUNCTION["urn"]])
    recorded = [NAMESPACE, INSTANCE, FUNCTION, FRONT, old, pods]
    _, problems = plan_removal(graph, "shop", parts_of(graph, "shop"), recorded)
    fix = "fix: make it part of the application, remove the dependency, or remove the document first"
    assert [str(problem).replace(f"{ESTATE}/", "") for problem in problems] == [
        f"hybrid.yaml:54: {FRONTEND} is not part of Application/shop and needs Function/pictures/thumbnails: {fix}",
        f"CrxWorkload/pictures/old is not part of Application/shop and needs Function/pictures/thumbnails: {fix}",
    ]
    removal_of(graph, NAMESPACE, INSTANCE, FUNCTION)


def test_what_a_part_needs_and_is_not_there(tmp_path: Path) -> None:
    graph = graph_with(tmp_path, FRONTEND)
    failed = child(FUNCTION, "kubernetes:serving.knative.dev/v1:Service", "x", initErrors=["it has no image"])
    recorded = recorded_nodes(graph, [NAMESPACE, INSTANCE, FUNCTION, failed])
    result = unmet_needs(graph, "shop", parts_of(graph, "shop"), recorded)
    fix = "fix: create it first with the rest of the stack: pacific up"
    assert [str(item).replace(f"{ESTATE}/", "") for item in result] == [
        f"hybrid.yaml:54: {FRONTEND} needs Function/pictures/thumbnails, which is not part of Application/shop "
        f"and exists only in part: {fix}",
        f"hybrid.yaml:55: {FRONTEND} needs WorkloadCluster/pictures/recommender, which is not part of "
        f"Application/shop and does not exist: {fix}",
    ]
    assert waits_for(graph, "Function/pictures/thumbnails", recorded) == ["it has no image"]
    assert waits_for(graph, FRONTEND, recorded) == [
        "Function/pictures/thumbnails (partly)",
        "WorkloadCluster/pictures/recommender (missing)",
    ]


def test_an_unknown_application(tmp_path: Path) -> None:
    graph = graph_with(tmp_path, FRONTEND)
    with pytest.raises(PacificError) as raised:
        parts_of(graph, "shops")
    assert str(raised.value) == "no such application in the estate: got 'shops'; allowed: shop; fix: write shop"
    with pytest.raises(PacificError) as raised:
        parts_of(build_graph(load_estate([ESTATE])), "shop")
    assert str(raised.value) == (
        "no such application in the estate: got 'shop'; allowed: the estate has none; fix: add a document of kind "
        "Application"
    )


def test_the_whole_stack_goes_wave_by_wave_from_the_last_and_what_is_left_of_no_document_first(tmp_path: Path) -> None:
    graph = graph_with(tmp_path, FRONTEND)
    claim = child(FRONT, CLAIM, "pictures/frontend-data", retainOnDelete=True)
    old = component("CrxWorkload", "pictures/old")
    lost = child(old, CLAIM, "pictures/old-data", retainOnDelete=True)
    stack = {"urn": STACK, "type": "pulumi:pulumi:Stack"}
    removal = plan_removal_of_all(graph, [stack, NAMESPACE, INSTANCE, FUNCTION, FRONT, claim, old, lost])
    # The claims say Retain, and go with their namespace all the same.
    assert drawn(removal) == (
        "Removing all of estate/dev: 3 to delete, 0 kept\n"
        "├── Destroys data\n"
        f"│   ├── - {CLAIM} pictures/old-data  of CrxWorkload/pictures/old\n"
        f"│   ├── - {CLAIM} pictures/frontend-data  of {FRONTEND}\n"
        "│   └── - pacific:vcenter:Namespace pictures-namespace  of Namespace/pictures\n"
        "├── No longer declared\n"
        "│   └── - CrxWorkload/pictures/old\n"
        f"│       └── - {CLAIM} pictures/old-data\n"
        "├── Wave 4\n"
        f"│   └── - {FRONTEND}\n"
        f"│       └── - {CLAIM} pictures/frontend-data\n"
        "├── Wave 3\n"
        "│   └── - Function/pictures/thumbnails\n"
        "└── Wave 2\n"
        "    └── - Namespace/pictures\n"
        "        └── - pacific:vcenter:Namespace pictures-namespace\n"
    )
    assert not removal.partial
    assert removal_json(removal)["application"] is None
    assert [item["wave"] for item in removal_json(removal)["removed"]] == [None, 4, 3, 2]


def test_a_protected_resource_of_the_stack_stays_and_the_engine_is_told_which_go(tmp_path: Path) -> None:
    claim = child(FRONT, CLAIM, "pictures/frontend-data", protect=True)
    pods = child(FRONT, DEPLOYMENT, "pictures/frontend-deployment", dependencies=[claim["urn"]])
    removal = plan_removal_of_all(graph_with(tmp_path, FRONTEND), [NAMESPACE, FRONT, claim, pods])
    assert removal.partial
    assert removal.targets == (NAMESPACE["urn"], pods["urn"])
    assert [fate.kept for _, fate in removal.kept] == ["it is protected"]


def test_a_retained_namespace_goes_with_its_supervisor(tmp_path: Path) -> None:
    graph = graph_with(tmp_path, FRONTEND)
    cluster = component("SupervisorCluster", graph.container("Namespace/pictures").partition("/")[2])  # type: ignore[union-attr]
    supervisor = child(cluster, "pacific:vcenter:Supervisor", "x-supervisor", inputs={"deletionPolicy": "Delete"})
    kept = child(NAMESPACE, "pacific:vcenter:Namespace", "pictures-namespace", inputs={"deletionPolicy": "Retain"})
    removal = plan_removal_of_all(graph, [cluster, supervisor, NAMESPACE, kept])
    assert not removal.kept
    assert len(removal.destroyed_data) == 2
