"""The reference under docs/documents is the one of the models."""

from pathlib import Path

from pacific_infra.documents import json_schema
from pacific_infra.documents.reference import document_pages, main

FOLDER = Path(__file__).parents[3] / "docs" / "documents"


def test_the_pages_are_those_of_the_models() -> None:
    written = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.md")}
    assert written == document_pages(json_schema()), "run: python -m pacific_infra.documents.reference"


def test_a_field_says_type_need_default_and_bounds() -> None:
    volume = {
        "description": "Space,\nfor data.",
        "properties": {
            "size": {"type": ["string", "number"], "examples": ["1Gi"], "description": "Bytes, a|b."},
            "mode": {"enum": ["One", "Many"], "default": "One"},
        },
        "required": ["size"],
    }
    box = {
        "description": "A box.",
        "properties": {
            "apiVersion": {"const": "v1"},
            "kind": {"const": "Box"},
            "volumes": {"type": "array", "items": {"$ref": "#/$defs/Volume"}, "minItems": 1},
            "count": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}], "default": None},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}, "default": {}},
        },
    }
    schema = {
        "properties": {"apiVersion": {"const": "v1"}, "kind": {"enum": ["Box"]}},
        "$defs": {"Box": box, "Volume": volume},
    }
    pages = document_pages(schema)
    assert pages["Box.md"] == (
        "# Box\n\nA box.\n\n| field | type | required, default | description |\n|---|---|---|---|\n"
        "| `volumes` | list of [Volume](#volume), items at least 1 |  |  |\n"
        "| `count` | integer, at least 0 |  |  |\n"
        "| `labels` | map of string |  |  |\n"
        "\n## Volume\n\nSpace, for data.\n\n| field | type | required, default | description |\n|---|---|---|---|\n"
        "| `size` | string or number, such as `1Gi` | required | Bytes, a\\|b. |\n"
        '| `mode` | `One`, `Many` | `"One"` |  |\n'
    )
    assert "| [`Box`](Box.md) | A box. |" in pages["README.md"]


def test_a_page_of_a_kind_that_is_gone_is_removed(tmp_path: Path) -> None:
    (tmp_path / "Gone.md").write_text("")
    main(tmp_path)
    assert not (tmp_path / "Gone.md").exists()
    assert (tmp_path / "CrxWorkload.md").exists()
