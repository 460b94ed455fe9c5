"""Definitions, controllers and custom resources: what is refused at the plan, and what is declared in which order."""

from pathlib import Path
from typing import Any

import pytest
from pacific_components.custom_resource import conditions_of
from pacific_components.plumbing import CustomResourcePlumbing

from pacific_infra.documents import load_estate
from pacific_infra.documents.readiness import ready_conditions, wait_for
from pacific_infra.documents.structural_schema import schema_problems
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import DependencyGraph, build_graph
from tests.support.refusals import refusals

VERSION = "pacific.infra/v1alpha1"
MANIFEST = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: queues.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Queue, plural: queues, singular: queue}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, minimum: 1, maximum: 9}
              mode: {type: string, enum: [fifo, lifo]}
              tags: {type: object, additionalProperties: {type: string}}
          status:
            type: object
            properties:
              conditions: {type: array, items: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
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
apiVersion: {VERSION}
kind: Namespace
metadata: {{name: shop}}
spec: {{supervisor: s}}
---
"""
DEFINITION = f"""\
apiVersion: {VERSION}
kind: CustomResourceDefinition
metadata: {{name: queues}}
spec: {{supervisor: s, manifest: {{file: queues.crd.yaml}}}}
---
"""


def controller(name: str = "queue-controller", more: str = "") -> str:
    return (
        f"apiVersion: {VERSION}\nkind: Controller\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n"
        f"  definitions: [queues]\n  containers: [{{name: manager, image: 'queue:1'}}]\n{more}---\n"
    )


def queue(resource: str, more: str = "") -> str:
    return (
        f"apiVersion: {VERSION}\nkind: CustomResource\nmetadata: {{name: orders, namespace: shop}}\nspec:\n"
        f"  definition: queues\n  controller: queue-controller\n  resource:\n    spec:\n{resource}{more}---\n"
    )


def graph(folder: Path, text: str) -> DependencyGraph:
    if "queues.crd.yaml" in text:
        (folder / "queues.crd.yaml").write_text(MANIFEST)
    (folder / "estate.yaml").write_text(text)
    return build_graph(load_estate([folder]))


def errors(folder: Path, text: str) -> list[str]:
    return refusals(lambda: graph(folder, text), folder)


def test_order_is_definition_controller_resource(tmp_path: Path) -> None:
    result = graph(tmp_path, queue("      size: 3\n") + controller() + SUPERVISOR + DEFINITION)
    order = list(result.order)
    assert order.index("CustomResourceDefinition/queues") < order.index("Controller/shop/queue-controller")
    assert order.index("Controller/shop/queue-controller") < order.index("CustomResource/shop/orders")


def test_a_resource_without_its_definition(tmp_path: Path) -> None:
    result = errors(tmp_path, queue("      size: 3\n") + SUPERVISOR)
    assert any(
        "CustomResource/shop/orders names a document that does not exist: got 'CustomResourceDefinition/queues'" in item
        for item in result
    )


def test_fields_that_the_schema_does_not_know_have_file_and_line(tmp_path: Path) -> None:
    text = queue("      size: 12\n      mod: fifo\n      tags: {a: 1}\n") + controller() + SUPERVISOR + DEFINITION
    by = "by CustomResourceDefinition/queues, version v1"
    assert errors(tmp_path, text) == [
        f"estate.yaml:9: spec.resource.spec.size: is out of range {by}: got 12; allowed: 9 or less",
        f"estate.yaml:10: spec.resource.spec.mod: unknown field {by}: got 'mod'; allowed: mode, size, tags; "
        "fix: write mode",
        f"estate.yaml:11: spec.resource.spec.tags.a: is of the wrong type {by}: got 1; allowed: text",
    ]


def test_two_controllers_for_one_kind(tmp_path: Path) -> None:
    (result,) = errors(tmp_path, SUPERVISOR + DEFINITION + controller() + controller("other"))
    assert result == (
        "estate.yaml:31: two controllers for one kind: Controller/shop/queue-controller works on it already: "
        "got 'queues'; fix: remove it there or at estate.yaml:24"
    )


def test_a_controller_gets_no_right_on_everything(tmp_path: Path) -> None:
    more = "  rules: [{apiGroups: [''], resources: ['*'], verbs: [get, bind]}]\n"
    result = errors(tmp_path, SUPERVISOR + DEFINITION + controller(more=more))
    assert any("a controller gets no rights on everything" in item for item in result)
    assert any("a controller could give itself any right" in item for item in result)


def test_a_version_that_is_not_served(tmp_path: Path) -> None:
    text = queue("      size: 3\n", "  version: v2\n") + controller() + SUPERVISOR + DEFINITION
    (result,) = errors(tmp_path, text)
    assert "CustomResourceDefinition/queues does not serve this version: got 'v2'; allowed: v1" in result


@pytest.mark.parametrize(
    ("old", "new", "subject"),
    [
        (
            "kind: CustomResourceDefinition",
            "kind: Pod",
            "the manifest holds no CustomResourceDefinition: got 'Pod'",
        ),
        (
            "queues.example.com",
            "queue.example.com",
            "3: the definition's name must be queues.example.com",
        ),
        (
            "storage: true",
            "storage: false",
            "8: exactly one of the definition's versions must be the stored one",
        ),
    ],
)
def test_manifests_that_are_wrong(tmp_path: Path, old: str, new: str, subject: str) -> None:
    (tmp_path / "queues.crd.yaml").write_text(MANIFEST.replace(old, new, 1))
    (tmp_path / "estate.yaml").write_text(SUPERVISOR + DEFINITION)
    with pytest.raises(PacificErrors, match=subject):
        load_estate([tmp_path])


@pytest.mark.parametrize(
    ("value", "schema", "expected"),
    [
        ({"a": 1}, {"type": "object", "x-kubernetes-preserve-unknown-fields": True}, []),
        ("80%", {"x-kubernetes-int-or-string": True}, []),
        (True, {"type": "integer"}, ["is of the wrong type"]),
        (None, {"type": "string", "nullable": True}, []),
        ([1, 2], {"type": "array", "maxItems": 1, "items": {"type": "integer"}}, ["has the wrong number of items"]),
        ("Ab", {"type": "string", "pattern": "^[a-z]+$"}, ["has the wrong form"]),
        ("Ab\n", {"type": "string", "pattern": "^[a-zA-Z]+$"}, ["has the wrong form"]),
        ("é", {"type": "string", "pattern": r"^\p{L}$"}, []),
        ("a" * 100_000 + "!", {"type": "string", "pattern": "^(a+)+$"}, ["has the wrong form"]),
        ({"a": None}, {"type": "object", "properties": {"a": {"type": "string"}}}, []),
        ({"a": None}, {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}, ["a is missing"]),
        ([None], {"type": "array", "items": {"type": "string"}}, ["is of the wrong type"]),
        ({}, {"type": "object", "required": ["a"], "properties": {"a": {"default": 1}}}, []),
    ],
)
def test_structural_schemas(value: Any, schema: dict[str, Any], expected: list[str]) -> None:
    assert [problem.text for problem in schema_problems(value, schema)] == expected


def _awaited(api_version: str, kind: str) -> list[str]:
    plumbing = CustomResourcePlumbing(namespace="n", api_version=api_version, kind=kind, has_conditions=True)
    return conditions_of(plumbing, None)


def test_readiness_by_table_and_by_rule() -> None:
    assert wait_for(ready_conditions("cluster.x-k8s.io/v1beta2", "Cluster", has_conditions=True)) == [
        "condition=Available"
    ]
    assert _awaited("cluster.x-k8s.io/v1beta1", "Cluster") == [
        "condition=Ready",
        'jsonpath={.status.v1beta2.conditions[?(@.type=="Available")].status}=True',
    ]
    assert _awaited("serving.knative.dev/v1", "Service") == ["condition=Ready"]
    assert wait_for(ready_conditions("example.com/v1", "Queue", has_conditions=True)) == ["condition=Ready"]
    assert wait_for(ready_conditions("example.com/v1", "Queue", has_conditions=False)) == []
    assert wait_for((), ["{.status.phase}=Up"]) == ["jsonpath={.status.phase}=Up"]


def documents_with_a_reader(folder: Path, *, manifest: str, readiness: str = "", waiting: str = "") -> list[Path]:
    (folder / "queues.crd.yaml").write_text(manifest)
    (folder / "estate.yaml").write_text(
        f"{SUPERVISOR}apiVersion: {VERSION}\nkind: CustomResourceDefinition\nmetadata: {{name: queues}}\n"
        "spec: {supervisor: s, manifest: {file: queues.crd.yaml}}\n---\n"
        f"apiVersion: {VERSION}\nkind: CustomResource\nmetadata: {{name: one, namespace: shop}}\n"
        f"spec: {{definition: queues, resource: {{spec: {{size: 1}}}}{readiness}}}\n---\n"
        f"apiVersion: {VERSION}\nkind: CrxWorkload\nmetadata: {{name: reader, namespace: shop}}\n"
        f"spec: {{kind: Deployment, containers: [{{name: a, image: sandbox/web:1{waiting}}}]}}\n"
    )
    return [folder / "estate.yaml"]


WITHOUT_CONDITIONS = MANIFEST.replace(
    "conditions: {type: array, items: {type: object, x-kubernetes-preserve-unknown-fields: true}}",
    "phase: {type: string}",
)
WAITING = ", environment: {A: {from: CustomResource/one, output: name}}"


def test_a_resource_that_others_wait_for_says_when_it_is_ready(tmp_path: Path) -> None:
    assert WITHOUT_CONDITIONS != MANIFEST
    assert refusals(
        lambda: build_graph(
            load_estate(documents_with_a_reader(tmp_path, manifest=WITHOUT_CONDITIONS, waiting=WAITING))
        ),
        tmp_path,
    ) == [
        "estate.yaml:23: CrxWorkload/shop/reader waits for CustomResource/shop/one, and nothing says when that is "
        "ready: CustomResourceDefinition/queues, version v1, has no conditions: fix: add spec.readiness: "
        "{jsonPaths: ['{.status.phase}=VALUE']}, or {none: true} where being there is enough"
    ]


@pytest.mark.parametrize(
    ("manifest", "readiness", "waiting"),
    [
        (MANIFEST, "", WAITING),
        (WITHOUT_CONDITIONS, ", readiness: {none: true}", WAITING),
        (WITHOUT_CONDITIONS, ", readiness: {jsonPaths: ['{.status.phase}=Running']}", WAITING),
        (WITHOUT_CONDITIONS, "", ""),
        # The table of known kinds says that it is ready at once.
        (
            WITHOUT_CONDITIONS.replace("example.com", "gateway.networking.k8s.io").replace("Queue,", "HTTPRoute,"),
            "",
            WAITING,
        ),
    ],
    ids=["conditions", "none", "json path", "nobody waits", "known kind"],
)
def test_a_resource_of_which_that_is_clear_is_taken(
    tmp_path: Path, manifest: str, readiness: str, waiting: str
) -> None:
    documents = documents_with_a_reader(tmp_path, manifest=manifest, readiness=readiness, waiting=waiting)
    assert "CustomResource/shop/one" in build_graph(load_estate(documents)).order
