"""Files and folders that documents name: they lie below the documents' own folder, and hold no documents."""

from pathlib import Path

from pacific_infra.documents.files import (
    MAXIMUM_NAMED_FILE_SIZE,
    exists,
    files_at,
    read_exact_text,
    resolved,
)
from pacific_infra.documents.problems import Problem, problems_error
from pacific_infra.documents.rendering import Renderer
from pacific_infra.errors import PacificError


class NamedFiles:
    """What the documents in one folder name. Each method raises ``problems_error`` with the field that names it."""

    def __init__(self, folder: Path, renderer: Renderer) -> None:
        self.root = resolved(folder)
        self.renderer = renderer
        self._files: set[Path] = set()
        self._folders: set[Path] = set()

    def read(self, name: str, field: str = "file") -> str:
        """The text of a file, byte for byte."""
        path = self.file(name, field)
        try:
            return read_exact_text(path, MAXIMUM_NAMED_FILE_SIZE)
        except PacificError as error:
            raise problems_error(Problem(error.problem, (field,), name, error.allowed, error.fix)) from None

    def file(self, name: str, field: str = "file") -> Path:
        """Where a file lies."""
        path = self._below(name, field, "file", "put the file next to the document")
        if not exists(path):
            allowed = "a file below the document's folder"
            raise problems_error(Problem("the file does not exist", (field,), name, allowed))
        self._files.add(path)
        return path

    def folder(self, name: str, field: str) -> Path:
        """Where a folder lies, of which nothing is a document."""
        path = self._below(name, field, "folder", "put the folder next to the document")
        if not path.is_dir():
            problem = "this is not a folder" if exists(path) else "the folder does not exist"
            raise problems_error(Problem(problem, (field,), name, "a folder below the document's folder"))
        if path == self.root:
            fix = "move the manifests to a folder of their own"
            raise problems_error(Problem("the folder holds this document", (field,), name, fix=fix))
        self._folders.add(path)
        return path

    def files_in(self, name: str, field: str) -> list[str]:
        """The files of manifests in a folder and below it, in order, relative to the documents' folder."""
        try:
            return [str(path.relative_to(self.root)) for path in files_at(self.folder(name, field))]
        except PacificError as error:
            raise problems_error(Problem(error.problem, (field,), name, error.allowed, error.fix)) from None

    def take(self, path: Path) -> None:
        """Take the file or folder at ``path`` for named, since what is named names it."""
        (self._folders if path.is_dir() else self._files).add(path)

    @property
    def names_any(self) -> bool:
        """Whether a document names a file or a folder."""
        return bool(self._files or self._folders)

    def names(self, path: Path) -> bool:
        """Whether a document names the file at ``path`` or a folder around it."""
        return path in self._files or (bool(self._folders) and not self._folders.isdisjoint(path.parents))

    def _below(self, name: str, field: str, noun: str, fix: str) -> Path:
        path = resolved(self.root / name)
        if not path.is_relative_to(self.root):
            raise problems_error(Problem(f"the {noun} is outside the document's folder", (field,), name, fix=fix))
        return path
