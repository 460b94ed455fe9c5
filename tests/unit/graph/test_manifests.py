"""Manifests: what is refused at the plan, and their order."""

from pathlib import Path

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph
from tests.support.refusals import refusals

ESTATE = Path(__file__).parents[2] / "golden" / "hybrid-estate"
MANIFESTS = """\
apiVersion: pacific.infra/v1alpha1
kind: Manifests
metadata: {name: more, namespace: pictures}
spec:
  cluster: recommender
  manifests: |
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: a}
"""
CASES = {
    "an unknown cluster": (
        ("cluster: recommender", "cluster: recomender"),
        "more.yaml:5: Manifests/pictures/more names a document that does not exist: "
        "got 'WorkloadCluster/pictures/recomender'; allowed: WorkloadCluster/pictures/recommender; "
        "fix: write one of them, or add the document WorkloadCluster/pictures/recomender",
    ),
    "no apiVersion": (
        ("    apiVersion: v1\n", ""),
        "more.yaml:6: spec.manifests: line 1: the manifest has no apiVersion: "
        "allowed: apiVersion, kind and metadata.name in each, all text",
    ),
    "no kind": (
        ("    kind: ConfigMap\n", ""),
        "more.yaml:6: spec.manifests: line 1: the manifest has no kind: "
        "allowed: apiVersion, kind and metadata.name in each, all text",
    ),
    "no name": (
        ("{name: a}", "{labels: {a: b}}"),
        "more.yaml:6: spec.manifests: line 3: the manifest has no metadata.name: "
        "allowed: apiVersion, kind and metadata.name in each, all text",
    ),
    "one object twice": (
        (
            "    metadata: {name: a}",
            "    metadata: {name: a}\n    ---\n"
            "    {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: y}}",
        ),
        "more.yaml:6: spec.manifests: the manifests at lines 1 and 5 are one object, and differ: "
        "got 'ConfigMap default/a'; fix: rename or remove one of them",
    ),
    "no manifest": (
        ("|\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: a}", "''"),
        "more.yaml:6: spec.manifests: the manifest is missing: fix: write one, or remove the document",
    ),
    "a namespace of the estate": (
        ("{name: a}", "{name: a, namespace: pictures}"),
        "more.yaml:6: ConfigMap/a is in a vSphere Namespace, which does not exist inside the workload cluster: "
        "got 'pictures'; fix: remove the namespace, or add a manifest of kind Namespace called pictures",
    ),
}


def errors_of(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "more.yaml"
    file.write_text(text)
    return refusals(lambda: build_graph(load_estate([ESTATE, file])), tmp_path, ESTATE)


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_said_with_its_place(tmp_path: Path, case: str) -> None:
    (old, new), expected = CASES[case]
    assert errors_of(tmp_path, MANIFESTS.replace(old, new)) == [expected]


def test_a_namespace_that_manifests_make_may_have_the_name_of_one_of_the_estate(tmp_path: Path) -> None:
    file = tmp_path / "more.yaml"
    result = "    ---\n    {apiVersion: v1, kind: Namespace, metadata: {name: pictures}}\n"
    file.write_text(MANIFESTS.replace("{name: a}", "{name: a, namespace: pictures}") + result)
    graph = build_graph(load_estate([ESTATE, file]))
    assert "WorkloadCluster/pictures/recommender" in graph.needs("Manifests/pictures/more")
