"""Where a backend keeps its files: a folder, or a bucket of keys, which Postgres and S3 are to Pulumi's engine.

A bucket has the very keys that the engine has in it, so that both read and write the same stacks.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit

AT_ONCE = 8
"""Questions that a bucket is asked at the same time."""
T = TypeVar("T")
R = TypeVar("R")


def arguments_of(url: str) -> dict[str, str]:
    """What stands behind the ``?`` of a bucket's URL, by name; of an argument that is there twice the last."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


class BackendFile(Protocol):
    """A file or folder of a backend: what a Path of pathlib and a BucketFile have in common."""

    @property
    def name(self) -> str:
        """The last part of its path."""

    @property
    def stem(self) -> str:
        """The last part of its path, without the ending."""

    @property
    def parent(self) -> "BackendFile":
        """The folder that it is in."""

    def __truediv__(self, key: str, /) -> "BackendFile":
        """The file or folder ``key`` in this folder."""

    def is_file(self) -> bool:
        """Whether it is there."""

    def read_bytes(self) -> bytes:
        """Its content. Raises FileNotFoundError."""

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the file."""

    def glob(self, pattern: str, /) -> Iterable["BackendFile"]:
        """The files in this folder whose path below it is like ``pattern``."""


class Bucket(Protocol):
    """Contents by key. Raises PacificError where it does not answer, or refuses."""

    @property
    def url(self) -> str:
        """Its address, without a password."""

    def get(self, key: str) -> bytes | None:
        """The content of a key; None: it is not there."""

    def put(self, key: str, content: bytes) -> None:
        """Write, or replace, the content of a key, in one step."""

    def put_new(self, key: str, content: bytes) -> bool:
        """Write a key that is not there yet; whether it was not there."""

    def delete(self, key: str) -> None:
        """Remove a key, if it is there."""

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin with ``prefix``, in order."""

    def versions(self, prefix: str) -> Mapping[str, str]:
        """The versions of all keys that begin with ``prefix``, by key and in its order, with few questions."""

    def version(self, key: str) -> str | None:
        """Another one whenever the content of the key has been written; None: it is not there."""


@dataclass(frozen=True)
class BucketFile:
    """A key of a bucket, or what several keys begin with."""

    bucket: Bucket
    key: str

    def __str__(self) -> str:
        return f"{self.bucket.url}: {self.key}"

    def __truediv__(self, key: str) -> "BucketFile":
        return BucketFile(self.bucket, f"{self.key}/{key}" if self.key else key)

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The last part of the key, without the ending."""
        return self.name.rpartition(".")[0] or self.name

    @property
    def parent(self) -> "BucketFile":
        """What the key begins with, up to its last part."""
        return BucketFile(self.bucket, self.key.rpartition("/")[0])

    def is_file(self) -> bool:
        """Whether the key is there."""
        return self.bucket.version(self.key) is not None

    def read_bytes(self) -> bytes:
        """The content of the key. Raises FileNotFoundError."""
        content = self.bucket.get(self.key)
        if content is None:
            raise FileNotFoundError(str(self))
        return content

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the key; one that is not there is no error."""
        self.bucket.delete(self.key)

    def glob(self, pattern: str) -> Iterable["BucketFile"]:
        """The keys below this one whose rest is like ``pattern``, part by part."""
        parts = pattern.split("/")
        for key in self.bucket.keys(self._prefix + _fixed(parts)):
            if self._is_like(key, parts):
                yield BucketFile(self.bucket, key)

    def versions(self, pattern: str) -> Mapping["BucketFile", str]:
        """The same with the version of each: one question for many keys."""
        parts = pattern.split("/")
        versions = self.bucket.versions(self._prefix + _fixed(parts))
        return {BucketFile(self.bucket, key): version for key, version in versions.items() if self._is_like(key, parts)}

    @property
    def _prefix(self) -> str:
        return f"{self.key}/" if self.key else ""

    def _is_like(self, key: str, parts: list[str]) -> bool:
        rest = key.removeprefix(self._prefix).split("/")
        return len(rest) == len(parts) and all(map(fnmatchcase, rest, parts))


def _fixed(parts: list[str]) -> str:
    """What all keys begin with that are like these parts."""
    fixed = ""
    for part in parts:
        if "*" in part:
            return fixed
        fixed += f"{part}/"
    return fixed


def write_new(file: BackendFile, content: bytes) -> bool:
    """Write a file that is not there yet, readable by its owner alone; whether it was not there. Raises OSError.

    ``content``: one that no other writer has.
    """
    if isinstance(file, BucketFile):
        # Written by a question whose answer was lost, and which was asked again: then it is there with this content.
        return file.bucket.put_new(file.key, content) or file.bucket.get(file.key) == content
    path = Path(str(file))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
    except FileExistsError:
        return False
    return True


def version_of(file: BackendFile) -> str | None:
    """By which a change of the file is told; None: it is not there."""
    if isinstance(file, BucketFile):
        return file.bucket.version(file.key)
    try:
        status = os.stat(str(file))
    except OSError:
        return None
    return f"{status.st_size} {status.st_mtime_ns}"


def versions_in(folder: BackendFile, pattern: str) -> Mapping[str, str]:
    """The versions of the files in a folder that are like ``pattern``, by stem; of a bucket with one question."""
    if isinstance(folder, BucketFile):
        return {file.stem: version for file, version in folder.versions(pattern).items()}
    return {file.stem: version for file in folder.glob(pattern) if (version := version_of(file)) is not None}


def read_together(folder: BackendFile, read: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """What ``read`` gives of each item, in their order: in a bucket, whose answers take their time, several at once.

    ``folder``: of the backend that ``read`` reads. Raises what ``read`` raises.
    """
    if not isinstance(folder, BucketFile):
        return [read(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - most state is in folders

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(read, items))
