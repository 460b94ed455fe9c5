"""The API reference under docs/reference is the one of the schema."""

import json
from pathlib import Path
from typing import Any

from pacific_components.package.reference import main, reference_pages
from pacific_components.package.schema import schema_text

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs" / "reference"
NOTHING_ELSE: dict[str, Any] = {"provider": {"inputProperties": {}, "requiredInputs": []}, "functions": {}}


def test_the_pages_are_those_of_the_schema() -> None:
    pages = reference_pages(json.loads(schema_text()))
    written = {file.name: file.read_text() for file in FOLDER.glob("*.md")}
    assert written == pages, "run: python -m pacific_components.package.reference"


def test_a_function_says_what_it_takes_and_gives() -> None:
    result = {"properties": {"id": {"type": "string", "description": "Identifier."}}}
    arguments = {"properties": {"name": {"type": "string", "description": "Name."}}, "required": ["name"]}
    functions = {"p:vcenter:getZone": {"description": "A zone.", "inputs": arguments, "outputs": result}}
    pages = reference_pages({"resources": {}, "types": {}, **NOTHING_ELSE, "functions": functions})
    assert pages["vcenter.functions.md"].partition("## ")[2] == (
        "p:vcenter:getZone\n\nA zone.\n\nTakes:\n\n"
        "| property | type | required, notes | description |\n|---|---|---|---|\n"
        "| `name` | string | required | Name. |\n"
        "\nGives:\n\n| property | type | notes | description |\n|---|---|---|---|\n| `id` | string |  | Identifier. |\n"
    )


def test_a_property_says_type_need_secrecy_replacement_and_default() -> None:
    zone = {
        "description": "A zone.",
        "inputProperties": {
            "password": {"type": "string", "secret": True, "description": "Its password."},
            "name": {"type": "string", "willReplaceOnChanges": True, "description": "Its\n name, a|b."},
            "backup": {"type": "boolean", "plain": True},
            "hosts": {"type": "array", "items": {"$ref": "#/types/p:index:Host"}, "plain": True, "default": 3},
        },
        "requiredInputs": ["name"],
        "properties": {"state": {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}}},
    }
    host = {"properties": {"memoryMib": {"type": "integer", "description": "Memory, in MiB."}}}
    schema = {"resources": {"p:vcenter:Zone": zone}, "types": {"p:index:Host": host}, **NOTHING_ELSE}
    page = reference_pages(schema)["vcenter.Zone.md"]
    assert page == (
        "# p:vcenter:Zone\n\nA zone.\n\n## Inputs\n\n"
        "| property | type | required, notes | description |\n|---|---|---|---|\n"
        "| `name` | string | required; a change replaces the resource | Its name, a\\|b. |\n"
        "| `backup` | boolean | plain: no output, no secret |  |\n"
        "| `hosts` | list of [Host](#host) | plain as a whole: its parts may be outputs; default `3` |  |\n"
        "| `password` | string | always secret | Its password. |\n"
        "\n## Outputs\n\n| property | type | notes | description |\n|---|---|---|---|\n"
        "| `state` | map of any |  |  |\n"
        "\n## Host\n\n| property | type | required, notes | description |\n|---|---|---|---|\n"
        "| `memoryMib` | integer |  | Memory, in MiB. |\n"
    )


def test_a_page_of_what_is_gone_is_removed(tmp_path: Path) -> None:
    (tmp_path / "Gone.md").write_text("")
    main(tmp_path)
    assert not (tmp_path / "Gone.md").exists()
    assert (tmp_path / "CrxWorkload.md").exists()
