"""What was looked at while documents were read. Where it would all be the same again, so would the documents be."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

Look = tuple[str, str, str]
"""What was looked for, the whole path, and what was there."""
_NOTED: "ContextVar[Looks | None]" = ContextVar("looks", default=None)


class Looks:
    """The looks of one reading."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str], str] = {}
        self.certain = True
        """Whether they are all that was read. Programs read what they like, and files may change meanwhile."""

    def __iter__(self) -> Iterator[Look]:
        return ((kind, path, state) for (kind, path), state in self._states.items())

    def add(self, kind: str, path: str, state: str) -> None:
        """Take in one look."""
        if self._states.setdefault((kind, path), state) != state:
            self.certain = False


def are_the_same(looks: Iterable[Look]) -> bool:
    """Whether the same is there now."""
    return all(kind in _LOOKS and _LOOKS[kind](path) == state for kind, path, state in looks)


@contextmanager
def noting_looks() -> Iterator[Looks]:
    """Gives what is looked at in the block."""
    looks = Looks()
    token = _NOTED.set(looks)
    try:
        yield looks
    finally:
        _NOTED.reset(token)


def note_file(path: str | os.PathLike[str], content: bytes | None) -> None:
    """A file was read; ``content``: None where it could not be."""
    _note("file", path, digest_of_file(content))


def note_path(path: str | os.PathLike[str]) -> None:
    """It was asked what is at a path: a file, a folder, or nothing."""
    _note("path", path, None)


def note_folder(path: str | os.PathLike[str], folders: Iterable[str], others: Iterable[str]) -> None:
    """The names in a folder were read: those of ``folders`` in it, and the others."""
    _note("folder", path, digest_of_names(folders, others))


def note_link(path: str | os.PathLike[str]) -> None:
    """It was asked where a path leads."""
    _note("link", path, None)


def note_program() -> None:
    """A program was started, of which nobody knows what it reads."""
    if (looks := _NOTED.get()) is not None:
        looks.certain = False


def _note(kind: str, path: str | os.PathLike[str], state: str | None) -> None:
    if (looks := _NOTED.get()) is not None:
        whole = os.path.abspath(path)
        looks.add(kind, whole, _LOOKS[kind](whole) if state is None else state)


def digest_of_names(folders: Iterable[str], others: Iterable[str]) -> str:
    """What is noted of a folder."""
    names = sorted([*(f"{name}/" for name in folders), *others])
    return hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()


def digest_of_file(content: bytes | None) -> str:
    """What is noted of a file."""
    return "" if content is None else hashlib.sha256(content).hexdigest()


def _file(path: str) -> str:
    try:
        # A named pipe would wait for its writer.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            return digest_of_file(file.read())
    except (OSError, ValueError):
        return ""


def _path(path: str) -> str:
    try:
        return "folder" if os.path.isdir(path) else "file" if os.path.exists(path) else ""
    except ValueError:
        return ""


def _folder(path: str) -> str:
    try:
        with os.scandir(path) as entries:
            is_folder = {entry.name: entry.is_dir() for entry in entries}
    except (OSError, ValueError):
        return ""
    folders = {name for name in is_folder if is_folder[name]}
    return digest_of_names(folders, is_folder.keys() - folders)


def _link(path: str) -> str:
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):
        return ""


_LOOKS: Mapping[str, Callable[[str], str]] = {"file": _file, "path": _path, "folder": _folder, "link": _link}
