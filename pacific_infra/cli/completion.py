"""What the shell completes: stacks, documents and applications, read from files without the engine.

Documents are only looked at for their kinds and names, so that broken ones are completed as well, and in a blink.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer
import yaml

from pacific_infra.converge.project import DEFAULT_STACK, Project, find_project
from pacific_infra.errors import PacificError
from pacific_infra.settings import Settings

ENDINGS = (".yaml", ".yml", ".json")


def command_word(environment: Mapping[str, str] = os.environ) -> str:
    """The command of the line that is completed; empty where it has none yet."""
    line = environment.get("COMP_WORDS") or environment.get("_TYPER_COMPLETE_ARGS") or ""
    words = line.split()[1:]
    if "COMP_CWORD" in environment:
        words = words[: int(environment["COMP_CWORD"]) - 1]
    elif words and not line.endswith(" "):
        words.pop()
    return next((word for word in words if not word.startswith("-")), "")


def complete_stack(context: typer.Context, incomplete: str) -> list[str]:
    """The stacks that have a Pulumi.NAME.yaml, and those of a backend of files."""
    project = _project(context)
    if project is None:
        return []
    names = {DEFAULT_STACK, *project.declared_stacks}
    settings = Settings.read().with_backend(project.backend_url)
    backend = settings.backend_url or (settings.state_directory / "pulumi").as_uri()
    if backend.startswith("file://"):
        folder = Path(backend.removeprefix("file://")).expanduser() / ".pulumi" / "stacks" / project.name
        names |= {file.name.split(".json")[0] for file in folder.glob("*.json*")}
    return sorted(name for name in names if name.startswith(incomplete))


def complete_document(context: typer.Context, incomplete: str) -> list[str]:
    """Documents as ``Kind/namespace/name``, and by an ending of it where that was begun."""
    names = sorted({name for name in _documents(context) if not name.startswith("Application/")})
    whole = [name for name in names if name.startswith(incomplete)]
    endings = {name.split("/", part)[-1] for name in names for part in range(1, name.count("/") + 1)}
    return whole or sorted(ending for ending in endings if ending.startswith(incomplete))


def complete_application(context: typer.Context, incomplete: str) -> list[str]:
    """Applications by name."""
    names = {name.removeprefix("Application/") for name in _documents(context) if name.startswith("Application/")}
    return sorted(name for name in names if name.startswith(incomplete))


def _project(context: typer.Context) -> Project | None:
    try:
        return find_project(Path(context.params.get("project") or "."), context.params.get("stack"))
    except PacificError:
        return None


def _documents(context: typer.Context) -> Iterator[str]:
    project = _project(context)
    for path in project.documents if project is not None else ():
        files: Sequence[Path] = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.suffix in ENDINGS and file.is_file():
                yield from _names(file)


def _names(file: Path) -> Iterator[str]:
    try:
        for document in yaml.load_all(file.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if (name := _name(document)) is not None:
                yield name
    except (OSError, ValueError, yaml.YAMLError):
        return


def _name(document: Any) -> str | None:
    metadata = document.get("metadata") if isinstance(document, dict) else None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        return None
    return "/".join(str(part) for part in (document.get("kind"), metadata.get("namespace"), metadata["name"]) if part)
