"""Removes from the toolchain's folder what nothing has used for a while: parts of old pins, programs of old clones."""

import re
import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from pacific_infra.toolchain import plugins
from pacific_sandbox.toolchain.composed import is_forsaken

FORSAKEN_DAYS = 1
"""The same for programs that were put together for a Python that is gone."""
_DAY = 24 * 3600.0
_PINNED = re.compile(r"[a-z][a-z0-9-]*-[0-9a-f]{12}")
"""Names of what is pinned, and alone is removed."""


@dataclass(frozen=True)
class Pruned:
    """What was removed: how many folders, and MiB of disk."""

    folders: int
    size: int

    def __str__(self) -> str:
        noun = "folder" if self.folders == 1 else "folders"
        return f"removed {self.folders} {noun} that nothing uses any more, {self.size / 1024:.1f} GiB"


def prune(directory: Path, pulumi_home: Path, keep: Collection[Path], days: float) -> Pruned:
    """Remove from ``directory`` and from Pulumi's plugins what was not used for ``days`` days.

    ``keep`` are folders that stay, used or not; so does one that a process runs from.
    """
    unused = list(_unused(directory, pulumi_home, {*keep, *_running(directory)}, days))
    size = 0
    for folder in unused:
        size += _size(folder)
        if folder.parent == directory:
            shutil.rmtree(folder, ignore_errors=True)
            (directory / "logs" / f"{folder.name}.log").unlink(missing_ok=True)
        else:
            plugins.remove_plugin(folder)
    return Pruned(len(unused), size // 2**20)


def _unused(directory: Path, pulumi_home: Path, keep: Collection[Path], days: float) -> Iterator[Path]:
    now = time.time()
    pinned = (folder for folder in sorted(directory.iterdir()) if folder.is_dir() and _PINNED.fullmatch(folder.name))
    for folder in pinned:
        # Not at once where its Python is gone: it may be that of a container that shares this cache.
        kept = min(days, FORSAKEN_DAYS) if is_forsaken(folder) else days
        if folder not in keep and folder.stat().st_mtime < now - kept * _DAY:
            yield folder
    for mark in sorted((pulumi_home / "plugins").glob(f"resource-*/{plugins.BUILT_AS}")):
        if mark.parent not in keep and mark.stat().st_mtime < now - days * _DAY:
            yield mark.parent


def _running(directory: Path) -> Iterator[Path]:
    """The folders that a process runs from: a sandbox may have been up for weeks."""
    for process in psutil.process_iter(["exe"]):
        program = process.info["exe"]
        if program and Path(program).is_relative_to(directory):
            yield directory / Path(program).relative_to(directory).parts[0]


def _size(folder: Path) -> int:
    """Bytes that removing ``folder`` gives back: a file with a second name elsewhere gives none."""
    files: Sequence[Path] = [file for file in folder.rglob("*") if file.is_file() and not file.is_symlink()]
    return sum(file.stat().st_size for file in files if file.stat().st_nlink == 1)
