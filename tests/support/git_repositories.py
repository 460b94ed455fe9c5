"""Git repositories for tests: a bare remote, and commits in a checkout."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.support.waiting import PATIENCE

_GIT = shutil.which("git") or "git"
IDENTITY = {
    "GIT_AUTHOR_NAME": "test",
    "GIT_AUTHOR_EMAIL": "test@example.test",
    "GIT_COMMITTER_NAME": "test",
    "GIT_COMMITTER_EMAIL": "test@example.test",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def git(folder: Path, *words: str) -> str:
    """Run git in a folder; its output without the last line end."""
    done = subprocess.run(
        [_GIT, *words],
        cwd=folder,
        env={**os.environ, **IDENTITY},
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return done.stdout.strip()


def commit_files(folder: Path, files: Mapping[str, str | None], message: str = "change") -> str:
    """Write files, remove those that are None, and commit; the commit's SHA."""
    for name, text in files.items():
        file = folder / name
        if text is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def make_remote(folder: Path, files: Mapping[str, str]) -> Path:
    """A bare repository whose branch main has these files."""
    work = folder.with_suffix(".first")
    git(folder.parent, "init", "--quiet", "--initial-branch=main", str(work))
    commit_files(work, files)
    git(folder.parent, "clone", "--quiet", "--bare", str(work), str(folder))
    return folder


@cache
def _first_commit(files: tuple[tuple[str, str], ...]) -> tuple[tempfile.TemporaryDirectory[str], Path]:
    """A folder with the remote ``remote.git`` of ``files`` and the checkout ``work`` of it, to be copied."""
    kept = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    folder = Path(kept.name)
    make_remote(folder / "remote.git", dict(files))
    git(folder, "clone", "--quiet", "remote.git", "work")
    return kept, folder


def remote_and_checkout(folder: Path, files: Mapping[str, str]) -> tuple[Path, Path]:
    """A bare repository whose branch main has these files, and a checkout of it, both in ``folder``.

    Git makes them once for all tests of a process that want the same files; the others get copies.
    """
    _, first = _first_commit(tuple(files.items()))
    for name in ("remote.git", "work"):
        shutil.copytree(first / name, folder / name)
    config = folder / "work" / ".git" / "config"
    config.write_text(config.read_text().replace(str(first), str(folder)))
    return folder / "remote.git", folder / "work"
