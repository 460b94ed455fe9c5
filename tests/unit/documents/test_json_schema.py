import json
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner

from pacific_infra.cli.schema import schema
from pacific_infra.documents import json_schema
from tests.support.schema_meaning import differences, meaning

GOLDEN = Path(__file__).parents[2] / "golden" / "estate.schema.json"


def test_schema_means_what_the_committed_one_means(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(schema)
    output = tmp_path / "new" / "estate.schema.json"
    result = CliRunner().invoke(app, ["--output", str(output)])
    assert result.exit_code == 0
    changes = differences(meaning(json.loads(GOLDEN.read_text())), meaning(json.loads(output.read_text())))
    assert changes == [], "if that is meant: ./run pacific schema -o tests/golden/estate.schema.json"


def test_schema_goes_to_the_terminal() -> None:
    app = typer.Typer()
    app.command()(schema)
    assert json.loads(CliRunner().invoke(app, []).output) == json_schema()


def test_every_field_is_described_and_no_object_is_open() -> None:
    missing = []
    for name, definition in json_schema()["$defs"].items():
        assert definition["additionalProperties"] is False, name
        assert definition["description"], name
        for field, described in definition["properties"].items():
            if not described.get("description") and "$ref" not in described:
                missing.append(f"{name}.{field}")
    assert missing == []


def test_an_editor_offers_no_null_and_fills_in_no_objects() -> None:
    for name, definition in json_schema()["$defs"].items():
        for field, described in definition["properties"].items():
            assert {"type": "null"} not in described.get("anyOf", []), f"{name}.{field}"
            assert not isinstance(described.get("default", ""), dict | list | type(None)), f"{name}.{field}"


def test_fields_are_camel_case() -> None:
    def names(value: Any) -> list[str]:
        if isinstance(value, dict):
            local = list(value.get("properties", {})) if isinstance(value.get("properties"), dict) else []
            return local + [name for held in value.values() for name in names(held)]
        return [name for held in value for name in names(held)] if isinstance(value, list) else []

    assert [name for name in names(json_schema()) if "_" in name] == []
