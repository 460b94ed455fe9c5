"""Files of a backend that is a folder."""

from pathlib import Path

from pacific_infra.record.bucket import BackendFile


def path_of(file: BackendFile | None) -> Path:
    """The same as a path of this computer."""
    assert isinstance(file, Path)
    return file
