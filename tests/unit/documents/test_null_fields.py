"""A null where a field takes a value is refused, in every kind: behind `memory:` a value was forgotten."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pacific_infra.documents import load_estate
from pacific_infra.documents.kind_schemas import schemas_at
from pacific_infra.documents.models import ALL_MODELS, MODELS
from pacific_infra.documents.named_files import NamedFiles
from pacific_infra.documents.rendering import Renderer
from pacific_infra.documents.source import Path as FieldPath
from pacific_infra.documents.yaml_reader import read_yaml
from tests.support.bad_documents import HEAD, NAMESPACE, errors_of

GOLDEN = Path(__file__).parents[2] / "golden"
FILES = (
    *("every-object/every-object.yaml", "every-secret/estate.yaml"),
    *(f"every-property/{name}.yaml" for name in ("namespaces", "supervisors", "virtual-machine-classes")),
)
APPLICATION: dict[str, Any] = {
    **{"apiVersion": "pacific.infra/v1alpha1", "kind": "Application", "metadata": {"name": "shop"}},
    "spec": {"parts": ["CrxWorkload/closed/web"]},
}
DOCUMENTS = [(FILES[0], APPLICATION)]
DOCUMENTS += [(file, raw.value) for file in FILES for raw in read_yaml((GOLDEN / file).read_text())]


def objects_of(kind: str, value: Any, path: FieldPath = ()) -> Iterator[tuple[FieldPath, set[str]]]:
    """The objects of a document that have fields of a model: where they are, and the fields that they may have."""
    if isinstance(value, dict):
        if fields := {field for schema in schemas_at(kind, path) for field in schema.get("properties", {})}:
            yield path, fields
        for name, held in value.items():
            yield from objects_of(kind, held, (*path, name))
    elif isinstance(value, list):
        for index, held in enumerate(value):
            yield from objects_of(kind, held, (*path, index))


def test_the_examples_have_every_kind() -> None:
    assert {value["kind"] for _, value in DOCUMENTS} >= MODELS.keys()


@pytest.mark.parametrize(
    ("file", "document"), DOCUMENTS, ids=[f"{value['kind']}-{value['metadata']['name']}" for _, value in DOCUMENTS]
)
def test_no_field_takes_null(file: str, document: dict[str, Any]) -> None:
    context = {"files": NamedFiles((GOLDEN / file).parent, Renderer()), "templates": ()}
    model = ALL_MODELS[document["kind"]]
    accepted = []
    for path, fields in objects_of(document["kind"], document):
        for field in fields:
            changed = copy.deepcopy(document)
            holder: Any = changed
            for element in path:
                holder = holder[element]
            holder[field] = None
            try:
                model.model_validate(changed, context={**context, "document": changed}, by_alias=True, by_name=False)
                accepted.append((*path, field))
            except ValidationError:
                pass
    assert accepted == []


def test_the_error_has_the_line_and_what_the_field_takes(tmp_path: Path) -> None:
    assert errors_of(tmp_path, f"{NAMESPACE}  limits:\n    cpu: 1GHz\n    memory:\n  description: null\n") == [
        "a.yaml:8: spec.limits.memory is empty: fix: give it a value, or remove it",
        "a.yaml:9: spec.description is empty: allowed: text; fix: give it a value, or remove it",
    ]


def test_values_and_patches_that_bring_a_null_are_named(tmp_path: Path) -> None:
    values = f"{HEAD}kind: Values\nvalues:\n  size:\n---\n"
    assert errors_of(tmp_path, f"{values}{NAMESPACE}  limits: {{memory: '${{values.size}}'}}\n") == [
        "a.yaml:11 (values.size at a.yaml:4): spec.limits.memory is empty: fix: give it a value, or remove it",
    ]


def test_what_is_read_by_others_may_hold_null(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        f"{HEAD}kind: Manifests\nmetadata: {{name: chart, namespace: shop}}\nspec:\n"
        "  manifests: 'apiVersion: v1\n\n    kind: ConfigMap\n\n    metadata: {name: a, annotations: null}'\n"
    )
    assert len(list(load_estate([tmp_path / "a.yaml"]))) == 1
