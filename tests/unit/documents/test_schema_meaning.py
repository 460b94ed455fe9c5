"""Two JSON Schemas are compared by what they allow and say, not by how they are written."""

from typing import Any

import pytest

from tests.support.schema_meaning import differences, meaning

PORT = {"type": "integer", "minimum": 1, "description": "A port."}
INLINE: dict[str, Any] = {
    "type": "object",
    "properties": {"port": PORT, "kind": {"enum": ["a", "b"]}},
    "required": ["kind", "port"],
}


@pytest.mark.parametrize(
    "schema",
    [
        {**INLINE, "required": ["port", "kind"]},
        {**INLINE, "title": "Service"},
        {**INLINE, "properties": {**INLINE["properties"], "port": {"$ref": "#/$defs/Port"}}, "$defs": {"Port": PORT}},
        {
            **INLINE,
            "properties": {**INLINE["properties"], "port": {"$ref": "#/$defs/P"}},
            "$defs": {"P": PORT, "Q": {}},
        },
        {"$ref": "#/$defs/Service", "$defs": {"Service": INLINE}},
        {"allOf": [{"$ref": "#/$defs/Service"}], "$defs": {"Service": {**INLINE, "title": "Other"}}},
    ],
)
def test_another_form_is_no_difference(schema: dict[str, Any]) -> None:
    assert differences(meaning(INLINE), meaning(schema)) == []


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({**INLINE, "required": ["port"]}, ['schema.required: ["kind", "port"] became ["port"]']),
        (
            {**INLINE, "properties": {**INLINE["properties"], "port": {**PORT, "minimum": 0}}},
            ["schema.properties.port.minimum: 1 became 0"],
        ),
        (
            {**INLINE, "properties": {**INLINE["properties"], "port": {"$ref": "#/$defs/P", "description": "Open."}}}
            | {"$defs": {"P": PORT}},
            ['schema.properties.port.description: "A port." became "Open."'],
        ),
        (
            {**INLINE, "properties": {**INLINE["properties"], "title": {"type": "string"}}},
            ['schema.properties.title.type: nothing became "string"'],
        ),
    ],
)
def test_what_is_allowed_or_said_is_a_difference(schema: dict[str, Any], expected: list[str]) -> None:
    assert differences(meaning(INLINE), meaning(schema)) == expected


def test_rules_beside_a_name_hold_as_well_as_those_of_the_definition() -> None:
    schema = {"$ref": "#/$defs/Port", "minimum": 1024, "$defs": {"Port": PORT}}
    assert meaning(schema) == {"allOf": [PORT, {"minimum": 1024}]}


def test_a_definition_within_itself_has_an_end() -> None:
    tree = {"type": "object", "properties": {"inner": {"$ref": "#/$defs/Tree"}}}
    assert meaning({"$ref": "#/$defs/Tree", "$defs": {"Tree": tree}}) == {
        "type": "object",
        "properties": {"inner": {"$ref": 1}},
    }
