import json
from pathlib import Path
from typing import Any

import pytest
from pacific_components.package.schema import schema_text
from pacific_components.vcenter.properties import wire_name

from pacific_infra.provider.models.introspection import nested_models, properties
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.schema import merge, package_schema
from pacific_infra.provider.sdk import sdk_files

COMPONENTS = Path(__file__).parents[3] / "components"


def test_committed_schema_is_the_models() -> None:
    assert (COMPONENTS / "schema.json").read_text() == schema_text()


def test_committed_sdk_is_the_models() -> None:
    for name, text in sdk_files().items():
        assert (COMPONENTS / "pacific_components" / "vcenter" / name).read_text() == text


def objects(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    inputs = {f"{token} (inputs)": item["inputProperties"] for token, item in schema["resources"].items()}
    outputs = {f"{token} (outputs)": item["properties"] for token, item in schema["resources"].items()}
    return {token: item["properties"] for token, item in schema["types"].items()} | inputs | outputs


def test_no_object_without_properties_and_every_property_described() -> None:
    schema = package_schema()
    for token, result in objects(schema).items():
        assert result, token
        for name, item in result.items():
            assert item["description"].strip(), f"{token}.{name}"


def test_every_reference_has_its_type() -> None:
    schema = package_schema()
    text = json.dumps(schema)
    for token in schema["types"]:
        assert f'"#/types/{token}"' in text
    used = {part.split('"')[0] for part in text.split('"#/types/')[1:]}
    assert used == set(schema["types"])


def test_passwords_are_secret() -> None:
    schema = package_schema()
    result = [
        (token, name)
        for token, item in objects(schema).items()
        for name, described in item.items()
        if "password" in name.lower() and not name.endswith("File") and not described.get("secret")
    ]
    assert result == []
    assert schema["config"]["variables"]["password"]["secret"] is True


def test_numbers_say_their_unit() -> None:
    units = ("MHz", "MiB", "percent", "a count", "a number", "1 or 3", "in bits", "in seconds", "addresses, a count")
    for kind in KINDS:
        for model in (kind.inputs, kind.outputs, *nested_models(kind.inputs)):
            for item in properties(model):
                if item.base is int:
                    assert any(unit in item.description for unit in units), f"{model.__name__}.{item.attribute}"


def test_python_names_become_the_models_names() -> None:
    for kind in KINDS:
        for model in (kind.inputs, kind.outputs, *nested_models(kind.inputs), *nested_models(kind.outputs)):
            assert [wire_name(item.attribute) for item in properties(model)] == [
                item.name for item in properties(model)
            ]


def test_components_are_merged_and_may_not_clash() -> None:
    components = {"resources": {"pacific:index:X": {"isComponent": True}}, "types": {}}
    merged = merge(package_schema(), components)
    assert "pacific:index:X" in merged["resources"]
    assert "pacific:vcenter:Namespace" in merged["resources"]
    with pytest.raises(ValueError, match="in both schemas: pacific:index:X"):
        merge(merged, components)
