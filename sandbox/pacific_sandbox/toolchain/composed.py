"""A folder with the engine and its language hosts side by side, where the engine looks for them."""

import os
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from pacific_sandbox.toolchain.cache import Cache

PREFIX = "programs"
MADE_FOR = "made-for"
"""The file beside ``bin`` that names the Python whose launchers are in it."""


class ComposedPrograms:
    """``linked`` are programs and ``launchers`` texts of scripts, each by its name in the folder's ``bin``.

    The engine looks beside its own file, so a program is a second name of its file and no symbolic link. ``python`` is
    the interpreter that the launchers fall back on: without it the folder is of no use to anybody.
    """

    def __init__(self, cache: Cache, linked: Mapping[str, Path], launchers: Mapping[str, str], python: Path) -> None:
        self._cache = cache
        self._linked = linked
        self._launchers = launchers
        self._python = python

    @property
    def folder(self) -> Path:
        """Their folder, whether it exists or not: other or newer programs have another one."""
        parts = [f"{name} {self._identity(path)}" for name, path in sorted(self._linked.items())]
        parts += [f"{name} {text}" for name, text in sorted(self._launchers.items())]
        return self._cache.directory / f"{PREFIX}-{sha256(chr(0).join(parts).encode()).hexdigest()[:12]}"

    @property
    def bin(self) -> Path:
        """The folder for PATH."""
        return self.folder / "bin"

    def compose(self) -> None:
        """Put them side by side, unless they are."""
        if self.folder.is_dir():
            return
        with self._cache.publishing(self.folder) as new:
            (new / MADE_FOR).write_text(str(self._python))
            folder = new / "bin"
            folder.mkdir()
            for name, program in self._linked.items():
                _link(program, folder / name)
            for name, text in self._launchers.items():
                (folder / name).write_text(text)
                (folder / name).chmod(0o755)

    def _identity(self, program: Path) -> str:
        """Ours are known by their pin; what the user has installed changes in its place."""
        if program.is_relative_to(self._cache.directory):
            return str(program.relative_to(self._cache.directory))
        file = program.stat()
        return f"{program} {file.st_size} {file.st_mtime_ns}"


def is_forsaken(folder: Path) -> bool:
    """Whether it is such a folder whose Python is gone, as of a clone that was deleted."""
    mark = folder / MADE_FOR
    return mark.is_file() and not Path(mark.read_text()).exists()


def _link(program: Path, target: Path) -> None:
    try:
        os.link(program, target)
    except OSError:
        shutil.copy2(program, target)
