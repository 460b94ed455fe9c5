"""The programs that the product and its sandbox run: found where they are installed, built by pin where not."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from pacific_infra.errors import PacificError
from pacific_infra.settings import Settings
from pacific_infra.toolchain import Toolchain, plugins
from pacific_infra.toolchain.environment import environment
from pacific_infra.toolchain.plugins import Version, dotted
from pacific_infra.toolchain.terminal_lines import Say
from pacific_infra.toolchain.toolchain import ENGINE_PROGRAMS, KEPT_DAYS, KUBERNETES_PLUGIN
from pacific_sandbox.toolchain import crx, launchers, preflight, pruning, vsphere_plugin
from pacific_sandbox.toolchain.build import Builder
from pacific_sandbox.toolchain.cache import Cache
from pacific_sandbox.toolchain.components import (
    COMPONENTS,
    FERRETDB,
    HELM,
    KUBERNETES_PLUGIN_VERSION,
    OPTIONAL,
    PULUMI_VERSION,
    SDK_GENERATOR,
    Program,
    SourceFiles,
)
from pacific_sandbox.toolchain.composed import ComposedPrograms
from pacific_sandbox.toolchain.go import find_go, needed_version, on_system_path
from pacific_sandbox.toolchain.progress import Durations, Progress

INSTALL = "pacific toolchain install"
_ALL = (*COMPONENTS, *(program for programs in OPTIONAL.values() for program in programs))
SDK_HOSTS = {"nodejs": "pulumi-language-nodejs", "go": "pulumi-language-go"}
"""The hosts that only write SDKs, by language."""


class BuiltToolchain(Toolchain):
    """The toolchain of one user on one computer. ``modules`` is the folder of Go modules, by default this project's."""

    def __init__(self, settings: Settings, *, modules: Path | None = None) -> None:
        super().__init__(settings)
        self._cache = Cache(self._directory, modules or _modules())

    def install(self, say: Say, *, live: Say | None = None) -> None:
        """Build and install what is missing; nothing, within milliseconds, where all is there.

        ``say`` gets lines for people; ``live`` gets, about once a second, a line that replaces the one before.
        Raises PacificError where Go, disk, memory or the network is wanting, or a build fails.
        """
        self._forget_other_schema()
        if not self.installed:
            with self._cache.locked(say):
                missing = self.missing()
                if missing:
                    self._build(missing, say, live)
                self._programs.compose()
                self._install_plugins()
                self._prune(say)
            if missing:
                say("toolchain: ready")
        self._cache.use(self._in_use())

    def install_crx(self, say: Say, *, live: Say | None = None) -> None:
        """Install what real CRX machines need: QEMU, a Debian kernel, busybox, and our init, which is built; and
        FerretDB, of which the demo's database image is made.

        Raises PacificError where this is no Linux on x86-64, or where a package cannot be had.
        """
        target = crx.folder(self._cache)
        if crx.is_installed(target) and self._cache.result(FERRETDB).is_dir():
            return
        crx.check_system()
        with self._cache.locked(say):
            unbuilt = [component for component in OPTIONAL["crx"] if not self._cache.result(component).is_dir()]
            if unbuilt:
                self._build(unbuilt, say, live)
            if not crx.is_installed(target):
                crx.install(self._cache, target, say)
            self._prune(say)
        say("toolchain: CRX machines are ready")

    def install_sdk_generator(self, say: Say, *, live: Say | None = None) -> None:
        """Install what writes SDKs of packages, for ``pulumi package add`` and ``pulumi package gen-sdk``.

        Raises PacificError as ``install`` does.
        """
        with self._cache.locked(say):
            if not self.writes_sdks:
                self._build([SDK_GENERATOR], say, live)
            self._programs.compose()
            self._prune(say)
        say("toolchain: SDKs of packages can be written")

    def install_helm(self, say: Say, *, live: Say | None = None) -> None:
        """Install Helm, which renders charts in documents, where it is not installed. Raises as ``install`` does."""
        if self.renderer("helm") is not None:
            return
        with self._cache.locked(say):
            self._build([HELM], say, live)
            self._prune(say)
        say("toolchain: charts can be rendered")

    def install_optional(self, option: str, say: Say, *, live: Say | None = None) -> None:
        """Install the programs of ``forge`` or ``gitops``. Raises as ``install`` does."""
        programs = OPTIONAL[option]
        with self._cache.locked(say):
            missing = [component for component in programs if not self._cache.result(component).is_dir()]
            if missing:
                self._build(missing, say, live)
            self._prune(say)
        say(f"toolchain: ready: {', '.join(component.title for component in programs)}")

    def renderer(self, name: str) -> Path | None:
        """``kustomize``, ``kubectl`` or ``helm`` where it is installed, by the user or by us."""
        built = self._cache.result(HELM) / "bin" / HELM.program
        return super().renderer(name) or (built if name == HELM.program and built.is_file() else None)

    def prune(self, say: Say, *, days: float = KEPT_DAYS) -> None:
        """Remove parts of old pins and programs of old clones that were not used for ``days`` days.

        What this toolchain uses stays, and so does what runs. Raises PacificError as ``install`` does.
        """
        with self._cache.locked(say):
            if not self._prune(say, days):
                say(f"toolchain: nothing to remove that was not used for {days:g} days")

    @property
    def writes_sdks(self) -> bool:
        """Whether ours is the generator of SDKs, and is built. An installed ``pulumi`` has its own."""
        return self._cache.result(SDK_GENERATOR).is_dir()

    def missing(self) -> list[Program | SourceFiles]:
        """The components that are neither installed by the user nor built."""
        return [component for component in self._needed() if not self._cache.result(component).is_dir()]

    @property
    def installed(self) -> bool:
        """Whether every program, host and plugin is in place."""
        return (
            not self.missing()
            and self._programs.folder.is_dir()
            and bool(self._kubernetes_plugins())
            and self._has_plugin
            and vsphere_plugin.is_in_place(self.settings.pulumi_home)
        )

    def program(self, name: str) -> Path:
        """The path of ``name``: a program of the engine or of a component, or kubectl. Other files of a component
        lie in ``../share``. Raises PacificError where it is not installed.
        """
        self._cache.use(self._in_use())
        path = self._path(name)
        if path is None or not path.is_file():
            options = (
                f" --{option}"
                for option, components in OPTIONAL.items()
                if any(component.program == name for component in components)
            )
            raise PacificError(f"{name} is not installed", fix=INSTALL + next(options, ""))
        return path

    def directory(self, name: str) -> Path:
        """The folder of a component that is files: ``vm-operator`` or, of CRX machines, ``crx``.

        Raises PacificError where it is not installed.
        """
        self._cache.use(self._in_use())
        if name == "crx":
            machine = crx.folder(self._cache)
            if crx.is_installed(machine):
                return machine
            raise PacificError("CRX machines are not installed", fix=f"{INSTALL} --crx")
        for component in COMPONENTS:
            if isinstance(component, SourceFiles) and component.name == name:
                folder = self._cache.result(component)
                if folder.is_dir():
                    return folder
                raise PacificError(f"{name} is not installed", fix=INSTALL)
        raise ValueError(f"no component of files is called {name}")

    def environment(self) -> dict[str, str]:
        """The variables that any run of Pulumi needs: PATH, backend, passphrase (see the module environment)."""
        scripts = Path(sys.prefix) / "bin"
        if self._is_complete:
            return environment(self.settings, [scripts], bundled_hosts=True)
        bundled = "pulumi" in self._linked()
        return environment(self.settings, [self._programs.bin, scripts], bundled_hosts=bundled)

    def pulumi_version(self) -> Version:
        """The version of the ``pulumi`` that ``program`` names, such as (3, 274, 1)."""
        installed = self._installed_pulumi
        return installed.version if installed else tuple(int(part) for part in PULUMI_VERSION.split("."))

    def kubernetes_plugin_version(self) -> str:
        """The version to ask of the Kubernetes provider: the newest that is installed, else the one that is built."""
        installed = self._kubernetes_plugins()
        return dotted(max(installed)) if installed else KUBERNETES_PLUGIN_VERSION

    def programs(self) -> list[tuple[str, Path | None]]:
        """Every program with its path; None where it is not installed."""
        names = [*ENGINE_PROGRAMS, KUBERNETES_PLUGIN, "control-plane", "vcenter-simulator", "kubectl"]
        paths = [(name, self._path(name)) for name in names]
        return [(name, path if path and path.is_file() else None) for name, path in paths]

    def _path(self, name: str) -> Path | None:
        if name == "kubectl":
            return on_system_path("kubectl") or Path(sys.prefix) / "bin" / "kubectl"
        if name == KUBERNETES_PLUGIN:
            plugins_found = self._kubernetes_plugins()
            return plugins_found[max(plugins_found)] if plugins_found else None
        if name in ENGINE_PROGRAMS:
            installed = self._installed_pulumi
            if installed and name == "pulumi" and name not in self._linked():
                return installed.program
            if installed and self._is_complete:
                return installed.folder / name
            return self._programs.bin / name
        for component in _ALL:
            if isinstance(component, Program) and component.program == name:
                return self._cache.result(component) / "bin" / name
        raise ValueError(f"no program of the toolchain is called {name}")

    def _kubernetes_plugins(self) -> dict[tuple[int, ...], Path]:
        """Those of the user, and ours where it was built as this version builds it."""
        return dict(plugins.kubernetes_plugins(self.settings.pulumi_home, built=self._cache.key(_kubernetes_plugin())))

    def _needed(self) -> list[Program | SourceFiles]:
        installed = self._installed_pulumi
        needless = set()
        if installed:
            needless.add("engine")
            if installed.has("pulumi-language-yaml"):
                needless.add("yaml-language-host")
        if self._kubernetes_plugins():
            needless.add("kubernetes-provider")
        return [component for component in COMPONENTS if component.name not in needless]

    def _build(self, missing: Sequence[Program | SourceFiles], say: Say, live: Say | None) -> None:
        go = find_go(needed_version(self._cache.sources(component) / "go.mod" for component in missing))
        go = go.with_own_caches(self._cache.go)
        caches = [self._cache.directory, *go.caches()]
        durations = Durations(self._cache.directory / "durations.json")
        computer = preflight.Computer.inspect(caches)
        say(preflight.announce(missing, durations.read(), computer))
        started = [component.name for component in missing if self._cache.log(component).exists()]
        preflight.check(missing, started, computer, caches)
        progress = Progress(say, len(missing), durations.read(), live=live)
        Builder(self._cache, go, progress, durations).build(missing)

    @property
    def _programs(self) -> ComposedPrograms:
        python = _python()
        hosts = {launchers.LANGUAGE_HOST: launchers.language_host(python)}
        if self.writes_sdks:
            hosts |= {name: launchers.language_host(python, writes=language) for language, name in SDK_HOSTS.items()}
        linked = self._linked()
        installed = self._installed_pulumi
        missing = {
            name: text for name, text in hosts.items() if name not in linked and not (installed and installed.has(name))
        }
        return ComposedPrograms(self._cache, linked, missing, Path(python))

    def _linked(self) -> dict[str, Path]:
        """The programs that are put side by side, by name: the engine and its hosts, the user's before ours."""
        built = [
            component
            for component in self._needed()
            if isinstance(component, Program) and component.program in ENGINE_PROGRAMS
        ]
        if self.writes_sdks:
            built.append(SDK_GENERATOR)
        programs = {program.program: self._cache.result(program) / "bin" / program.program for program in built}
        installed = self._installed_pulumi
        # A script would start the engine in its own folder, where it does not find the programs beside the script.
        if installed and not self._is_complete and not installed.is_script:
            programs |= installed.programs()
        return programs

    def _in_use(self) -> list[Path]:
        """The folders and plugins of this toolchain, whether they are there or not."""
        built = plugins.plugin_program(self.settings.pulumi_home, "kubernetes", KUBERNETES_PLUGIN_VERSION).parent
        return [
            *(self._cache.result(component) for component in _ALL),
            crx.folder(self._cache),
            self._programs.folder,
            built,
            built / plugins.BUILT_AS,
        ]

    def _prune(self, say: Say, days: float = KEPT_DAYS) -> bool:
        forsaken = self._cache.go.is_dir() and not self.keeps_build_cache
        if forsaken:
            shutil.rmtree(self._cache.go)
            say("toolchain: removed Go's caches of the build")
        pruned = pruning.prune(self._cache.directory, self.settings.pulumi_home, self._in_use(), days)
        if pruned.folders:
            say(f"toolchain: {pruned}")
        return forsaken or bool(pruned.folders)

    def _install_plugins(self) -> None:
        home = self.settings.pulumi_home
        pulumi = self.program("pulumi")
        variables = {**os.environ, **self.environment(), "PULUMI_HOME": str(home)}
        if not self._kubernetes_plugins():
            built = _kubernetes_plugin()
            file = self._cache.result(built) / "bin" / KUBERNETES_PLUGIN
            plugins.install_plugin(pulumi, variables, "kubernetes", KUBERNETES_PLUGIN_VERSION, file)
            installed = plugins.plugin_program(home, "kubernetes", KUBERNETES_PLUGIN_VERSION)
            (installed.parent / plugins.BUILT_AS).write_text(self._cache.key(built))
        if not self._has_plugin:
            self._install_plugin()
        if not vsphere_plugin.is_in_place(home):
            vsphere_plugin.install(pulumi, variables, home, self._cache.directory)


def _python() -> str:
    """This environment's interpreter, under one name however this process was started."""
    python = Path(sys.prefix) / "bin" / "python"
    return str(python) if python.exists() else sys.executable


def _modules() -> Path:
    """The folder of the pinned Go modules: beside the package in a clone, in it in an installed wheel."""
    package = Path(__file__).parents[1]
    packaged = package / "modules"
    return packaged if packaged.is_dir() else package.parent / "tools"


def _kubernetes_plugin() -> Program:
    return next(
        component
        for component in COMPONENTS
        if isinstance(component, Program) and component.program == KUBERNETES_PLUGIN
    )
