"""``pacific schema``: the JSON Schema with which editors check documents as they are written."""

import json
from pathlib import Path
from typing import Annotated

import typer

from pacific_infra.documents import json_schema
from pacific_infra.errors import PacificError


def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; '-' or nothing writes to the terminal.")
    ] = None,
) -> None:
    """Write the JSON Schema of documents, for editors and checks.

    Begin a file of documents with `# yaml-language-server: $schema=PATH` to have your editor use it.
    """
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if output is None or str(output) == "-":
        typer.echo(text, nl=False)
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PacificError(f"the schema cannot be written ({error.strerror})", place=str(output)) from None
