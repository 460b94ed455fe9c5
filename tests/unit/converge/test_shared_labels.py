"""A new workload beside those of others whose pods carry the same label: a Service would send to the pods of both."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from pacific_infra.converge.rendering import RenderedResource
from pacific_infra.documents import load_estate
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.plan import Operation
from tests.support.existing_lookup import STACK, looked_up

NAME = "app.kubernetes.io/name"
DOCUMENT = """\
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {{name: web, namespace: team}}
spec: {{kind: Job, adopt: {adopt}, containers: [{{name: c, image: web:1}}]}}
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {{name: team}}
spec: {{external: true, supervisor: sv}}
---
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {{name: sv}}
spec: {{external: true}}
"""
GROUPS = {"/api/v1": ["Service"], "/apis/apps/v1": ["Deployment", "StatefulSet"], "/apis/batch/v1": ["Job"]}


def graph_of(folder: Path, *, adopt: bool = False) -> DependencyGraph:
    (folder / "d.yaml").write_text(DOCUMENT.format(adopt=str(adopt).lower()))
    return build_graph(load_estate([folder]))


def job(operation: Operation = "create", **labels: str) -> RenderedResource:
    metadata = {"name": "web", "namespace": "team", "labels": {NAME: "web", **labels}}
    metadata["annotations"] = {"pacific.infra/stack": STACK.name}
    inputs = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata}
    return RenderedResource(
        "urn:job", "kubernetes:batch/v1:Job", "j", "CrxWorkload/team/web", "p", inputs, True, operation
    )


def item(name: str, owner: str | None = None, **metadata: Any) -> dict[str, Any]:
    annotations = {"pacific.infra/stack": owner} if owner else {}
    return {"metadata": {"name": name, "labels": {NAME: "web"}, "annotations": annotations, **metadata}}


def server(**items: list[dict[str, Any]]) -> httpx2.MockTransport:
    """A Supervisor with ``items`` in the namespace team, by the plural of their kind."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        if path in GROUPS:
            kinds = [
                {"name": f"{kind.lower()}s", "kind": kind, "namespaced": True, "verbs": ["list"]}
                for kind in GROUPS[path]
            ]
            return httpx2.Response(200, json={"resources": kinds})
        return httpx2.Response(200, json={"items": items.get(path.rpartition("/")[2], [])})

    return httpx2.MockTransport(answer)


def test_a_name_that_selects_pods_of_another_stack_is_refused(tmp_path: Path) -> None:
    result = looked_up(graph_of(tmp_path), job(), server(deployments=[item("web", "platform/dev")]))
    assert [str(error) for error in result.refusals] == [
        f"{tmp_path}/d.yaml:1: CrxWorkload/team/web: its pods would carry the label app.kubernetes.io/name: web as "
        "those of Deployment team/web of platform/dev do, and a Service select both: "
        "fix: give the document another name"
    ]
    assert [standing.operation for standing in result.standing.values()] == ["refused"]


@pytest.mark.parametrize(
    "items",
    [
        {},
        {"deployments": [item("web", STACK.name)]},
        {"deployments": [item("other", "platform/dev", labels={NAME: "other"})]},
        {"statefulsets": [item("web", ownerReferences=[{"controller": True}])]},
    ],
)
def test_what_is_the_stacks_own_or_labelled_otherwise_is_no_hindrance(
    tmp_path: Path, items: dict[str, list[dict[str, Any]]]
) -> None:
    assert not looked_up(graph_of(tmp_path), job(), server(**items)).refusals


def test_what_a_manifest_labels_with_its_instance_too_is_left_as_it_is(tmp_path: Path) -> None:
    of_a_chart = job("create", **{"app.kubernetes.io/instance": "web"})
    assert not looked_up(graph_of(tmp_path), of_a_chart, server(services=[item("front")])).refusals


def test_what_is_recorded_without_a_mark_is_the_stacks(tmp_path: Path) -> None:
    recorded = {"urn": "urn:front", "type": "kubernetes:core/v1:Service", "id": "team/front"}
    assert not looked_up(graph_of(tmp_path), job(), server(services=[item("front")]), recorded).refusals


def test_what_is_recorded_or_said_to_adopt_is_left_as_it_is(tmp_path: Path) -> None:
    transport = server(services=[item("front")])
    assert looked_up(graph_of(tmp_path), job(), transport).refusals
    assert not looked_up(graph_of(tmp_path), job("update"), transport).refusals
    assert not looked_up(graph_of(tmp_path, adopt=True), job(), transport).refusals


def test_an_object_of_the_same_kind_and_name_is_refused_once(tmp_path: Path) -> None:
    result = looked_up(graph_of(tmp_path), job(), server(jobs=[item("web", "platform/dev")]))
    assert [error.problem for error in result.refusals] == [
        "CrxWorkload/team/web: Job team/web belongs to platform/dev"
    ]
