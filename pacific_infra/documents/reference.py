"""The reference of documents, one page a kind: ``python -m pacific_infra.documents.reference``."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pacific_infra.documents.kind_schemas import json_schema

_REFERENCE = "#/$defs/"
_BOUNDS = {"minimum": "at least", "maximum": "at most", "minItems": "items at least", "maxItems": "items at most"}


def document_pages(schema: Mapping[str, Any]) -> dict[str, str]:
    """The text of each kind's page by its file name, from the JSON Schema of documents; README.md lists them."""
    kinds = schema["properties"]["kind"]["enum"]
    lines = ["# Documents", "", "Written from the models by `python -m pacific_infra.documents.reference`.", ""]
    lines += ["`pacific schema` writes the same for editors. Each document begins with `apiVersion` and `kind`:", ""]
    lines += ["<!-- not run: the beginning of a document -->"]
    lines += ["```yaml", f"apiVersion: {schema['properties']['apiVersion']['const']}", f"kind: {kinds[0]}", "```", ""]
    lines += ["| kind | what it is |", "|---|---|"]
    lines += [f"| [`{kind}`]({kind}.md) | {_sentence(schema['$defs'][kind])} |" for kind in kinds]
    pages = {f"{kind}.md": _page(kind, schema["$defs"]) for kind in kinds}
    return {"README.md": "\n".join(lines) + "\n", **pages}


def _page(kind: str, types: Mapping[str, Any]) -> str:
    fields = {name: field for name, field in types[kind]["properties"].items() if name not in ("apiVersion", "kind")}
    lines = [f"# {kind}", "", _sentence(types[kind]), "", *_table({**types[kind], "properties": fields})]
    if f"External{kind}" in types:
        fields = {**fields, "external": types[f"External{kind}"]["properties"]["spec"]}
    for name in _types(fields, types):
        lines += ["", f"## {name}", "", _sentence(types[name]), "", *_table(types[name])]
    return "\n".join(lines) + "\n"


def _table(described: Mapping[str, Any]) -> list[str]:
    required = described.get("required", [])
    lines = ["| field | type | required, default | description |", "|---|---|---|---|"]
    for name, field in described.get("properties", {}).items():
        default = field.get("default")
        notes = ["required"] if name in required else []
        if default not in (None, [], {}) and not isinstance(default, dict | list):
            notes.append(f"`{json.dumps(default, ensure_ascii=False)}`")
        lines.append(f"| `{name}` | {_type(field)} | {'; '.join(notes)} | {_sentence(field)} |")
    return lines


def _type(described: Mapping[str, Any]) -> str:
    if "$ref" in described:
        name = str(described["$ref"]).removeprefix(_REFERENCE)
        return f"[{name}](#{name.lower()})"
    if choices := described.get("anyOf") or described.get("oneOf"):
        return " or ".join(dict.fromkeys(_type(choice) for choice in choices if choice.get("type") != "null"))
    if "enum" in described or "const" in described:
        values = described.get("enum", [described.get("const")])
        shown = (json.dumps(value) if isinstance(value, bool) else value for value in values if value is not None)
        return ", ".join(f"`{value}`" for value in shown)
    kind = described.get("type", "any")
    if kind == "object":
        return _object(described)
    if kind == "array":
        return f"list of {_type(described.get('items', {}))}{_bounds(described)}"
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    examples = ", ".join(f"`{example}`" for example in described.get("examples", []))
    return words + _bounds(described) + (f", such as {examples}" if examples else "")


def _object(described: Mapping[str, Any]) -> str:
    schemas = [described.get("additionalProperties"), *described.get("patternProperties", {}).values()]
    values = dict.fromkeys(_type(value) for value in schemas if isinstance(value, Mapping))
    if values:
        return f"map of {' or '.join(values)}"
    named = ", ".join(f"{name}: ..." for name in described.get("properties", {}))
    return f"`{{{named}}}`" if named else "object"


def _bounds(described: Mapping[str, Any]) -> str:
    return "".join(f", {words} {described[key]}" for key, words in _BOUNDS.items() if key in described)


def _types(described: Any, types: Mapping[str, Any]) -> list[str]:
    """The names of all types that ``described`` leads to, in the order in which they are met."""
    names: dict[str, None] = {}
    waiting = list(_references(described))
    while waiting:
        name = waiting.pop(0)
        if name not in names:
            names[name] = None
            waiting += _references(types[name])
    return list(names)


def _references(described: Any) -> Iterator[str]:
    if isinstance(described, Mapping):
        if str(described.get("$ref", "")).startswith(_REFERENCE):
            yield str(described["$ref"]).removeprefix(_REFERENCE)
        for value in described.values():
            yield from _references(value)
    elif isinstance(described, list):
        for value in described:
            yield from _references(value)


def _sentence(described: Mapping[str, Any]) -> str:
    """The description on one line, safe in a table."""
    return " ".join(str(described.get("description", "")).split()).replace("|", "\\|").replace("``", "`")


def with_navigation(site: str, pattern: str, entries: Iterable[str]) -> str:
    """``site``, the settings of the documentation's site, with ``entries`` in the place of the first entries of
    ``pattern``.
    """
    lines = "".join(f"      {entry},\n" for entry in entries)
    return re.sub(rf"(?: *{pattern},\n)+", lambda _: lines, site, count=1)


def write_pages(folder: Path, pages: Mapping[str, str], navigation: Mapping[str, Iterable[str]]) -> None:
    """Write ``pages`` into ``folder`` by their file names, and remove other pages there. The entries of each pattern of
    ``navigation`` are replaced in the navigation of the site, where there is one.
    """
    settings = folder.resolve().parents[1] / "zensical.toml"
    if settings.is_file():
        site = settings.read_text(encoding="utf-8")
        for pattern, entries in navigation.items():
            site = with_navigation(site, pattern, entries)
        settings.write_text(site, encoding="utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


def main(folder: Path) -> None:
    """Write every page into ``folder``, and list them in the site's navigation."""
    pages = document_pages(json_schema())
    write_pages(folder, pages, {r'"documents/[^"]+"': [f'"documents/{page}"' for page in pages]})


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/documents"))
