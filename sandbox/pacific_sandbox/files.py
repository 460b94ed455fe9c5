"""Writing the sandbox's files: private to the user, and whole or not at all."""

import json
import os
from pathlib import Path
from typing import Any


def private_directory(path: Path) -> Path:
    """Make ``path`` with its parents, readable by its owner only; the path itself."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write_private(path: Path, content: bytes | str) -> None:
    """Replace ``path`` by ``content`` in one step, with mode 0600."""
    private_directory(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    data = content.encode() if isinstance(content, str) else content
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    temporary.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Replace ``path`` by ``value`` as JSON, in one step, with mode 0600."""
    write_private(path, json.dumps(value, indent=1) + "\n")


def read_json(path: Path) -> Any:
    """The JSON value in ``path``; None where there is no such file or it is not JSON."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
