"""Each kind of the registry has its model, component, schema, pages, rows and example: a new one forgets none."""

import json
from pathlib import Path
from typing import get_args

import pacific_components
import pytest
from pacific_components import vcenter
from pacific_components.package.definitions import components

import pacific_infra.documents
from pacific_infra.documents import json_schema
from pacific_infra.documents.kinds import KINDS, Kind
from pacific_infra.documents.models import ALL_MODELS, EXTERNAL_MODELS
from pacific_infra.documents.yaml_reader import read_yaml

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "tests" / "golden" / "every-object" / "every-object.yaml"
PACKAGE = json.loads((ROOT / "components" / "schema.json").read_text())
EVERY = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
RESOURCES = pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.token], ids=lambda kind: kind.name)


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@EVERY
def test_its_model_says_its_name(kind: Kind) -> None:
    field = ALL_MODELS[kind.name].model_fields["kind"]
    assert get_args(field.annotation) == (kind.name,)
    if kind.may_be_external:
        assert get_args(EXTERNAL_MODELS[kind.name].model_fields["kind"].annotation) == (kind.name,)


@EVERY
def test_the_json_schema_has_it(kind: Kind) -> None:
    schema = json_schema()
    assert kind.name in schema["properties"]["kind"]["enum"]
    assert schema["$defs"][kind.name]["properties"]["spec" if kind.token else "kind"]


@EVERY
def test_the_reference_of_documents_has_its_page_and_row(kind: Kind) -> None:
    assert text_of(f"docs/documents/{kind.name}.md").startswith(f"# {kind.name}\n")
    assert f"[`{kind.name}`]({kind.name}.md)" in text_of("docs/documents/README.md")


@EVERY
def test_a_page_written_by_hand_shows_it(kind: Kind) -> None:
    pages = [page.read_text(encoding="utf-8") for page in (*ROOT.glob("docs/*.md"), *ROOT.glob("docs/tutorials/*.md"))]
    assert any(f"`{kind.name}`" in page or f"kind: {kind.name}" in page for page in pages)


@RESOURCES
def test_the_list_of_kinds_in_the_concepts_has_it(kind: Kind) -> None:
    assert f"[{kind.name}](documents/{kind.name}.md)" in text_of("docs/concepts.md").partition("## Kinds")[2]


@RESOURCES
def test_programs_can_import_its_model(kind: Kind) -> None:
    assert kind.name in pacific_infra.documents.__all__


@RESOURCES
def test_it_has_a_component_and_its_page(kind: Kind) -> None:
    assert kind.token is not None
    module, _, name = kind.token.removeprefix("pacific:").partition(":")
    assert PACKAGE["resources"][kind.token]["description"]
    reference = text_of("docs/reference/README.md")
    if module == "vcenter":
        assert name in vcenter.__all__
        assert f"[`{kind.token}`](vcenter.{name}.md)" in reference
    else:
        component = getattr(pacific_components, name)
        assert component in components()
        assert name in pacific_components.__all__
        assert f"{name}Args" in pacific_components.__all__
        assert f"[`{kind.token}`]({name}.md)" in reference
        assert name in text_of("docs/components.md")


@RESOURCES
def test_the_component_has_what_others_take_from_a_document(kind: Kind) -> None:
    assert kind.token is not None
    assert {*kind.secret_outputs, *kind.service_outputs} <= {*kind.outputs}
    if kind.token.startswith("pacific:index:"):
        assert {*kind.outputs} <= {*PACKAGE["resources"][kind.token]["properties"]}
    secret = {name for name, value in PACKAGE["resources"][kind.token]["properties"].items() if value.get("secret")}
    assert secret & {*kind.outputs} == {*kind.secret_outputs}


@RESOURCES
def test_an_example_in_the_golden_files_has_it(kind: Kind) -> None:
    documents = [document.value for document in read_yaml(EXAMPLES.read_text())]
    assert kind.name in {document["kind"] for document in documents}
