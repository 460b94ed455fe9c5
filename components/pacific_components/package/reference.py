"""The API reference, one page a resource and component: ``python -m pacific_components.package.reference``."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pacific_components.package.schema import schema_text
from pacific_infra.documents.lowering import TABLES, flat_rows
from pacific_infra.documents.reference import write_pages

_REFERENCE = "#/types/"
_PROVIDER = "Provider.md"
_FUNCTIONS = "vcenter.functions.md"
_NAMES = "vcenter.names.md"
_FLAGS = {
    "secret": "always secret",
    "willReplaceOnChanges": "a change replaces the resource",
}


def reference_pages(schema: Mapping[str, Any]) -> dict[str, str]:
    """The text of each page by its file name; README.md lists them."""
    pages = {_file(token): _page(schema, token) for token in schema["resources"]}
    others = {_PROVIDER: _provider(schema), _FUNCTIONS: _functions(schema), _NAMES: _vcenter_names()}
    return {"README.md": _index(schema), **pages, **others}


def _file(token: str) -> str:
    """``pacific:index:CrxWorkload`` -> CrxWorkload.md, ``pacific:vcenter:Zone`` -> vcenter.Zone.md."""
    _, module, name = token.split(":")
    return f"{name}.md" if module == "index" else f"{module}.{name}.md"


def _index(schema: Mapping[str, Any]) -> str:
    lines = ["# Reference of the package `pacific`", ""]
    lines += ["Written from components/schema.json by `python -m pacific_components.package.reference`.", ""]
    for title, are_components in (("Components", True), ("Resources of vCenter", False)):
        lines += [f"## {title}", "", "| token | what it is |", "|---|---|"]
        lines += [
            f"| [`{token}`]({_file(token)}) | {_sentence(resource)} |"
            for token, resource in sorted(schema["resources"].items())
            if bool(resource.get("isComponent")) is are_components
        ]
        lines.append("")
    lines += ["## Beside them", "", "| page | what it is |", "|---|---|"]
    lines.append(f"| [`pulumi:providers:pacific`]({_PROVIDER}) | {_sentence(schema['provider'])} |")
    lines.append(f"| [`pacific:vcenter:get*`]({_FUNCTIONS}) | Functions that look up what vCenter has. |")
    lines.append(f"| [names]({_NAMES}) | Fields of documents and components with vCenter's properties. |")
    return "\n".join(lines) + "\n"


def _page(schema: Mapping[str, Any], token: str) -> str:
    resource = schema["resources"][token]
    inputs = resource.get("inputProperties", {})
    outputs = {name: output for name, output in resource.get("properties", {}).items() if name not in inputs}
    lines = [f"# {token}", "", _sentence(resource), "", "## Inputs", ""]
    lines += _table(inputs, resource.get("requiredInputs", []), is_input=True)
    if outputs:
        lines += ["", "## Outputs", "", *_table(outputs, resource.get("required", []), is_input=False)]
    lines += _described(schema, [*inputs.values(), *outputs.values()])
    return "\n".join(lines) + "\n"


def _provider(schema: Mapping[str, Any]) -> str:
    provider = schema["provider"]
    lines = ["# pulumi:providers:pacific", "", _sentence(provider), ""]
    lines += [
        "The same names, with `pacific:` before them, configure the provider that a program does not declare.",
        "",
    ]
    lines += _table(provider["inputProperties"], provider["requiredInputs"], is_input=True)
    return "\n".join(lines) + "\n"


def _functions(schema: Mapping[str, Any]) -> str:
    lines = ["# Functions of the package `pacific`", ""]
    lines += ["In Python `vcenter.get_supervisor(...)` and the like, which give an Output.", ""]
    properties: list[Mapping[str, Any]] = []
    for token, function in sorted(schema["functions"].items()):
        taken_inputs, results = function.get("inputs", {}).get("properties", {}), function["outputs"]["properties"]
        lines += [f"## {token}", "", _sentence(function), ""]
        if taken_inputs:
            lines += ["Takes:", "", *_table(taken_inputs, function["inputs"].get("required", []), is_input=True), ""]
        lines += ["Gives:", "", *_table(results, [], is_input=False), ""]
        properties += [*taken_inputs.values(), *results.values()]
    return "\n".join([*lines[:-1], *_described(schema, properties)]) + "\n"


def _vcenter_names() -> str:
    lines = ["# Fields of documents and components, and vCenter's properties", ""]
    lines += ["Only those are listed of which the names or the forms differ.", ""]
    for kind, table in TABLES.items():
        lines += [f"## {kind}", "", "| field | property |", "|---|---|"]
        lines += [
            f"| `{row.document}` | `{row.property}` |" for row in flat_rows(table) if row.document != row.property
        ]
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def _described(schema: Mapping[str, Any], properties: list[Mapping[str, Any]]) -> list[str]:
    """The tables of all object types that ``properties`` lead to."""
    lines: list[str] = []
    for name in _types(schema, properties):
        described = schema["types"][name]
        lines += ["", f"## {name.rpartition(':')[2]}", ""]
        if described.get("description"):
            lines += [_sentence(described), ""]
        if "enum" in described:
            lines += [f"- `{word['value']}` {word.get('description', '')}".rstrip() for word in described["enum"]]
        else:
            lines += _table(described.get("properties", {}), described.get("required", []), is_input=True)
    return lines


def _table(properties: Mapping[str, Any], required: list[str], *, is_input: bool) -> list[str]:
    head = "required, " if is_input else ""
    lines = [f"| property | type | {head}notes | description |", "|---|---|---|---|"]
    for name, described in sorted(properties.items(), key=lambda item: (item[0] not in required, item[0])):
        notes = ["required"] if is_input and name in required else []
        notes += [text for flag, text in _FLAGS.items() if described.get(flag)]
        if described.get("plain"):
            parts = described.get("items") or described.get("additionalProperties") or described
            whole = "$ref" in parts or not parts.get("plain")
            notes.append("plain as a whole: its parts may be outputs" if whole else "plain: no output, no secret")
        if "default" in described:
            notes.append(f"default `{json.dumps(described['default'])}`")
        lines.append(f"| `{name}` | {_type(described)} | {'; '.join(notes)} | {_sentence(described)} |")
    return lines


def _type(described: Mapping[str, Any]) -> str:
    if "$ref" in described:
        name = str(described["$ref"])
        if not name.startswith(_REFERENCE):
            return "any"
        name = name.rpartition(":")[2]
        return f"[{name}](#{name.lower()})"
    if described.get("type") == "array":
        return f"list of {_type(described['items'])}"
    if described.get("type") == "object" and "additionalProperties" in described:
        return f"map of {_type(described['additionalProperties'])}"
    return str(described.get("type", "any"))


def _types(schema: Mapping[str, Any], properties: list[Mapping[str, Any]]) -> list[str]:
    """The tokens of all object types that ``properties`` lead to, in the order in which they are met."""
    tokens: dict[str, None] = {}
    waiting = [name for described in properties for name in _references(described)]
    while waiting:
        name = waiting.pop(0)
        if name not in tokens:
            tokens[name] = None
            nested = schema["types"][name].get("properties", {}).values()
            waiting += [reference for described in nested for reference in _references(described)]
    return list(tokens)


def _references(described: Mapping[str, Any]) -> Iterator[str]:
    for key, value in described.items():
        if key == "$ref" and str(value).startswith(_REFERENCE):
            yield str(value).removeprefix(_REFERENCE)
        elif isinstance(value, Mapping):
            yield from _references(value)


def _sentence(described: Mapping[str, Any]) -> str:
    """The description on one line, safe in a table."""
    return " ".join(str(described.get("description", "")).split()).replace("|", "\\|").replace("``", "`")


def _navigation(tokens: Iterable[str]) -> Mapping[str, Iterable[str]]:
    """The entries of components, and of vCenter's resources, in the site's navigation by their pattern."""
    components = [_PROVIDER, *(_file(token) for token in tokens if ":index:" in token)]
    resources = [_file(token) for token in tokens if ":vcenter:" in token]
    return {
        r'\{ "\w+" = "reference/\w+\.md" \}': [_entry(file) for file in components],
        r'\{ "\w+" = "reference/vcenter\.[A-Z]\w+\.md" \}': [_entry(file) for file in resources],
    }


def _entry(file: str) -> str:
    return f'{{ "{Path(file).stem.removeprefix("vcenter.")}" = "reference/{file}" }}'


def main(folder: Path) -> None:
    """Write every page into ``folder``, remove the pages of what is no longer there, and list them in the site's
    navigation.
    """
    schema = json.loads(schema_text())
    write_pages(folder, reference_pages(schema), _navigation(schema["resources"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/reference"))
