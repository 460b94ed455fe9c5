"""The Pulumi project that a command works on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pacific_infra.errors import PacificError

DEFAULT_STACK = "dev"


@dataclass(frozen=True)
class Project:
    """A folder with a Pulumi.yaml, and the stack chosen in it."""

    directory: Path
    name: str
    stack: str
    configuration: Mapping[str, Any]
    """Plain values of the stack: Pulumi.yaml's defaults under those of Pulumi.STACK.yaml; secrets are left out."""

    @property
    def documents(self) -> tuple[Path, ...]:
        """The files and folders that ``NAME:documents`` lists; none where the program does not read documents."""
        return self._paths("documents")

    @property
    def overlays(self) -> tuple[Path, ...]:
        """The files and folders of patches that ``NAME:overlays`` lists."""
        return self._paths("overlays")

    def _paths(self, key: str) -> tuple[Path, ...]:
        listed = self.configuration.get(f"{self.name}:{key}") or []
        paths = [self.directory / path for path in ([listed] if isinstance(listed, str) else listed)]
        # As short as the user would write them: they are in every place that is printed.
        here = Path.cwd()
        return tuple(path.relative_to(here) if path.is_relative_to(here) else path for path in paths)

    @property
    def sandbox_directory(self) -> Path | None:
        """The folder of the sandbox that ``NAME:sandbox`` names; None: the user's default one."""
        named = self.configuration.get(f"{self.name}:sandbox")
        return self.directory / Path(named).expanduser() if named else None

    @property
    def sandboxed(self) -> bool:
        """Whether the stack names no vCenter, so that the embedded sandbox stands in."""
        return not self.configuration.get("pacific:server")


def find_project(start: Path, stack: str | None = None) -> Project:
    """The project in ``start`` or the nearest folder above it. Raises PacificError where there is none."""
    for directory in (start.resolve(), *start.resolve().parents):
        file = directory / "Pulumi.yaml"
        if file.is_file():
            return _read_project(file, stack or DEFAULT_STACK)
    raise PacificError(
        "no Pulumi.yaml here or above", value=str(start), fix="change to the project's folder or name it with --project"
    )


def _read_project(file: Path, stack: str) -> Project:
    project = _mapping(file)
    name = project.get("name")
    if not isinstance(name, str):
        raise PacificError("a project needs a name", place=str(file), fix="add a line such as `name: estate`")
    defaults: dict[str, Any] = {}
    for key, entry in (project.get("config") or {}).items():
        value = entry
        if isinstance(entry, dict):
            value = entry.get("value", entry.get("default"))
        if value is not None:
            defaults[key if ":" in key else f"{name}:{key}"] = value
    stack_file = file.with_name(f"Pulumi.{stack}.yaml")
    own = _mapping(stack_file).get("config") or {} if stack_file.is_file() else {}
    plain = {key: value for key, value in own.items() if not (isinstance(value, dict) and "secure" in value)}
    return Project(directory=file.parent, name=name, stack=stack, configuration={**defaults, **plain})


def _mapping(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise PacificError("cannot read the project", place=str(file), value=str(error)) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise PacificError("expected a mapping", place=str(file), value=type(content).__name__)
    return content
