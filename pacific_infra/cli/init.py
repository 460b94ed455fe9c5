"""``pacific init``: a new project, to begin an estate of one's own with."""

import json
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from typing import Annotated

import typer
import yaml

from pacific_infra.cli.options import JsonOption
from pacific_infra.cli.result import print_json
from pacific_infra.documents import json_schema
from pacific_infra.errors import PacificError
from pacific_infra.settings import Settings

SCHEMA = ".pacific/estate.schema.json"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_LONGEST_LABEL = 40
"""Characters, so that names made from it are labels of 63 too."""


def init(
    folder: Annotated[Path, typer.Argument(help="The project's folder; it is made where there is none.")] = Path(),
    name: Annotated[str | None, typer.Option("--name", help="The project's name. [default: the folder's]")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a new project: Pulumi.yaml, its program, and documents of a small estate that runs in the sandbox."""
    name = name or folder.resolve().name
    if not _NAME.fullmatch(name):
        raise PacificError(
            "not a name for a project",
            place="--name",
            value=name,
            allowed="1 to 100 letters, digits, '-', '_' and '.'",
        )
    contents = {**_template(name), SCHEMA: json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"}
    existing = sorted(path for path in contents if (folder / path).exists() and path not in (".gitignore", SCHEMA))
    if existing:
        raise PacificError(
            "the folder has files of the new project already, none was written",
            place=str(folder),
            value=", ".join(existing),
            fix="name a new folder, or remove them",
        )
    written: list[Path] = []
    try:
        for path, text in contents.items():
            file = folder / path
            if path == ".gitignore" and file.exists():
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            written.append(file)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        # A part of it would be in the way of the next try.
        for file in written:
            file.unlink(missing_ok=True)
        # Of a disk that is full no file is said.
        place = str(error.filename or folder)
        raise PacificError(f"the project cannot be written ({error.strerror})", place=place) from None
    if as_json:
        print_json("init", {"name": name, "folder": str(folder), "files": sorted(contents)})
        return
    for path in sorted(contents):
        typer.echo(f"wrote {folder / path}")
    where = "" if folder.resolve() == Path.cwd() else f" -C {folder}"
    command = Settings.read().command
    typer.echo(f"  next: {command} plan{where}\n  next: {command} up{where}")


def _template(name: str) -> dict[str, str]:
    """The files of the template, by their paths in the project."""

    def walk(folder: Traversable, prefix: str) -> dict[str, str]:
        contents_by_path: dict[str, str] = {}
        for entry in folder.iterdir():
            path = prefix + entry.name
            if entry.is_dir():
                if entry.name != "__pycache__":
                    contents_by_path |= walk(entry, f"{path}/")
            else:
                # Named so that it does not count for this repository.
                text = Template(entry.read_text("utf-8")).substitute(name=_yaml_text(name), label=_label(name))
                contents_by_path[".gitignore" if path == "gitignore" else path] = text
        return contents_by_path

    return walk(files("pacific_infra") / "project_template", "")


def _yaml_text(name: str) -> str:
    """The name as YAML reads it for text: 123 and true in quotes."""
    return name if isinstance(yaml.safe_load(name), str) else f'"{name}"'


def _label(name: str) -> str:
    """The project's name as the head of names in vCenter and Kubernetes: labels of RFC 1123."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower())[:_LONGEST_LABEL].strip("-") or "estate"
