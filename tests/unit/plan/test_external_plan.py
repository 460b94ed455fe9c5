"""What is external is read in a plan: it is no change, whatever the engine does to record it."""

import io
from pathlib import Path

import pytest
from pulumi.automation.events import EngineEvent
from rich.console import Console

from pacific_infra.converge.preview import PreviewChanges
from pacific_infra.converge.progress import Progress
from pacific_infra.documents import load_estate
from pacific_infra.documents.resource_types import EXTERNAL_TOKENS, document_id_of
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.plan import build_plan, render_markdown, render_tree

ROOT = Path(__file__).parents[3]
OF_NAMESPACE = "pacific:index:ExternalNamespace"
NAMESPACE = f"urn:pulumi:dev::application::{OF_NAMESPACE}::store"


@pytest.fixture
def graph() -> DependencyGraph:
    return build_graph(load_estate([ROOT / "stacks/application/documents"]))


def event(op: str, name: str = "resourcePreEvent") -> EngineEvent:
    state = {"type": OF_NAMESPACE, "urn": NAMESPACE, "parent": "", "inputs": {}, "outputs": {}}
    metadata = {"op": op, "urn": NAMESPACE, "type": OF_NAMESPACE, "old": state, "new": state}
    return EngineEvent.from_json({name: {"metadata": metadata, "planning": True}})


@pytest.mark.parametrize("op", ["create", "same", "update", "delete"])
def test_the_engines_steps_on_it_are_a_look(op: str, graph: DependencyGraph) -> None:
    preview = PreviewChanges()
    preview.event(event(op), 0)
    plan = build_plan(graph, preview.changes)
    assert plan.counts.changes == 0
    assert plan.removed == ()
    planned = {node.id: node.operation for node in plan.nodes}
    assert planned["Namespace/store"] == planned["SupervisorCluster/platform-supervisor"] == "read"
    assert planned["CrxWorkload/store/web"] == "same"


def test_the_tree_says_that_it_is_external_and_markdown_lists_changes_only(graph: DependencyGraph) -> None:
    plan = build_plan(graph, [])
    output = io.StringIO()
    Console(file=output, width=160, no_color=True).print(render_tree(plan))
    assert "< Namespace/store  external, after SupervisorCluster/platform-supervisor (containment)" in output.getvalue()
    assert render_markdown(plan) == (
        "**Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged**\n"
    )  # fmt: skip


def test_recording_it_is_not_counted(graph: DependencyGraph) -> None:
    for op in ("create", "delete", "discard"):
        progress = Progress(graph.waves)
        progress.apply(event(op), 1.0)
        progress.apply(event(op, "resOutputsEvent"), 2.0)
        assert progress.counts == {}, op
        assert progress.nodes["Namespace/store"].changes == {}


def test_its_resources_are_known_by_the_documents_they_come_from() -> None:
    for kind, token in EXTERNAL_TOKENS.items():
        assert document_id_of(token, "a") == f"{kind}/a"
