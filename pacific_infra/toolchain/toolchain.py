"""The programs that a converge runs, where they are installed."""

import os
import shutil
import sys
import tempfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from pacific_infra import __version__, sandbox
from pacific_infra.errors import PacificError
from pacific_infra.settings import Settings
from pacific_infra.toolchain import plugins
from pacific_infra.toolchain.environment import environment
from pacific_infra.toolchain.plugins import Version, dotted
from pacific_infra.toolchain.terminal_lines import Say

ENGINE_PROGRAMS = ("pulumi", "pulumi-language-python", "pulumi-language-yaml")
KUBERNETES_PLUGIN = "pulumi-resource-kubernetes"
RESOURCE_PLUGIN = "pulumi-resource-pacific"
KEPT_DAYS = 7
"""Days after its last use that a part of an old version stays: another clone may need it tomorrow."""


class Toolchain:
    """What is installed on this computer. The sandbox's toolchain is one that builds what is missing."""

    keeps_build_cache = False
    """Whether caches of the build stay that nobody but the build has."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def install(self, say: Say, *, live: Say | None = None) -> None:
        """Put our plugin where Pulumi looks for it; nothing where it is there.

        ``say`` gets lines for people; ``live`` gets, about once a second, a line that replaces the one before.
        Raises PacificError where there is no Pulumi, and with Pulumi's own words.
        """
        self._forget_other_schema()
        if not self.installed:
            self._install_plugin()
            say("toolchain: ready")

    def install_crx(self, say: Say, *, live: Say | None = None) -> None:
        """Install what real CRX machines need. Raises PacificError: it is of the sandbox."""
        _refuse()

    def install_sdk_generator(self, say: Say, *, live: Say | None = None) -> None:
        """Install what writes SDKs of packages. Raises PacificError: an installed Pulumi has its own."""
        _refuse()

    def install_helm(self, say: Say, *, live: Say | None = None) -> None:
        """Install Helm, which renders charts in documents. Raises PacificError: it is built by the sandbox's one."""
        _refuse()

    def install_optional(self, option: str, say: Say, *, live: Say | None = None) -> None:
        """Install ``forge``, a Gitea to try pull requests on, or ``gitops``, Flux. Raises PacificError: it is of the
        sandbox.
        """
        _refuse()

    def renderer(self, name: str) -> Path | None:
        """The installed program ``name`` by which manifests are rendered: kustomize, kubectl or helm."""
        program = shutil.which(name) or shutil.which(name, path=str(Path(sys.prefix) / "bin"))
        return Path(program) if program else None

    def prune(self, say: Say, *, days: float = KEPT_DAYS) -> None:
        """Remove what was built and is not used any more. Raises PacificError: nothing is built here."""
        _refuse()

    @property
    def installed(self) -> bool:
        """Whether every program and plugin is in place."""
        return self._installed_pulumi is not None and self._has_plugin

    def program(self, name: str) -> Path:
        """The path of ``name``, one of ENGINE_PROGRAMS. Raises PacificError where it is not installed."""
        path = self._path(name)
        if path is None or not path.is_file():
            oldest = dotted(plugins.OLDEST_PULUMI)
            fix = f"install Pulumi {oldest} or newer, or: {sandbox.INSTALL}"
            raise PacificError(f"{name} is not installed", fix=fix)
        return path

    def environment(self) -> dict[str, str]:
        """The variables that any run of Pulumi needs: PATH, backend, passphrase (see the module environment)."""
        return environment(self.settings, [Path(sys.prefix) / "bin"], bundled_hosts=self._is_complete)

    def pulumi_version(self) -> Version:
        """The version of the ``pulumi`` that ``program`` names, such as (3, 274, 1)."""
        installed = self._installed_pulumi
        return installed.version if installed else plugins.OLDEST_PULUMI

    def kubernetes_plugin_version(self) -> str:
        """The version to ask of the Kubernetes provider: the newest that is installed, else that of its SDK, which
        Pulumi fetches.
        """
        newest = max(plugins.kubernetes_plugins(self.settings.pulumi_home), default=None)
        return dotted(newest) if newest else metadata.version("pulumi-kubernetes")

    def programs(self) -> list[tuple[str, Path | None]]:
        """Every program with its path; None where it is not installed."""
        paths = [(name, self._path(name)) for name in ENGINE_PROGRAMS]
        return [(name, path if path and path.is_file() else None) for name, path in paths]

    def _path(self, name: str) -> Path | None:
        installed = self._installed_pulumi
        if installed is None:
            return None
        return installed.program if name == "pulumi" else installed.folder / name

    @property
    def _directory(self) -> Path:
        """Where the sandbox's toolchain builds. What lies there is not installed."""
        return self.settings.cache_directory.resolve() / "toolchain"

    @property
    def _installed_pulumi(self) -> plugins.InstalledPulumi | None:
        return plugins.installed_pulumi(self._directory)

    @property
    def _is_complete(self) -> bool:
        """Whether the user has installed a Pulumi with the language hosts beside it."""
        installed = self._installed_pulumi
        return installed is not None and all(installed.has(name) for name in ENGINE_PROGRAMS)

    @property
    def _has_plugin(self) -> bool:
        """Whether Pulumi has our plugin, as this version writes it."""
        program = plugins.plugin_program(self.settings.pulumi_home, "pacific", __version__)
        return program.is_file() and program.read_text() == resource_plugin()

    def _forget_other_schema(self) -> None:
        plugins.forget_other_schema(self.settings.pulumi_home, "pacific", __version__, _schema_source())

    def _install_plugin(self) -> None:
        variables = {**os.environ, **self.environment(), "PULUMI_HOME": str(self.settings.pulumi_home)}
        with tempfile.TemporaryDirectory() as folder:
            launcher = Path(folder) / RESOURCE_PLUGIN
            launcher.write_text(resource_plugin())
            launcher.chmod(0o755)
            plugins.install_plugin(self.program("pulumi"), variables, "pacific", __version__, launcher)


def find_toolchain(settings: Settings) -> Toolchain:
    """The toolchain to use: that of the sandbox where it is installed, which builds what is missing."""
    kind: type[Toolchain] = sandbox.entry("toolchain") if sandbox.is_installed() else Toolchain
    return kind(settings)


def resource_plugin() -> str:
    """``pulumi-resource-pacific`` as the engine's plugin cache holds it: runs the one of the environment in use."""
    return f"""#!/bin/sh
# Pulumi's plugin "pacific": the program of the virtual environment in use, so that two clones never mix.
if [ -n "${{VIRTUAL_ENV-}}" ] && [ -x "$VIRTUAL_ENV/bin/{RESOURCE_PLUGIN}" ]; then
  exec "$VIRTUAL_ENV/bin/{RESOURCE_PLUGIN}" "$@"
fi
if found=$(command -v {RESOURCE_PLUGIN}); then
  exec "$found" "$@"
fi
echo "pacific-infra is not installed in this environment: activate its virtual environment, or start with ./run" >&2
exit 1
"""


def _refuse() -> NoReturn:
    raise PacificError("only the toolchain of the sandbox is built", fix=sandbox.INSTALL)


def _schema_source() -> str:
    """What the schema of our plugin is made from: which installation, and when its sources last changed."""
    packages = ("pacific_infra.provider", "pacific_components")
    specs = [spec for spec in map(find_spec, packages) if spec is not None]
    folders = [Path(folder) for spec in specs for folder in spec.submodule_search_locations or ()]
    newest = max((file.stat().st_mtime_ns for folder in folders for file in folder.rglob("*.py")), default=0)
    return f"{sys.prefix} {newest}"
