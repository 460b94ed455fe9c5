"""The arguments of components, generated from the models of the documents."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pacific_components.argument_fields import ArgumentField, argument_fields, objects_in
from pacific_components.component_models import COMPONENT_MODELS
from pacific_components.package.argument_types import arguments_module
from pulumi.provider.experimental.util import camel_case
from pydantic import BaseModel

ARGUMENTS = Path(__file__).parents[3] / "components" / "pacific_components" / "arguments.py"


def fields(model: type[BaseModel]) -> Iterator[ArgumentField]:
    for field in argument_fields(model):
        yield field
        for inner in objects_in(field.type):
            yield from fields(inner)


ALL_FIELDS = [
    field for models in COMPONENT_MODELS.values() for model in (models.plumbing, models.spec) for field in fields(model)
]


def test_committed_arguments_are_the_models() -> None:
    fix = "run python -m pacific_components.package.schema and commit components/pacific_components/arguments.py"
    assert ARGUMENTS.read_text() == arguments_module(), fix


def test_every_field_is_spelled_in_other_languages_as_in_documents() -> None:
    assert {field.key: camel_case(field.key) for field in ALL_FIELDS} == {
        field.key: field.spelling for field in ALL_FIELDS
    }


def test_every_field_has_a_text() -> None:
    assert [field.key for field in ALL_FIELDS if not field.text and field.secret_of is None] == []


@pytest.mark.parametrize("name", COMPONENT_MODELS)
def test_no_field_of_a_document_has_the_name_of_one_that_only_components_take(name: str) -> None:
    models = COMPONENT_MODELS[name]
    of_components = {field.key for field in argument_fields(models.plumbing)}
    assert of_components & {field.key for field in argument_fields(models.spec)} == set()
