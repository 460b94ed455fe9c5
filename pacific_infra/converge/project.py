"""The Pulumi project that a command works on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self

import yaml

from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.notifications.notification import FORMS
from pacific_infra.vcenter.kubeconfig_file import KubeconfigFile, configured_kubeconfig

DEFAULT_STACK = "dev"
ESTATE_FILE = "pacific.yaml"
"""Beside Pulumi.yaml: the stacks of an estate, and the order of its sites (pacific_infra.converge.estate_file)."""
_WEBHOOKS = tuple(form.setting for form in FORMS)
SETTINGS = ("documents", "imports", "overlays", "retired", "sandbox", *_WEBHOOKS)
"""What estates read of their project's configuration; `pacific ci` reads ``retired``."""
_PATHS = ("documents", "overlays")
_TEXTS = ("caFile", "context", "kubeconfig", "password", "passwordFile", "sandbox", "server", "username")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_NAMES_OF_PROJECTS = "1 to 100 letters, digits, '-', '_' and '.'"
_FIELDS_OF_PROJECTS = (
    *("name", "runtime", "main", "description", "author", "website", "license", "config", "backend", "options"),
    *("template", "plugins", "packages", "requiredPulumiVersion", "stackConfigDir"),
    # Of programs in YAML.
    *("configuration", "resources", "variables", "outputs", "components", "pulumi"),
)
"""What Pulumi reads in a Pulumi.yaml: https://www.pulumi.com/docs/iac/concepts/projects/project-file/."""
_FIELDS_OF_STACKS = ("config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt")
"""What Pulumi reads in a Pulumi.STACK.yaml: https://www.pulumi.com/docs/iac/concepts/config/."""
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


def _read_project(path: Path, stack: str) -> Project:
    file = _SettingsFile.read(path)
    name = file.content.get("name")
    if not isinstance(name, str) or not name:
        fix = "add a line such as `name: estate`" if name is None else "write text, such as `name: estate`"
        raise PacificError("a project needs a name", place=file.place("name"), value=name, fix=fix)
    if not _NAME.fullmatch(name):
        problem = "the project's name has the wrong form"
        raise PacificError(problem, place=file.place("name"), value=name, allowed=_NAMES_OF_PROJECTS)
    if "/" in stack:
        problem = "a stack is named without its organization and project"
        raise PacificError(problem, value=stack, fix=f"write {stack.rpartition('/')[2] or DEFAULT_STACK}")
    defaults: dict[str, Any] = {}
    for key, entry in file.settings.items():
        value = entry
        if isinstance(entry, dict):
            value = entry.get("value", entry.get("default"))
        if value is not None:
            defaults[key if ":" in key else f"{name}:{key}"] = value
    stack_path = path.with_name(f"Pulumi.{stack}.yaml")
    stack_file = _SettingsFile.read(stack_path) if stack_path.is_file() else _SettingsFile(stack_path, {})
    declared = {key.rpartition(":")[2] for key in defaults}
    product_defaults = {
        key: value
        for key, value in defaults.items()
        if key.startswith("pacific:") or key.removeprefix(f"{name}:") in _WEBHOOKS
    }
    mistakes = [
        *_mistaken_fields(file, _FIELDS_OF_PROJECTS),
        *_mistaken_fields(stack_file, _FIELDS_OF_STACKS),
        *_misplaced_settings(stack_file, name),
        *_mistaken_settings(product_defaults, name, declared, file),
        *_mistaken_settings(stack_file.settings, name, declared, stack_file),
        *_mistaken_values(defaults, name, file),
        *_mistaken_values(stack_file.settings, name, stack_file),
    ]
    if mistakes:
        raise PacificErrors(mistakes)
    secret = frozenset(key for key, value in stack_file.settings.items() if _is_secret(value))
    plain = {key: value for key, value in stack_file.settings.items() if key not in secret}
    return Project(
        directory=path.parent,
        name=name,
        stack=stack,
        configuration={**defaults, **plain},
        secret_keys=secret,
        imports_environments=bool(stack_file.content.get("environment")),
        backend_url=_backend_url(file.content.get("backend"), path.parent),
    )


@dataclass(frozen=True)
class _SettingsFile:
    """Pulumi.yaml, or Pulumi.STACK.yaml, which may not exist."""

    path: Path
    content: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises PacificError where it cannot be read or is of the wrong form."""
        file = cls(path, _mapping(path))
        if not isinstance(file.settings, dict):
            fix = "write a line for each setting below config, such as pacific:server: vcenter.example.com"
            problem = "config is an object of settings"
            raise PacificError(problem, place=file.place("config"), value=file.settings, fix=fix)
        for key in file.settings:
            if not isinstance(key, str):
                problem = "the name of a setting is text"
                raise PacificError(problem, place=file.place("config", str(key)), value=key, fix="put it in quotes")
        return file

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the file has under ``config``."""
        settings: Mapping[str, Any] | None = self.content.get("config")
        return {} if settings is None else settings

    def place_of_setting(self, key: str) -> str:
        """``file:line`` of the setting with this full key; Pulumi.yaml may leave out the project's name."""
        return self.place("config", key if key in self.settings else key.rpartition(":")[2])

    def place(self, *path: str) -> str:
        """``file:line`` of the field at ``path``."""
        from pacific_infra.documents.yaml_reader import TextError, read_positions  # noqa: PLC0415 - it loads models

        try:
            return f"{self.path}:{read_positions(self.path.read_text(), 1).line_of(path)}"
        except (OSError, TextError):
            return str(self.path)


