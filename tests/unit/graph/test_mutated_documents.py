"""Whatever stands in whatever place of a document, a definition or a manifest: it is taken, or refused with a place."""

import copy
import json
import re
from collections.abc import Iterator
from datetime import date
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.documents.kubernetes_yaml import read_kubernetes_yaml
from pacific_infra.documents.yaml_reader import read_yaml
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import build_graph
from pacific_infra.plan.assessment import assess
from pacific_infra.plan.policy import all_rules

EXAMPLE = Path(__file__).parents[2] / "golden" / "every-object"
REPLACEMENTS: tuple[Any, ...] = (
    None,
    [],
    {},
    ["a"],
    [None],
    [[]],
    {"a": None},
    {"name": 1},
    7,
    -1,
    10**30,
    1.5,
    "",
    "x",
    "a" * 300,
    "${values.a}",
    "${config.a}",
    "\ud800",
    "é\x00\n",
    True,
)
CLUSTER = {
    "apiVersion": "pacific.infra/v1alpha1",
    "kind": "WorkloadCluster",
    "metadata": {"name": "k", "namespace": "shop"},
    "spec": {
        "version": "v1.33.3+vmware.1",
        "class": "small",
        "storagePolicy": "gold",
        "nodePools": [{"name": "workers", "replicas": 1}],
    },
}
MANIFESTS = {
    "apiVersion": "pacific.infra/v1alpha1",
    "kind": "Manifests",
    "metadata": {"name": "m", "namespace": "shop"},
    "spec": {"cluster": "k", "manifests": {"file": "m.json"}},
}
DEFINITION = {
    "apiVersion": "pacific.infra/v1alpha1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "lamps"},
    "spec": {"supervisor": "s", "manifest": {"file": "m.json"}},
}
LAMP = {
    "apiVersion": "pacific.infra/v1alpha1",
    "kind": "CustomResource",
    "metadata": {"name": "one", "namespace": "shop"},
    "spec": {
        "definition": "lamps",
        "resource": {"spec": {"colour": "red", "dimmer": {"levels": [1, 2], "any": {}}, "port": 80}},
    },
}
LAMPS = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.example.com, labels: {a: b}, annotations: {c: d}}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Lamp, plural: lamps, singular: lamp, shortNames: [l], categories: [all]}
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
          status: {type: object, properties: {conditions: {type: array, items: {type: object}}}}
          spec:
            type: object
            required: [colour]
            properties:
              colour: {type: string, pattern: '^[a-z]+$', enum: [red, blue], minLength: 1, maxLength: 9, default: red}
              port: {x-kubernetes-int-or-string: true, nullable: true}
              dimmer:
                type: object
                properties:
                  levels: {type: array, items: {type: integer, minimum: 0, exclusiveMinimum: true}, maxItems: 3}
                  any: {type: object, x-kubernetes-preserve-unknown-fields: true, additionalProperties: {type: string}}
"""
OBJECTS = """
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Secret, metadata: {name: s, namespace: default, labels: {a: b}}, stringData: {a: b}}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: d, managedFields: [{manager: x}]}
  spec: {selector: {matchLabels: {a: b}}, template: {metadata: {}, spec: {containers: [{name: c, image: i}]}}}
  status: {replicas: 1}
"""


DOCUMENTS = [raw.value for raw in read_yaml((EXAMPLE / "every-object.yaml").read_text())]


def paths(value: Any, position: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    held = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield position
    for key, part in held:
        yield from paths(part, (*position, key))


def mutated(value: Any, most: int = 1) -> Iterator[Any]:
    """``value`` with each of its parts replaced by some of the replacements, in turn, and taken away."""
    turn = cycle((*REPLACEMENTS, ...))
    for path in list(paths(value))[1:]:
        for replacement in islice(turn, most):
            copied = holder = copy.deepcopy(value)
            for element in path[:-1]:
                holder = holder[element]
            if replacement is ...:
                del holder[path[-1]]
            else:
                holder[path[-1]] = replacement
            yield copied


def check(folder: Path) -> None:
    """Everything that is done with documents before an engine starts. Any error but PacificErrors fails the test."""
    try:
        assess(build_graph(load_estate([folder])), all_rules(), date(2026, 1, 1))
    except PacificErrors as errors:
        for error in errors.errors:
            assert error.place is None or re.match(r".+?(:\d+)?$", error.place)
            assert str(error).isprintable()


def written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)


@pytest.mark.parametrize(
    "number", range(len(DOCUMENTS)), ids=[f"{item['kind']}-{at}" for at, item in enumerate(DOCUMENTS)]
)
def test_documents(tmp_path: Path, number: int) -> None:
    for file in EXAMPLE.glob("*.crd.yaml"):
        (tmp_path / file.name).write_text(file.read_text())
    for value in mutated(DOCUMENTS[number]):
        (tmp_path / "a.json").write_text(written([*DOCUMENTS[:number], value, *DOCUMENTS[number + 1 :]]))
        check(tmp_path)


@pytest.mark.parametrize(
    ("documents", "manifest"),
    [([DEFINITION, LAMP], LAMPS), ([MANIFESTS, CLUSTER], OBJECTS)],
    ids=["definition", "objects"],
)
def test_named_manifests(tmp_path: Path, documents: list[Any], manifest: str) -> None:
    (tmp_path / "a.json").write_text(written(documents))
    (raw,) = read_kubernetes_yaml(manifest)
    for value in mutated(raw.value):
        (tmp_path / "m.json").write_text(written(value))
        check(tmp_path)


@pytest.mark.parametrize("number", [0, 1])
def test_documents_with_named_manifests(tmp_path: Path, number: int) -> None:
    (raw,) = read_kubernetes_yaml((LAMPS, OBJECTS)[number])
    (tmp_path / "m.json").write_text(written(raw.value))
    for documents in ([DEFINITION, LAMP], [MANIFESTS, CLUSTER]):
        for index, document in enumerate(documents):
            for value in mutated(document):
                (tmp_path / "a.json").write_text(written([*documents[:index], value, *documents[index + 1 :]]))
                check(tmp_path)
