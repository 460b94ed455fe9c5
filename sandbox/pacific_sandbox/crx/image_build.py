"""Makes the one layer of an image from a folder or a program: the same input gives the same bytes everywhere."""

import stat
import struct
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from pacific_infra.errors import PacificError

_PROGRAM_INTERPRETER = 3
"""PT_INTERP of an ELF program header: the program wants a dynamic linker."""


@contextmanager
def layer_of(source: Path) -> Iterator[Path]:
    """A tar file with the folder's content, or with the program as its only file beside ``/tmp``; deleted afterwards.

    Owner is root, times are zero, modes are 0755 or 0644. Raises PacificError for what no container can be made of.
    """
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "layer.tar"
        with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as archive:
            if source.is_dir():
                for path in sorted(source.rglob("*"), key=lambda file: file.relative_to(source).parts):
                    _add(archive, path, path.relative_to(source).as_posix())
            elif source.is_file():
                check_static(source)
                _add(archive, source, source.name, executable=True)
                archive.addfile(_entry("tmp", tarfile.DIRTYPE, 0o1777))
            else:
                raise PacificError("no such folder or program", value=str(source))
        yield file


def check_static(program: Path) -> None:
    """Raise PacificError where ``program`` is no Linux program, or needs shared libraries."""
    with program.open("rb") as file:
        header = file.read(64)
        if len(header) < 64 or header[:5] != b"\x7fELF\x02" or header[18] != 62:
            raise PacificError(
                "not a program for Linux on x86-64", value=str(program), fix="name a folder, or such a program"
            )
        offset, size, count = (
            *struct.unpack_from("<Q", header, 32),
            *struct.unpack_from("<HH", header, 54),
        )
        file.seek(offset)
        table = file.read(size * count)
    kinds = [struct.unpack_from("<I", table, size * number)[0] for number in range(count)]
    if _PROGRAM_INTERPRETER in kinds:
        raise PacificError(
            "this program needs shared libraries, and an image of it alone has none",
            value=str(program),
            fix="link it statically (Go: CGO_ENABLED=0), or name a folder that holds it with its libraries",
        )


def _add(archive: tarfile.TarFile, path: Path, name: str, *, executable: bool = False) -> None:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        entry = _entry(name, tarfile.SYMTYPE, 0o777)
        entry.linkname = str(path.readlink())
        archive.addfile(entry)
    elif stat.S_ISDIR(mode):
        archive.addfile(_entry(name, tarfile.DIRTYPE, 0o1777 if mode & stat.S_ISVTX else 0o755))
    elif stat.S_ISREG(mode):
        content = path.read_bytes()
        entry = _entry(name, tarfile.REGTYPE, 0o755 if executable or mode & stat.S_IXUSR else 0o644)
        entry.size = len(content)
        archive.addfile(entry, BytesIO(content))
    else:
        raise PacificError("an image holds files, folders and links", value=str(path), fix="take it out of the folder")


def _entry(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.mtime = kind, mode, 0
    return entry
