"""The Pulumi project that a command works on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.notifications.notification import FORMS
from pacific_infra.vcenter.kubeconfig_file import KubeconfigFile, configured_kubeconfig

DEFAULT_STACK = "dev"
_WEBHOOKS = tuple(form.setting for form in FORMS)
SETTINGS = ("documents", "imports", "overlays", "retired", "sandbox", *_WEBHOOKS)
"""What estates read of their project's configuration; `pacific ci` reads ``retired``."""
_PATHS = ("documents", "overlays")
VCENTER_SETTINGS = (
    "caFile",
    "context",
    "errorGrace",
    "insecure",
    "kubeconfig",
    "password",
    "passwordFile",
    "server",
    "username",
    "waitTimeout",
)
"""What there is under ``pacific:``: the provider's configuration, and the kubeconfig by which
external Supervisors are used.
"""


@dataclass(frozen=True)
class Project:
    """A folder with a Pulumi.yaml, and the stack chosen in it."""

    directory: Path
    name: str
    stack: str
    configuration: Mapping[str, Any]
    """Plain values of the stack: Pulumi.yaml's defaults under those of Pulumi.STACK.yaml; secrets are left out."""
    secret_keys: frozenset[str] = frozenset()
    """Keys that Pulumi.STACK.yaml keeps as secrets, with their namespace."""
    imports_environments: bool = False
    """Whether Pulumi.STACK.yaml takes values from environments of Pulumi ESC, which only the engine can open."""

    run_settings: Path | None = None
    """The file with the stack's configuration for this run alone; None: Pulumi.STACK.yaml."""

    estate: str | None = None
    """For one of several stacks of an estate: the stack that the estate is named after, which has the configuration."""

    backend_url: str | None = None
    """Pulumi's backend, where Pulumi.yaml names one; relative folders are made whole."""

    @property
    def owner(self) -> str:
        """PROJECT/STACK whose mark the objects carry: the whole estate's."""
        return f"{self.name}/{self.estate or self.stack}"

    @property
    def expects_stack(self) -> bool:
        """Whether the stack is one that may be made without a question: the default one, or one with a file."""
        return self.stack == DEFAULT_STACK or self.stack in self.declared_stacks

    @property
    def stack_settings(self) -> Path:
        """The path of the stack's ``Pulumi.STACK.yaml``, or its estate's; it may not exist."""
        return self.directory / f"Pulumi.{self.estate or self.stack}.yaml"

    @property
    def declared_stacks(self) -> frozenset[str]:
        """The stacks that have a ``Pulumi.STACK.yaml``."""
        files = self.directory.glob("Pulumi.*.yaml")
        return frozenset(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in files)

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
        folder = Path.cwd()
        return tuple(path.relative_to(folder) if path.is_relative_to(folder) else path for path in paths)

    @property
    def sandbox_directory(self) -> Path | None:
        """The folder of the sandbox that ``NAME:sandbox`` names; None: the user's default one."""
        named = self.configuration.get(f"{self.name}:sandbox")
        return self.directory / Path(named).expanduser() if named else None

    @property
    def sandboxed(self) -> bool:
        """Whether the stack names no vCenter and no kubeconfig, so that the embedded sandbox stands in.

        Raises PacificError where an environment of Pulumi ESC may name one.
        """
        if self.kubeconfig is not None or self.configuration.get("pacific:server"):
            return False
        if self.imports_environments and self.sandbox_directory is None:
            raise PacificError(
                "the stack names no vCenter itself, and its environments of Pulumi ESC only Pulumi can open",
                place=str(self.stack_settings),
                fix=f"write pacific:server there, or {self.name}:sandbox for a sandbox",
            )
        return True

    @property
    def kubeconfig(self) -> KubeconfigFile | None:
        """What ``pacific:kubeconfig`` and ``pacific:context`` name: external Supervisors are used by it."""
        return configured_kubeconfig(lambda name: self.configuration.get(f"pacific:{name}"), self.directory)


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
    if not isinstance(name, str) or not name:
        raise PacificError(
            "a project needs a name", place=str(file), value=name, fix="add a line such as `name: estate`"
        )
    if "/" in stack:
        problem = "a stack is named without its organization and project"
        raise PacificError(problem, value=stack, fix=f"write {stack.rpartition('/')[2] or DEFAULT_STACK}")
    defaults: dict[str, Any] = {}
    for key, entry in _settings(project, file).items():
        value = entry
        if isinstance(entry, dict):
            value = entry.get("value", entry.get("default"))
        if value is not None:
            defaults[key if ":" in key else f"{name}:{key}"] = value
    stack_file = file.with_name(f"Pulumi.{stack}.yaml")
    content = _mapping(stack_file) if stack_file.is_file() else {}
    settings = _settings(content, stack_file)
    declared = {key.rpartition(":")[2] for key in defaults}
    product_defaults = {
        key: value
        for key, value in defaults.items()
        if key.startswith("pacific:") or key.removeprefix(f"{name}:") in _WEBHOOKS
    }
    mistakes = [
        *_mistaken_settings(product_defaults, name, declared, str(file)),
        *_mistaken_settings(settings, name, declared, str(stack_file)),
        *_mistaken_values(defaults, name, str(file)),
        *_mistaken_values(settings, name, str(stack_file)),
    ]
    if mistakes:
        raise PacificErrors(mistakes)
    secret = frozenset(key for key, value in settings.items() if _is_secret(value))
    plain = {key: value for key, value in settings.items() if key not in secret}
    return Project(
        directory=file.parent,
        name=name,
        stack=stack,
        configuration={**defaults, **plain},
        secret_keys=secret,
        imports_environments=bool(content.get("environment")),
        backend_url=_backend_url(project.get("backend"), file.parent),
    )


