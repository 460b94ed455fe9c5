"""Pulumi's plugins and its own programs, as they are installed on this computer."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pacific_infra.errors import PacificError

Version = tuple[int, ...]

OLDEST_PULUMI: Version = (3, 225)
"""The first that records a run in a journal (pacific_infra.record); since 3.206 events are sent to a server."""
OLDEST_KUBERNETES_PLUGIN: Version = (4, 24)
"""Older ones may miss the end of an object that they delete, and wait for it."""
NEWER_THAN_KUBERNETES_PLUGINS: Version = (5,)
BUILT_AS = "pacific-infra.pin"
"""The file beside a plugin that we built; holds the pin that it was built by."""
COMMAND_DEADLINE = 120.0
"""Seconds for one call of pulumi that downloads nothing."""


@dataclass(frozen=True)
class InstalledPulumi:
    """A Pulumi CLI that the user has installed, and the folder that holds it with its language hosts."""

    program: Path
    version: Version

    @property
    def folder(self) -> Path:
        """Where the real program lies: there the engine looks for its language hosts."""
        return self.program.resolve().parent

    def has(self, name: str) -> bool:
        """Whether the host or plugin ``name`` came with it."""
        return (self.folder / name).is_file()

    @property
    def is_script(self) -> bool:
        """Whether it is a script that starts the engine from another place, as version managers have it."""
        with self.program.open("rb") as file:
            return file.read(2) == b"#!"

    def programs(self) -> Mapping[str, Path]:
        """The engine and what came with it, by name."""
        bundled = {program.name: program for program in self.folder.glob("pulumi-*") if program.is_file()}
        return {**bundled, "pulumi": self.program.resolve()}


def installed_pulumi(cache: Path) -> InstalledPulumi | None:
    """The ``pulumi`` on PATH outside ``cache``, the toolchain's folder, where it is new enough."""
    program = shutil.which("pulumi", path=_search_path_outside(cache, tuple(os.get_exec_path())))
    if program is None:
        return None
    try:
        file = Path(program).stat()
    except OSError:
        return None
    version = _version(program, file.st_size, file.st_mtime_ns)
    return InstalledPulumi(Path(program), version) if version and version >= OLDEST_PULUMI else None


@lru_cache(maxsize=8)
def _search_path_outside(cache: Path, folders: tuple[str, ...]) -> str:
    """The ``folders`` of PATH outside ``cache``; each command asks about twenty times."""
    resolved = cache.resolve()
    return os.pathsep.join(folder for folder in folders if not Path(folder).resolve().is_relative_to(resolved))


@lru_cache(maxsize=8)
def _version(program: str, _size: int, _changed: int) -> Version | None:
    """What the program says it is; kept for as long as its file stays the same."""
    try:
        result = subprocess.run([program, "version"], capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(result.stdout.strip())


def kubernetes_plugins(pulumi_home: Path, *, built: str | None = None) -> Mapping[Version, Path]:
    """The whole Kubernetes plugins in Pulumi's plugin folder that the installed SDK works with: version to program.

    Of those that we built, only one that was built by the pin ``built``; None: by any.
    """
    versions = {}
    for directory in sorted((pulumi_home / "plugins").glob("resource-kubernetes-v*")):
        version = parse_version(directory.name.removeprefix("resource-kubernetes-"))
        program = directory / "pulumi-resource-kubernetes"
        whole = program.is_file() and not directory.with_name(f"{directory.name}.partial").exists()
        mark = directory / BUILT_AS
        current = built is None or not mark.exists() or mark.read_text() == built
        if whole and current and version and OLDEST_KUBERNETES_PLUGIN <= version < NEWER_THAN_KUBERNETES_PLUGINS:
            versions[version] = program
    return versions


def plugin_program(pulumi_home: Path, name: str, version: str) -> Path:
    """Where Pulumi keeps the program of the resource plugin ``name``."""
    return pulumi_home / "plugins" / f"resource-{name}-v{version}" / f"pulumi-resource-{name}"


def installed_plugins(pulumi_home: Path, name: str) -> Sequence[Path]:
    """The programs of the resource plugin ``name``, of whatever version."""
    return sorted((pulumi_home / "plugins").glob(f"resource-{name}-v*/pulumi-resource-{name}"))


def remove_plugin(folder: Path) -> None:
    """Take a plugin out of Pulumi's folder."""
    shutil.rmtree(folder)
    folder.with_name(f"{folder.name}.lock").unlink(missing_ok=True)


def install_plugin(pulumi: Path, environment: Mapping[str, str], name: str, version: str, file: Path) -> None:
    """Install ``file``, an executable, as the resource plugin ``name`` of ``version``, in place of one that is there.

    Raises PacificError with Pulumi's own words.
    """
    command = [
        str(pulumi),
        "plugin",
        "install",
        "resource",
        name,
        version,
        "--exact",
        "--reinstall",
        "--file",
        str(file),
    ]
    # Away from any project: its Pulumi.yaml would have a say.
    with tempfile.TemporaryDirectory() as directory:
        result = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_DEADLINE,
            env=dict(environment),
            cwd=directory,
        )
    if result.returncode:
        raise PacificError(
            f"Pulumi cannot install the plugin {name} {version}",
            value=(result.stderr or result.stdout).strip()[-1000:],
            fix=" ".join(command),
        )


def forget_other_schema(pulumi_home: Path, name: str, version: str, source: str) -> None:
    """Remove the schema that Pulumi keeps of a plugin, unless it was read from ``source`` as it is now.

    Pulumi reads a plugin's schema once for a version; one that is worked on changes without a new version.
    """
    kept = pulumi_home / "schemas" / f"{name}-{version}.json"
    mark = kept.with_suffix(".source")
    if not mark.is_file() or mark.read_text() != source:
        kept.unlink(missing_ok=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(source)


def dotted(version: Version) -> str:
    """(1, 26, 8) as 1.26.8."""
    return ".".join(str(part) for part in version)


def parse_version(text: str) -> Version | None:
    """v3.274.1 or 3.274.1 as (3, 274, 1); None for anything else, pre-releases included."""
    match = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in match.groups()) if match else None