def _mistaken_fields(file: _SettingsFile, known: Sequence[str]) -> Iterator[PacificError]:
    """Fields that are almost called as one that Pulumi reads: it passes over them, and so over all settings in them."""
    if "stackConfigDir" in file.content:
        fix = "move them there, and remove stackConfigDir"
        yield PacificError(
            "Pulumi.STACK.yaml has to be beside Pulumi.yaml", place=file.place("stackConfigDir"), fix=fix
        )
    for field in file.content:
        near = get_close_matches(str(field).lower(), known, n=1, cutoff=0.75)
        if near and field not in known:
            fix = f"write {near[0]}"
            yield PacificError("the field does not exist", place=file.place(str(field)), value=field, fix=fix)


def _misplaced_settings(file: _SettingsFile, project: str) -> Iterator[PacificError]:
    """Settings beside ``config`` and not below it, which nothing reads."""
    for field in file.content:
        owner, _, key = str(field).rpartition(":")
        if owner in ("pacific", project) or (not owner and key in (*SETTINGS, *VCENTER_SETTINGS)):
            full = f"{'pacific' if key in VCENTER_SETTINGS else project}:{key}"
            fix = f"write it below config, as {full}"
            yield PacificError("settings stand below config", place=file.place(str(field)), value=field, fix=fix)


def _mistaken_values(settings: Mapping[str, Any], project: str, file: _SettingsFile) -> Iterator[PacificError]:
    """Values of the product's own settings that are not of the form which their readers take."""
    for key, value in settings.items():
        owner, _, field = key.rpartition(":")
        is_read = owner == "pacific" or (owner == project and field in SETTINGS)
        if value is not None and is_read and not _is_secret(value) and (allowed := _allowed_in_place_of(value, field)):
            # Not the value: it may be a password.
            yield PacificError(f"{key} is of the wrong type", place=file.place_of_setting(key), allowed=allowed)


def _allowed_in_place_of(value: Any, field: str) -> str | None:
    """What a setting takes; None: the value is of that form."""
    if field in _PATHS:
        paths = value if isinstance(value, list) else [value]
        return None if all(isinstance(path, str) for path in paths) else "a path, or a list of paths"
    if field == "imports":
        return None if isinstance(value, dict) else "an object: identifiers by document, such as Namespace/shop: shop"
    if isinstance(value, dict | list):
        return "one value"
    # YAML has 00123456 for 42798, and 1.10 for 1.1.
    return "text, in quotes" if field in _TEXTS and not isinstance(value, str) else None


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
    settings: Mapping[str, Any], project: str, declared: set[str], file: _SettingsFile
) -> Iterator[PacificError]:
    """Settings that nothing reads: a mistyped ``overlays`` would converge a stack without its patches, silently."""
    for key, value in settings.items():
        owner, _, field = key.rpartition(":")
        if owner == "pacific":
            known = VCENTER_SETTINGS
            if field not in known:
                near = get_close_matches(field, known, n=1, cutoff=0.6)
                fix = f"write pacific:{near[0]}" if near else "remove it"
                yield PacificError(
                    "the setting does not exist", place=file.place_of_setting(key), value=key, allowed=known, fix=fix
                )
        elif owner == project:
            near = get_close_matches(field, SETTINGS, n=1, cutoff=0.8)
            if near and field not in SETTINGS and field not in declared:
                fix = f"write {project}:{near[0]}"
                yield PacificError(
                    "the setting does not exist", place=file.place_of_setting(key), value=key, allowed=SETTINGS, fix=fix
                )
            elif field in _WEBHOOKS and not _is_secret(value):
                problem = f"{key} is here in plain text, and whoever reads it can write to the webhook"
                fix = f"make a new address, remove this one, and: pulumi config set --secret {key}"
                yield PacificError(problem, place=file.place_of_setting(key), fix=fix)
        elif field in SETTINGS:
            fix = f"write {project}:{field}"
            yield PacificError(
                "this setting is of another project", place=file.place_of_setting(key), value=key, fix=fix
            )


class _StrictLoader(yaml.CSafeLoader):
    """Refuses a field that occurs twice, of which YAML's own loader takes the last, and what refers to itself."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names: set[object] = set()
        for key, _ in node.value:
            if key.value in names and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(problem="a field occurs twice", problem_mark=key.start_mark)
            if isinstance(key, yaml.ScalarNode):
                names.add(key.value)
        return super().construct_mapping(node, deep)

    def get_single_data(self) -> Any:
        node = self.get_single_node()
        # At once, so that a list in itself is found, and not made.
        return None if node is None else self.construct_object(node, deep=True)


def _mapping(file: Path) -> dict[str, Any]:
    try:
        content = yaml.load(file.read_text(), _StrictLoader)  # noqa: S506 - it is a safe one
    except RecursionError:
        raise PacificError("the file is too deep", place=str(file)) from None
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
