"""``pacific schema``: the JSON Schema with which editors check documents as they are written."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from pacific_infra.cli.options import CURRENT_FOLDER, ProjectOption, StackOption
from pacific_infra.converge.project import find_project
from pacific_infra.documents import json_schema, load_estate
from pacific_infra.documents.estate_schema import LIVE_SECTIONS, schema_with_names, schema_with_templates
from pacific_infra.errors import PacificError


def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; '-' or nothing writes to the terminal.")
    ] = None,
    documents: Annotated[
        bool, typer.Option("--documents", help="With the templates of the project's documents (docs/templates.md).")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="With the names that the stack's vCenter and Supervisors have, as examples.")
    ] = False,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
) -> None:
    """Write the JSON Schema of documents, for editors and checks.

    Begin a file of documents with `# yaml-language-server: $schema=PATH` to have your editor use it.
    """
    written = _of_project(project, stack) if documents else json_schema()
    if live:
        from pacific_infra.cli.discover import read_offers  # noqa: PLC0415 - what only this option needs

        offers = read_offers(find_project(project, stack), LIVE_SECTIONS)
        written = schema_with_names(written, {section: offers.names_in_documents(section) for section in LIVE_SECTIONS})
    text = json.dumps(written, indent=2, ensure_ascii=False) + "\n"
    if output is None or str(output) == "-":
        typer.echo(text, nl=False)
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PacificError(f"the schema cannot be written ({error.strerror})", place=str(output)) from None


def _of_project(project: Path, stack: str | None) -> dict[str, Any]:
    """The schema with the templates of the project's documents."""
    settings = find_project(project, stack)
    if not settings.documents:
        raise PacificError("the project has no documents", place=str(project), fix="leave out --documents")
    return schema_with_templates(load_estate(settings.documents, settings.overlays).templates)
