"""Documents of kind Include: other files, folders and patterns to read as well, relative to the file that says so."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Protocol

from pydantic import Field

from pacific_infra.documents.files import SUFFIXES, exists, files_at, matching, resolved, shown
from pacific_infra.documents.model import Listed, Model
from pacific_infra.documents.source import Source
from pacific_infra.errors import PacificError

LONGEST_CHAIN = 32
"""Files of which each includes the next."""
MOST_FILES = 100_000
"""Files that one pattern may find."""


class Include(Model):
    """Reads other files of documents as well."""

    api_version: Literal["pacific.infra/v1alpha1"]
    """Version of the document's form."""
    kind: Literal["Include"]
    """What the document is."""
    paths: Annotated[Listed[str], Field(min_length=1)]
    """Files, folders and patterns such as ``teams/*/estate.yaml``, relative to the folder of this file."""


class Reading(Protocol):
    """What was read of one file, as far as its includes are concerned."""

    errors: list[PacificError]

    @property
    def includes(self) -> list[tuple[Include, Source]]:
        """The documents that name other files."""
        ...


@dataclass
class Walk:
    """Goes through files and what they include, each once, what includes before what is included.

    ``read`` is called with each file.
    """

    read: Callable[[Path], Reading]
    _read_already: set[Path] = field(default_factory=set)
    _open: dict[Path, Path] = field(default_factory=dict)
    """The files on the way to the one that is being read, resolved and as they are shown."""

    def through(self, paths: Iterable[Path | str], errors: list[PacificError]) -> None:
        """Read the files and folders at ``paths``; what is not there is added to ``errors``."""
        for path in map(Path, paths):
            if not exists(path):
                errors.append(PacificError("no such file or folder", place=shown(path)))
                continue
            try:
                for file in files_at(path):
                    self._read_file(file)
            except PacificError as error:
                errors.append(error)

    def _read_file(self, path: Path) -> None:
        real = resolved(path)
        if real in self._read_already:
            return
        self._read_already.add(real)
        self._open[real] = path
        reading = self.read(path)
        for include, source in reading.includes:
            for index, text in enumerate(include.paths):
                try:
                    for file in _included(path.parent, text):
                        self._check(file)
                        self._read_file(file)
                except PacificError as error:
                    place = source.place(("paths", index))
                    reading.errors.append(
                        PacificError(
                            error.problem, place=place, value=error.value or text, allowed=error.allowed, fix=error.fix
                        )
                    )
        del self._open[real]

    def _check(self, file: Path) -> None:
        real = resolved(file)
        if real in self._open:
            chain = list(self._open)
            cycle = [*(str(self._open[path]) for path in chain[chain.index(real) :]), str(self._open[real])]
            raise PacificError("these files include each other", value=" -> ".join(cycle), fix="remove this include")
        if len(self._open) >= LONGEST_CHAIN:
            raise PacificError(f"includes are more than {LONGEST_CHAIN} files deep", fix="include the files directly")


def _included(folder: Path, text: str) -> Iterator[Path]:
    """What ``text`` means in ``folder``. Raises PacificError where it means nothing."""
    if not text or Path(text).is_absolute():
        raise PacificError("a path is relative to the file that includes it", allowed="such as ../shared or teams/*")
    if not any(sign in text for sign in "*?["):
        path = Path(os.path.normpath(folder / text))
        if not exists(path):
            raise PacificError("no such file or folder", value=text)
        yield from files_at(path)
        return
    matches = _matching(folder, text)
    if not matches:
        raise PacificError("no file or folder is called so", value=text)
    for path in matches:
        yield from files_at(path)


def _matching(folder: Path, text: str) -> list[Path]:
    parts = Path(text).parts
    fixed = next(number for number, part in enumerate(parts) if any(sign in part for sign in "*?["))
    start = Path(os.path.normpath(folder.joinpath(*parts[:fixed])))
    matches = set()
    for path in matching(start, parts[fixed:]):
        if os.path.isdir(path) or path.name.endswith(SUFFIXES):
            matches.add(path)
        if len(matches) > MOST_FILES:
            raise PacificError(f"this finds more than {MOST_FILES} files", value=text)
    return sorted(matches)
