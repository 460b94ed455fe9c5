"""Git repositories for tests: a bare remote, and commits in a checkout."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

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
        timeout=60,
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
    git(folder.parent, "init", "--quiet", "--bare", "--initial-branch=main", str(folder))
    work = folder.with_suffix(".first")
    git(folder.parent, "clone", "--quiet", str(folder), str(work))
    git(work, "checkout", "--quiet", "-B", "main")
    commit_files(work, files)
    git(work, "push", "--quiet", "origin", "main")
    return folder
