"""Files and folders: what is not a plain file, loops or cannot be read is said at once and never waited for."""

import os
import stat
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from pacific_infra.documents.looks import note_file, note_folder, note_link, note_path
from pacific_infra.errors import PacificError

SUFFIXES = (".yaml", ".yml", ".json")
MAXIMUM_NAMED_FILE_SIZE = 16 * 1024**2
"""Bytes of a file that a document names."""
MAXIMUM_CONFIG_MAP_SIZE = 1024**2
"""Bytes that Kubernetes holds in one ConfigMap or Secret."""
MOST_LEVELS = 64
"""Folders below each other."""
_BYTE_ORDER_MARK = "\ufeff"
_TYPES = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


def read_bytes(path: Path, maximum: int) -> bytes:
    """The content of a plain file of ``maximum`` bytes or less. Raises PacificError for all else, at once."""
    try:
        # A named pipe would wait for its writer.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            status = os.fstat(file.fileno())
            content = file.read(maximum + 1) if stat.S_ISREG(status.st_mode) else b""
    except (OSError, ValueError) as error:
        note_file(path, None)
        raise _unreadable(path, error) from None
    note_file(path, content)
    if not stat.S_ISREG(status.st_mode):
        type_of_file = _TYPES.get(stat.S_IFMT(status.st_mode), "a special file")
        raise PacificError("this is not a plain file", place=shown(path), value=type_of_file)
    if len(content) > maximum:
        size = max(status.st_size, len(content))
        raise PacificError("the file is too large", place=shown(path), value=size, allowed=f"{maximum} bytes or less")
    return content


def read_text(path: Path, maximum: int) -> str:
    """A file of documents: without its byte order mark, with line feeds alone. Raises PacificError."""
    text = read_exact_text(path, maximum, fix="save it as UTF-8").removeprefix(_BYTE_ORDER_MARK)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_exact_text(path: Path, maximum: int, fix: str = "save it as UTF-8, or put it into the image") -> str:
    """The text whose UTF-8 is the file, byte for byte. Raises PacificError where there is none."""
    try:
        return read_bytes(path, maximum).decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"the file is not UTF-8 text, from byte {error.start} on"
        raise PacificError(problem, place=shown(path), fix=fix) from None


def exists(path: Path) -> bool:
    """Whether there is a file or folder; False also for names that no file system takes."""
    note_path(path)
    return os.path.exists(path)  # not Path.exists, which raises for names that are too long


def resolved(path: Path) -> Path:
    """``path`` without symbolic links; a link that leads to itself stays as it is."""
    note_link(path)
    try:
        return Path(os.path.realpath(path))  # not Path.resolve, which raises for links that lead to themselves
    except (OSError, ValueError):
        return path


def files_at(path: Path) -> Iterator[Path]:
    """The file itself, or the files of documents in a folder and those below it, hidden ones left out, in order.

    Raises PacificError for a folder that cannot be listed: documents that are not seen would count as removed.
    """
    note_path(path)
    if not os.path.isdir(path):
        yield path
        return
    for folder, folders, names in os.walk(path, onerror=_raise_unlisted):
        note_folder(folder, folders, names)
        _check_depth(folder, path)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield Path(folder, name)


def every_file_at(path: Path) -> Iterator[Path]:
    """The file itself, or all plain files in a folder and below it, in order. Raises PacificError as ``files_at``."""
    note_path(path)
    if not os.path.isdir(path):
        yield path
        return
    for folder, folders, names in os.walk(path, onerror=_raise_unlisted):
        note_folder(folder, folders, names)
        _check_depth(folder, path)
        folders[:] = sorted(name for name in folders if name != ".git")
        yield from (Path(folder, name) for name in sorted(names))


def matching(folder: Path, parts: Sequence[str], *, start: Path | None = None) -> Iterator[Path]:
    """What below ``folder`` matches a pattern, given by its parts; ``**`` stands for any number of folders.

    Hidden files and folders are left out. Raises PacificError for a folder that cannot be listed.
    """
    start = start or folder
    if not parts:
        yield folder
        return
    _check_depth(folder, start)
    part, rest = parts[0], parts[1:]
    if part == "**":
        yield from matching(folder, rest, start=start)
        for entry in _entries(folder):
            if entry.is_dir(follow_symlinks=False):
                yield from matching(folder / entry.name, parts, start=start)
    elif any(sign in part for sign in "*?["):
        for entry in _entries(folder):
            if fnmatchcase(entry.name, part):
                yield from matching(folder / entry.name, rest, start=start)
    elif exists(folder / part):
        yield from matching(folder / part, rest, start=start)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    note_path(folder)
    if not os.path.isdir(folder):
        return []
    try:
        with os.scandir(folder) as listed:
            entries = list(listed)
    except OSError as error:
        raise _unlisted(error) from None
    folders = {entry.name for entry in entries if entry.is_dir()}
    note_folder(folder, folders, {entry.name for entry in entries} - folders)
    return [entry for entry in entries if not entry.name.startswith(".")]


def _check_depth(folder: Path | str, start: Path) -> None:
    if len(Path(folder).parts) - len(start.parts) > MOST_LEVELS:
        raise PacificError(f"folders are more than {MOST_LEVELS} levels deep", place=shown(start))


def shown(path: Path | str) -> str:
    """``path`` as text that can be printed."""
    return str(path).encode("utf-8", "replace").decode()


def _raise_unlisted(error: OSError) -> None:
    raise _unlisted(error)


def _unlisted(error: OSError) -> PacificError:
    return PacificError(f"the folder cannot be listed ({error.strerror})", place=shown(str(error.filename)))


def _unreadable(path: Path, error: OSError | ValueError) -> PacificError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return PacificError(f"the file cannot be read ({reason})", place=shown(path))