def _settings(content: Mapping[str, Any], file: Path) -> Mapping[str, Any]:
    """What the file has under ``config``. Raises PacificError where that is not an object of settings."""
    settings = content.get("config")
    if settings is None:
        return {}
    if not isinstance(settings, dict):
        fix = "write a line for each setting below config, such as pacific:server: vcenter.example.com"
        raise PacificError("config is an object of settings", place=str(file), value=settings, fix=fix)
    for key in settings:
        if not isinstance(key, str):
            raise PacificError("the name of a setting is text", place=str(file), value=key, fix="put it in quotes")
    return settings


def _mistaken_values(settings: Mapping[str, Any], project: str, place: str) -> Iterator[PacificError]:
    """Values of the product's own settings that are not of the form which their readers take."""
    for key, value in settings.items():
        owner, _, field = key.rpartition(":")
        is_read = owner == "pacific" or (owner == project and field in SETTINGS)
        if value is not None and is_read and not _is_secret(value) and (allowed := _allowed_in_place_of(value, field)):
            # Not the value: it may be a password.
            yield PacificError(f"{key} is of the wrong type", place=place, allowed=allowed)


def _allowed_in_place_of(value: Any, field: str) -> str | None:
    """What a setting takes; None: the value is of that form."""
    if field in _PATHS:
        paths = value if isinstance(value, list) else [value]
        return None if all(isinstance(path, str) for path in paths) else "a path, or a list of paths"
    if field == "imports":
        return None if isinstance(value, dict) else "an object: identifiers by document, such as Namespace/shop: shop"
    return "one value" if isinstance(value, dict | list) else None


def _backend_url(backend: object, folder: Path) -> str | None:
    url = backend.get("url") if isinstance(backend, dict) else None
    if not isinstance(url, str):
        return None
    path = url.removeprefix("file://")
    return url if path == url or path.startswith(("/", "~")) else (folder / path).resolve().as_uri()


def _is_secret(value: Any) -> bool:
    """Whether the value, or a part of it, is encrypted."""
    if isinstance(value, dict):
        return "secure" in value or any(map(_is_secret, value.values()))
    return isinstance(value, list) and any(map(_is_secret, value))


def _mistaken_settings(
    settings: Mapping[str, Any], project: str, declared: set[str], place: str
) -> Iterator[PacificError]:
    """Settings that nothing reads: a mistyped ``overlays`` would converge a stack without its patches, silently."""
    for key, value in settings.items():
        owner, _, field = key.rpartition(":")
        if owner == "pacific":
            known = VCENTER_SETTINGS
            if field not in known:
                near = get_close_matches(field, known, n=1, cutoff=0.6)
                fix = f"write pacific:{near[0]}" if near else "remove it"
                yield PacificError("the setting does not exist", place=place, value=key, allowed=known, fix=fix)
        elif owner == project:
            near = get_close_matches(field, SETTINGS, n=1, cutoff=0.8)
            if near and field not in SETTINGS and field not in declared:
                fix = f"write {project}:{near[0]}"
                yield PacificError("the setting does not exist", place=place, value=key, allowed=SETTINGS, fix=fix)
            elif field in _WEBHOOKS and not _is_secret(value):
                problem = f"{key} is here in plain text, and whoever reads it can write to the webhook"
                fix = f"make a new address, remove this one, and: pulumi config set --secret {key}"
                yield PacificError(problem, place=place, fix=fix)
        elif field in SETTINGS:
            fix = f"write {project}:{field}"
            yield PacificError("this setting is of another project", place=place, value=key, fix=fix)


def _mapping(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text())
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PacificError(f"this is not valid YAML: {error.problem}", place=f"{file}:{line}") from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise PacificError("cannot read the project", place=str(file), value=str(error)) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise PacificError("the file is an object", place=str(file), value=content, fix="write `name: VALUE` lines")
    return content
